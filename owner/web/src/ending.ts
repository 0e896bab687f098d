// The end of an epoch: the owner lets a camera go, the camera says its last word, or a former owner says that it was
// taken from him.

import { type Bytes, equal, own } from "./bytes.ts";
import * as cbor from "./cbor.ts";
import type { Root } from "./certificate.ts";
import { type DeviceCertificate, type Fleet, verifyDevice } from "./fleet.ts";
import type { OwnerKeys } from "./owner.ts";
import { readPosition, type Position } from "./record.ts";
import { check, maxStatement, parse, type Purpose, sign, type Statement } from "./statement.ts";

const maxClosing = 8192; // bytes of an encoded closing
const maxUnixMs = 253402300799999;

/** Ownership names one epoch of one device: what a release, a mark and a closing are about. */
export interface Ownership {
  readonly device: Bytes;
  readonly owner: Bytes;
  readonly epoch: bigint;
  readonly offer: Bytes; // SHA-256 of the offer that began it
}

export interface Release extends Ownership {
  readonly next?: Bytes; // the only owner who may claim it next
}

export interface Lost extends Ownership {
  readonly atMs: number;
}

export type ClosingCause = "released" | "reset";

export interface Closing extends Ownership {
  readonly last: Position; // of the record that holds it
  readonly cause: ClosingCause;
  readonly release?: Bytes; // encoded
  readonly by: DeviceCertificate;
}

export async function signRelease(r: Release, keys: OwnerKeys): Promise<Bytes> {
  const body = encode(r, keys);
  if (r.next) body.set(5, r.next);
  return sign(body, "signet/v1 release", keys.id, keys.signing);
}

export async function signLost(l: Lost, keys: OwnerKeys): Promise<Bytes> {
  return sign(encode(l, keys).set(5, l.atMs), "signet/v1 lost", keys.id, keys.signing);
}

/** parseRelease reads a release of the owner of that root. */
export async function parseRelease(raw: Uint8Array, root: Pick<Root, "owner" | "key">): Promise<Release> {
  const f = await signedByOwner(raw, "signet/v1 release", root, [0, 1, 2, 3, 4], [5]);
  return { ...ownership(f), ...(f.has(5) && { next: cbor.bytes(f.get(5), "next owner", 32) }) };
}

export async function parseLost(raw: Uint8Array, root: Pick<Root, "owner" | "key">): Promise<Lost> {
  const f = await signedByOwner(raw, "signet/v1 lost", root, [0, 1, 2, 3, 4, 5]);
  return { ...ownership(f), atMs: cbor.small(f.get(5), "time", maxUnixMs) };
}

/** parseClosing reads what a device of the fleet has signed; whose release is in it, parseRelease says. */
export async function parseClosing(bytes: Uint8Array, fleet: Fleet): Promise<Closing> {
  const raw = own(bytes);
  const statement = parse(raw, maxClosing);
  if (statement.signer.by !== "chain") throw new Error("closing: does not carry its device certificate");
  const by = await verifyDevice(statement.signer.certificate, fleet);
  const f = await body(statement, "signet/v1 closing", by.key, [0, 1, 2, 3, 4, 5, 6], [7]);
  const cause = (["released", "reset"] as const)[cbor.small(f.get(6), "cause", 2) - 1];
  if (!cause) throw new Error("cause: 0");
  if ((cause === "released") !== f.has(7)) throw new Error("closing: with or without a release, wrongly");
  const closing: Closing = {
    ...ownership(f),
    last: readPosition(f.get(5), "last position"),
    cause,
    ...(f.has(7) && { release: cbor.someBytes(f.get(7), "release", maxClosing) }),
    by,
  };
  if (!equal(by.device, closing.device)) throw new Error("closing: of another device than its certificate");
  return closing;
}

function encode(o: Ownership, keys: OwnerKeys): Map<cbor.Value, cbor.Value> {
  if (!equal(o.owner, keys.id)) throw new Error("sign: of another owner");
  return new Map<cbor.Value, cbor.Value>([
    [0, 1],
    [1, o.device],
    [2, o.owner],
    [3, o.epoch],
    [4, o.offer],
  ]);
}

function ownership(f: Map<number, cbor.Value>): Ownership {
  return {
    device: cbor.bytes(f.get(1), "device", 16),
    owner: cbor.bytes(f.get(2), "owner", 32),
    epoch: cbor.positive(f.get(3), "epoch"),
    offer: cbor.bytes(f.get(4), "offer", 32),
  };
}

async function signedByOwner(raw: Uint8Array, purpose: Purpose, root: Pick<Root, "owner" | "key">, required: number[], optional: number[] = []) {
  const statement = parse(own(raw), maxStatement);
  if (statement.signer.by !== "kid" || !equal(statement.signer.kid, root.owner)) throw new Error("statement: not signed by this owner");
  const f = await body(statement, purpose, root.key, required, optional);
  if (!equal(cbor.bytes(f.get(2), "owner", 32), root.owner)) throw new Error("statement: of another owner");
  return f;
}

async function body(statement: Statement, purpose: Purpose, key: CryptoKey, required: number[], optional: number[]) {
  if (!(await check(statement, purpose, key))) throw new Error("statement: its signature does not verify");
  const f = cbor.fields(cbor.decode(statement.payload, maxStatement), "statement", required, optional);
  if (f.get(0) !== 1) throw new Error("statement: its format is not spoken here");
  return f;
}
