// The body of a record, field by field, as certs/record.cddl has it. A record that parses is well-formed, no more;
// only verify.ts makes a record that may be believed.

import { type Bytes, equal } from "./bytes.ts";
import * as cbor from "./cbor.ts";
import { readClosing } from "./ending.ts";
import { type Position, readPosition, samePosition } from "./position.ts";
import { maxCertificate } from "./statement.ts";

export type { Position } from "./position.ts";

export const maxRecord = 16384; // bytes of an encoded record
export const maxSmallMedia = 65536; // bytes of a sealed thumbnail or facts
export const maxPart = 8 << 20; // bytes of a sealed clip part
const maxUnixMs = 253402300799999; // the end of 9999
const maxEventMs = 86_400_000; // no event lasts a day

export const recordTypes = ["claimed", "online", "started", "part", "ended", "gap", "tamper", "closed"] as const;
export type RecordType = (typeof recordTypes)[number];

export const qualities = ["unknown", "rtc", "synchronised"] as const;
export type Quality = (typeof qualities)[number];

export const mediaKinds = ["thumbnail", "facts", "part"] as const;
export type MediaKind = (typeof mediaKinds)[number];

export const gapReasons = ["spool-full", "spool-damaged", "media-dropped"] as const;
export type GapReason = (typeof gapReasons)[number];

/** Span is in milliseconds from the start of the event; what lies before it is negative. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** Media names one sealed piece by the hash and size of its ciphertext. */
export interface Media {
  readonly kind: MediaKind;
  readonly hash: Bytes;
  readonly size: number;
  readonly mime: string; // of the plaintext
  readonly span?: Span;
  readonly index?: bigint; // of a part within its clip, from 0
}

export interface Gap {
  readonly from: Position;
  readonly to: Position; // inclusive, of the same boot
  readonly reason: GapReason;
}

export interface RecordBody {
  readonly device: Bytes;
  readonly owner: Bytes;
  readonly epoch: bigint;
  readonly position: Position;
  readonly bootId: Bytes;
  readonly monoMs: bigint; // since the kernel started
  readonly wallMs: number; // advice: order comes from positions
  readonly quality: Quality;
  readonly type: RecordType;
  readonly event?: Bytes;
  readonly policy: bigint; // version in force
  readonly media: readonly Media[];
  readonly firmware: Bytes;
  readonly previous?: Position; // last durable position of the boot before
  readonly gap?: Gap;
  readonly chain?: { readonly event: Bytes; readonly root: Bytes };
  readonly offer?: Bytes; // encoded; of a claim or a renewal
  readonly closing?: Bytes; // encoded
}

/** parseRecord reads a payload and refuses whatever record.cddl does not describe. */
export function parseRecord(payload: Uint8Array): RecordBody {
  const f = cbor.fields(cbor.decode(payload, maxRecord), "record", [0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12], [9, 11, 13, 14, 15, 16, 17]);
  if (f.get(0) !== 1) throw new Error("record: its format is not spoken here");
  const wall = cbor.list(f.get(7), "wall time", 2, 2);
  const record: RecordBody = {
    device: cbor.bytes(f.get(1), "device", 16),
    owner: cbor.bytes(f.get(2), "owner", 32),
    epoch: cbor.positive(f.get(3), "epoch"),
    position: readPosition(f.get(4), "position"),
    bootId: cbor.bytes(f.get(5), "boot id", 16),
    monoMs: cbor.uint(f.get(6), "monotonic time"),
    wallMs: cbor.small(wall[0], "wall time", maxUnixMs),
    quality: qualities[cbor.small(wall[1], "quality of wall time", 2)]!,
    type: nth(recordTypes, f.get(8), "record type"),
    policy: cbor.uint(f.get(10), "policy version"),
    media: f.has(11) ? cbor.list(f.get(11), "media", 1, 16).map(media) : [],
    firmware: cbor.bytes(f.get(12), "firmware", 32),
    ...(f.has(9) && { event: cbor.bytes(f.get(9), "event", 16) }),
    ...(f.has(13) && { previous: readPosition(f.get(13), "previous position") }),
    ...(f.has(14) && { gap: gap(f.get(14)) }),
    ...(f.has(15) && { chain: chain(f.get(15)) }),
    ...(f.has(16) && { offer: cbor.someBytes(f.get(16), "offer", maxRecord) }),
    ...(f.has(17) && { closing: cbor.someBytes(f.get(17), "closing", maxRecord) }),
  };
  checkFieldsOfType(record);
  if (record.closing) checkClosing(record, record.closing);
  return record;
}

/** checkClosing holds that the closing in a record is of the record; who has signed it is not looked at. */
function checkClosing(r: RecordBody, raw: Bytes): void {
  const { closing: c } = readClosing(raw);
  const same = equal(c.device, r.device) && equal(c.owner, r.owner) && c.epoch === r.epoch;
  if (!same) throw new Error("closing: of another ownership than its record");
  if (!samePosition(c.last, r.position)) throw new Error("closing: ends elsewhere than at its record");
}

/** checkFieldsOfType holds which optional fields each type has. */
function checkFieldsOfType(r: RecordBody): void {
  const inEvent = r.type === "started" || r.type === "part" || r.type === "ended";
  const named = r.type === "claimed" || r.type === "online";
  if (r.event ? !inEvent && r.type !== "tamper" : inEvent) throw new Error(`${r.type}: with or without an event, wrongly`);
  if (named !== (r.chain !== undefined)) throw new Error(`${r.type}: certificates belong to claimed and online`);
  if ((r.type === "claimed") !== (r.offer !== undefined)) throw new Error(`${r.type}: the offer belongs to claimed`);
  if ((r.type === "closed") !== (r.closing !== undefined)) throw new Error(`${r.type}: the closing belongs to closed`);
  if (r.previous && r.type !== "online") throw new Error(`${r.type}: a previous position belongs to online`);
  if ((r.type === "gap") !== (r.gap !== undefined)) throw new Error(`${r.type}: a range belongs to gap`);
}

function media(value: cbor.Value): Media {
  const f = cbor.fields(value, "media", [1, 2, 3, 4], [5, 6]);
  const kind = nth(mediaKinds, f.get(1), "media kind");
  const mime = cbor.text(f.get(4), "MIME type", 127);
  if (!/^[ -~]+$/.test(mime)) throw new Error("media: its MIME type is not printable");
  if ((kind === "part") !== f.has(6)) throw new Error("media: an index belongs to parts");
  return {
    kind,
    hash: cbor.bytes(f.get(2), "media hash", 32),
    size: cbor.small(f.get(3), "media size", kind === "part" ? maxPart : maxSmallMedia),
    mime,
    ...(f.has(5) && { span: span(f.get(5), "media span") }),
    ...(f.has(6) && { index: cbor.uint(f.get(6), "part index") }),
  };
}

/** span refuses one that runs backwards. */
export function span(value: cbor.Value | undefined, what: string): Span {
  const [from, to] = cbor.list(value, what, 2, 2).map((v) => eventMs(v, what)) as [number, number];
  if (to < from) throw new Error(`${what}: runs backwards`);
  return { from, to };
}

/** eventMs is a time in milliseconds from the start of an event, within a day of it. */
export function eventMs(value: cbor.Value | undefined, what: string): number {
  const ms = Number(cbor.int(value, what));
  if (Math.abs(ms) > maxEventMs) throw new Error(`${what}: beyond a day`);
  return ms;
}

function gap(value: cbor.Value | undefined): Gap {
  const parts = cbor.list(value, "gap", 3, 3);
  const from = readPosition(parts[0], "start of gap");
  const to = readPosition(parts[1], "end of gap");
  if (from.boot !== to.boot || to.n < from.n) throw new Error("gap: not a range");
  return { from, to, reason: nth(gapReasons, parts[2], "reason of gap") };
}

function chain(value: cbor.Value | undefined): { event: Bytes; root: Bytes } {
  const [event, root] = cbor.list(value, "certificates", 2, 2).map((v) => cbor.someBytes(v, "certificate", maxCertificate));
  return { event: event!, root: root! };
}

/** nth names a value counted from 1. */
function nth<T>(names: readonly T[], value: cbor.Value | undefined, what: string): T {
  const name = names[cbor.small(value, what, names.length) - 1];
  if (name === undefined) throw new Error(`${what}: 0`);
  return name;
}
