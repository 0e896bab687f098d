// The end of an epoch: the owner lets a camera go, the camera says its last word, or a former owner says that it was
// taken from him.

import { type Bytes, equal, own } from "./bytes.ts";
import * as cbor from "./cbor.ts";
import type { Root } from "./certificate.ts";
import { type DeviceCertificate, type Fleet, verifyDevice } from "./fleet.ts";
import type { OwnerKeys } from "./owner.ts";
import { type Position, readPosition } from "./position.ts";
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
  const { release, statement } = readRelease(raw);
  await checkOwner(statement, release, "signet/v1 release", root);
  return release;
}

export async function parseLost(raw: Uint8Array, root: Pick<Root, "owner" | "key">): Promise<Lost> {
  const statement = parse(own(raw), maxStatement);
  const f = fields(statement, [0, 1, 2, 3, 4, 5]);
  const lost = { ...ownership(f), atMs: cbor.small(f.get(5), "time", maxUnixMs) };
  await checkOwner(statement, lost, "signet/v1 lost", root);
  return lost;
}

/** readRelease takes a release apart, and verifies nothing. */
function readRelease(raw: Uint8Array): { release: Release; statement: Statement } {
  const statement = parse(own(raw), maxStatement);
  if (statement.signer.by !== "kid") throw new Error("release: does not name its key by id");
  const f = fields(statement, [0, 1, 2, 3, 4], [5]);
  const release = { ...ownership(f), ...(f.has(5) && { next: cbor.bytes(f.get(5), "next owner", 32) }) };
  if (!equal(statement.signer.kid, release.owner)) throw new Error("release: signed by another than its owner");
  return { release, statement };
}

/** parseClosing reads what a device of the fleet has signed; that the owner has signed the release in it, parseRelease says. */
export async function parseClosing(bytes: Uint8Array, fleet: Fleet): Promise<Closing> {
  const { closing, certificate, statement } = readClosing(bytes);
  const by = await verifyDevice(certificate, fleet);
  if (!(await check(statement, "signet/v1 closing", by.key))) throw new Error("closing: its signature does not verify");
  if (!equal(by.device, closing.device)) throw new Error("closing: of another device than its certificate");
  return { ...closing, by };
}

/** readClosing takes a closing apart, and the release in it, which must be of the same ownership. It verifies nothing. */
export function readClosing(bytes: Uint8Array): { closing: Omit<Closing, "by">; certificate: Bytes; statement: Statement } {
  const statement = parse(own(bytes), maxClosing);
  if (statement.signer.by !== "chain") throw new Error("closing: does not carry its device certificate");
  const f = fields(statement, [0, 1, 2, 3, 4, 5, 6], [7]);
  const cause = (["released", "reset"] as const)[cbor.small(f.get(6), "cause", 2) - 1];
  if (!cause) throw new Error("cause: 0");
  if ((cause === "released") !== f.has(7)) throw new Error("closing: with or without a release, wrongly");
  const release = f.has(7) ? cbor.someBytes(f.get(7), "release", maxClosing) : undefined;
  const closing = { ...ownership(f), last: readPosition(f.get(5), "last position"), cause, ...(release && { release }) };
  if (release && !sameOwnership(readRelease(release).release, closing)) throw new Error("closing: the release is of another ownership");
  return { closing, certificate: statement.signer.certificate, statement };
}

function sameOwnership(a: Ownership, b: Ownership): boolean {
  return equal(a.device, b.device) && equal(a.owner, b.owner) && a.epoch === b.epoch && equal(a.offer, b.offer);
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

async function checkOwner(s: Statement, o: Ownership, purpose: Purpose, root: Pick<Root, "owner" | "key">): Promise<void> {
  if (s.signer.by !== "kid" || !equal(s.signer.kid, root.owner)) throw new Error("statement: not signed by this owner");
  if (!equal(o.owner, root.owner)) throw new Error("statement: of another owner");
  if (!(await check(s, purpose, root.key))) throw new Error("statement: its signature does not verify");
}

function fields(s: Statement, required: number[], optional: number[] = []): Map<number, cbor.Value> {
  const f = cbor.fields(cbor.decode(s.payload, maxStatement), "statement", required, optional);
  if (f.get(0) !== 1) throw new Error("statement: its format is not spoken here");
  return f;
}
