// Facts are what only the owner reads: why a camera fired, what moved where, what the camera is called.

import { type Bytes, equal } from "./bytes.ts";
import * as cbor from "./cbor.ts";
import { eventMs, type Span, span } from "./record.ts";
import { wholePicture } from "./zone.ts";

/** Box is of 10000 of the picture's width and height, at a time in milliseconds from the start of the event. */
export interface Box {
  readonly atMs: number;
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

export interface CameraFacts {
  readonly name: string;
  readonly driver: string;
  readonly format: string;
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  readonly generated: boolean; // not a real picture
  readonly number: number; // of the device's cameras, from 0
}

export interface Facts {
  readonly device: Bytes;
  readonly event?: Bytes;
  readonly score?: number; // 0 to 1
  readonly reason?: string;
  readonly boxes: readonly Box[];
  readonly zone?: string;
  readonly camera?: CameraFacts;
  readonly motion?: Span;
}

const maxFacts = 16384; // bytes of the plaintext
const maxCameras = 8; // of one device

/** parseFacts reads the plaintext and refuses what record.cddl does not describe. */
export function parseFacts(plaintext: Uint8Array): Facts {
  const f = cbor.fields(cbor.decode(plaintext, maxFacts), "facts", [0, 1], [2, 3, 4, 5, 6, 7, 8]);
  if (f.get(0) !== 1) throw new Error("facts: their format is not spoken here");
  return {
    device: cbor.bytes(f.get(1), "device", 16),
    boxes: f.has(5) ? cbor.list(f.get(5), "boxes", 1, 64).map(box) : [],
    ...(f.has(2) && { event: cbor.bytes(f.get(2), "event", 16) }),
    ...(f.has(3) && { score: cbor.small(f.get(3), "score", 1000) / 1000 }),
    ...(f.has(4) && { reason: cbor.someWords(f.get(4), "reason") }),
    ...(f.has(6) && { zone: cbor.someWords(f.get(6), "zone") }),
    ...(f.has(7) && { camera: camera(f.get(7)!) }),
    ...(f.has(8) && { motion: span(f.get(8), "motion") }),
  };
}

/** checkBelong refuses facts that were sealed for another record. */
export function checkBelong(facts: Facts, record: { device: Bytes; event?: Bytes }): void {
  if (!equal(facts.device, record.device)) throw new Error("facts: of another device than the record");
  const same = facts.event && record.event ? equal(facts.event, record.event) : facts.event === record.event;
  if (!same) throw new Error("facts: of another event than the record");
}

function box(value: cbor.Value): Box {
  const [at, ...sides] = cbor.list(value, "box", 5, 5);
  const [x, y, w, h] = sides.map((v) => cbor.small(v, "box", wholePicture)) as [number, number, number, number];
  if (x + w > wholePicture || y + h > wholePicture) throw new Error("box: outside of the picture");
  return { atMs: eventMs(at, "time of box"), x, y, w, h };
}

function camera(value: cbor.Value): CameraFacts {
  const f = cbor.fields(value, "camera", [1, 2, 3, 4, 5, 6, 7, 8]);
  return {
    name: cbor.words(f.get(1), "camera name"),
    driver: cbor.words(f.get(2), "camera driver"),
    format: cbor.words(f.get(3), "camera format"),
    width: Number(cbor.uint(f.get(4), "camera width")),
    height: Number(cbor.uint(f.get(5), "camera height")),
    fps: Number(cbor.uint(f.get(6), "camera rate")) / 1000,
    generated: cbor.bool(f.get(7), "generated"),
    number: cbor.small(f.get(8), "camera number", maxCameras - 1),
  };
}
