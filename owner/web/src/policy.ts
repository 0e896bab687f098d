// A policy says who may open and view what a camera sees, and how the camera is set. The owner's key signs it, nobody
// else's counts; its version never goes back.

import { type Bytes, equal, hex, own, sha256 } from "./bytes.ts";
import { viewerKey } from "./cards.ts";
import * as cbor from "./cbor.ts";
import type { Root } from "./certificate.ts";
import type { OwnerKeys } from "./owner.ts";
import { checkOneKind, maxRecipients, readRecipient } from "./recipient.ts";
import { check, maxStatement, parse, sign } from "./statement.ts";

/** Scopes, to be added. */
export const scopes = { clips: 1, live: 2 } as const;

export const untilRemoved = 253402300799999; // unix ms: the end of 9999
const maxViewers = 16;
const maxSettings = 16384; // bytes, sealed
const maxRenewals = 65535;

/** Viewer is somebody besides the owner whom the owner lets view. */
export interface Viewer {
  readonly spki: Bytes;
  readonly scope: number; // 1 to 3
  readonly notAfterMs: number;
  readonly recipient?: string; // with clips: pictures are sealed to it too
  readonly since: bigint; // version of the policy: earlier records are not this viewer's
}

/** PolicyBody is what a policy says. */
export interface PolicyBody {
  readonly device: Bytes;
  readonly owner: Bytes;
  readonly epoch: bigint;
  readonly offer: Bytes; // SHA-256 of the offer that began the epoch
  readonly version: bigint; // from 1
  readonly recipients: readonly string[]; // of the owner
  readonly viewers: readonly Viewer[];
  readonly settings?: Bytes; // sealed
  readonly renewals: number; // how many times the event key shall have been renewed
}

declare const signedByOwner: unique symbol;

/** Policy is one that its owner has signed. Only parsePolicy makes one. */
export type Policy = PolicyBody & {
  readonly raw: Bytes;
  readonly hash: string; // SHA-256 of raw, in hex
  readonly [signedByOwner]: true;
};

/** parsePolicy reads a policy of the owner of that root, whom it must name. */
export async function parsePolicy(bytes: Uint8Array, root: Pick<Root, "owner" | "key">): Promise<Policy> {
  const raw = own(bytes);
  const statement = parse(raw, maxStatement);
  if (statement.signer.by !== "kid") throw new Error("policy: does not name its key by id");
  if (!(await check(statement, "signet/v1 policy", root.key))) throw new Error("policy: its signature does not verify");
  const body = await parseBody(cbor.decode(statement.payload, maxStatement));
  if (!equal(statement.signer.kid, root.owner) || !equal(body.owner, root.owner)) throw new Error("policy: of another owner");
  return Object.freeze({ ...body, raw, hash: hex(await sha256(raw)) }) as Policy;
}

/** claimedOwner is whose policy it says to be: to know by which root it has to be checked, and no more. */
export function claimedOwner(raw: Uint8Array): Bytes {
  const { signer } = parse(raw, maxStatement);
  if (signer.by !== "kid") throw new Error("policy: does not name its key by id");
  return signer.kid;
}

export async function signPolicy(p: PolicyBody, keys: OwnerKeys): Promise<Bytes> {
  if (!equal(p.owner, keys.id)) throw new Error("policy: of another owner");
  const body = encodeBody(p);
  await parseBody(cbor.decode(cbor.encode(body), maxStatement)); // nothing is signed that would be refused
  return sign(body, "signet/v1 policy", keys.id, keys.signing);
}

function encodeBody(p: PolicyBody): cbor.Value {
  const body = new Map<cbor.Value, cbor.Value>([
    [0, 1],
    [1, p.device],
    [2, p.owner],
    [3, p.epoch],
    [4, p.offer],
    [5, p.version],
    [6, [...p.recipients]],
  ]);
  if (p.viewers.length > 0) body.set(7, p.viewers.map(encodeViewer));
  if (p.settings) body.set(8, p.settings);
  if (p.renewals > 0) body.set(9, p.renewals);
  return body;
}

function encodeViewer(v: Viewer): cbor.Value {
  const body = new Map<cbor.Value, cbor.Value>([
    [1, v.spki],
    [2, v.scope],
    [3, v.notAfterMs],
    [5, v.since],
  ]);
  if (v.recipient) body.set(4, v.recipient);
  return body;
}

async function parseBody(value: cbor.Value): Promise<PolicyBody> {
  const f = cbor.fields(value, "policy", [0, 1, 2, 3, 4, 5, 6], [7, 8, 9]);
  if (f.get(0) !== 1) throw new Error("policy: its format is not spoken here");
  const recipients = cbor.list(f.get(6), "recipients", 1, maxRecipients).map(readRecipient);
  const version = cbor.positive(f.get(5), "version");
  const viewers: Viewer[] = [];
  for (const v of f.has(7) ? cbor.list(f.get(7), "viewers", 1, maxViewers) : []) viewers.push(await parseViewer(v, version));
  const all = [...recipients, ...viewers.flatMap((v) => v.recipient ?? [])];
  if (all.length > maxRecipients) throw new Error(`recipients: ${all.length} with the viewers'`);
  checkOneKind(all);
  if (new Set(viewers.map((v) => hex(v.spki))).size !== viewers.length) throw new Error("policy: a viewer stands in it twice");
  const renewals = f.has(9) ? cbor.small(f.get(9), "renewals", maxRenewals) : 0;
  if (f.has(9) && renewals === 0) throw new Error("renewals: 0");
  return {
    device: cbor.bytes(f.get(1), "device", 16),
    owner: cbor.bytes(f.get(2), "owner", 32),
    epoch: cbor.positive(f.get(3), "epoch"),
    offer: cbor.bytes(f.get(4), "offer", 32),
    version,
    recipients,
    viewers,
    renewals,
    ...(f.has(8) && { settings: cbor.someBytes(f.get(8), "settings", maxSettings) }),
  };
}

async function parseViewer(value: cbor.Value, version: bigint): Promise<Viewer> {
  const f = cbor.fields(value, "viewer", [1, 2, 3, 5], [4]);
  const scope = cbor.small(f.get(2), "scope", scopes.clips | scopes.live);
  if (scope === 0) throw new Error("scope: 0");
  if (f.has(4) !== ((scope & scopes.clips) !== 0)) throw new Error("viewer: a recipient belongs to clips");
  const since = cbor.positive(f.get(5), "since");
  if (since > version) throw new Error("viewer: since a version that is to come");
  return {
    spki: await viewerKey(f.get(1)),
    scope,
    notAfterMs: cbor.small(f.get(3), "not after", untilRemoved),
    since,
    ...(f.has(4) && { recipient: readRecipient(f.get(4)) }),
  };
}
