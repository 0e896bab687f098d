// What a cloud delivers, taken apart and no more: bytes for verify.ts and for the owner's eyes, proven by nothing yet.

import { type Bytes, fromBase64, own } from "./bytes.ts";
import * as cbor from "./cbor.ts";

export const maxPage = 16 << 20; // bytes of a page of records
export const maxList = 4 << 20; // bytes of a list of offers, policies or owned cameras

/** Item is a record as the cloud delivers it: unverified bytes, their number in the owner's stream, when it came. */
export interface Item {
  readonly seq: number;
  readonly raw: Bytes;
  readonly receivedMs: number;
}

/** Presence is the cloud's word, unsigned. */
export interface Presence {
  readonly device: string;
  readonly online: boolean;
  readonly since: number;
}

/** OfferItem is an offer message as the cloud carries it, unverified. */
export interface OfferItem {
  readonly raw: Bytes;
  readonly receivedMs: number;
}

export const ownershipStates = ["owned", "released", "reset", "contested", "lost", "gone", "waiting", "refused"] as const;
export type OwnershipState = (typeof ownershipStates)[number];

/** OwnershipWord is what the cloud's ledger says of one camera; only the evidence, a closing or a release, is signed. */
export interface OwnershipWord {
  readonly device: string;
  readonly epoch: bigint;
  readonly state: OwnershipState;
  readonly sinceMs: number;
  readonly untilMs?: number;
  readonly evidence?: Bytes;
}

/** readItem returns null for what is no item. */
export function readItem(bytes: Uint8Array): Item | null {
  try {
    const [seq, raw, received] = cbor.list(cbor.decode(bytes, bytes.length), "item", 3, 3);
    return {
      seq: cbor.small(seq, "seq", Number.MAX_SAFE_INTEGER),
      raw: cbor.bytesUpTo(raw, "record", maxPage), // the gate refuses and counts what is too large
      receivedMs: cbor.small(received, "received", Number.MAX_SAFE_INTEGER),
    };
  } catch {
    return null;
  }
}

export function streamed(base64: string, id: number): Item {
  const bytes = fromBase64(base64);
  return readItem(bytes) ?? unread(bytes, id);
}

/** unread passes on what is no item: the gate refuses and counts it, and what follows is not held up. */
export function unread(bytes: Uint8Array, seq: number): Item {
  return { seq: Number.isSafeInteger(seq) ? seq : 0, raw: own(bytes), receivedMs: Date.now() };
}

export function parsePresence(value: Record<string, unknown>): Presence {
  return { device: String(value["device"]), online: value["online"] === true, since: Number(value["since"]) };
}

export function readOffer(bytes: Uint8Array): OfferItem | null {
  try {
    const [received, raw] = cbor.list(cbor.decode(bytes, bytes.length), "item", 2, 2);
    return { raw: cbor.bytesUpTo(raw, "offer", maxList), receivedMs: cbor.small(received, "received", Number.MAX_SAFE_INTEGER) };
  } catch {
    return null;
  }
}

export function readBytes(item: Uint8Array): Bytes | null {
  try {
    return cbor.bytesUpTo(cbor.decode(item, item.length), "item", maxList);
  } catch {
    return null;
  }
}

/** readOwnership returns null for what it does not know. */
export function readOwnership(value: unknown): OwnershipWord | null {
  const { device, epoch, state, since, until, evidence } = (value ?? {}) as Record<string, unknown>;
  const known = ownershipStates.find((s) => s === state);
  if (typeof device !== "string" || !known || !Number.isSafeInteger(epoch) || (epoch as number) < 1) return null;
  return {
    device,
    epoch: BigInt(epoch as number),
    state: known,
    sinceMs: Number(since),
    ...(typeof until === "number" && until > 0 && { untilMs: until }),
    ...(typeof evidence === "string" && evidence !== "" && { evidence: fromBase64(evidence) }),
  };
}
