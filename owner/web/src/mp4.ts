// Clip parts: each a fragmented MP4 by itself (ISO/IEC 14496-12): ftyp moov, then moof mdat. Only what the page needs is
// read: one video track, MJPEG (drawn by the page) or H.264 (played by the browser).

import type { Bytes } from "./bytes.ts";

/** Frame is one sample; times are in milliseconds from the first frame of the part. */
export interface Frame {
  readonly atMs: number;
  readonly durationMs: number;
  readonly bytes: Bytes;
}

export interface Part {
  readonly codec: "mjpeg" | `avc1.${string}`;
  readonly width: number;
  readonly height: number;
  readonly frames: readonly Frame[];
  readonly firstMs: number; // decode time of the first frame on the track's own clock
  readonly header: Bytes; // ftyp and moov
  readonly fragments: Bytes; // moof and mdat
}

const maxFrames = 4096;

interface Box {
  readonly type: string;
  readonly start: number; // of the box
  readonly body: number; // after its header
  readonly end: number;
}

/** parsePart reads a decrypted part. It throws on whatever it does not understand. */
export function parsePart(bytes: Bytes): Part {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const top = [...boxes(view, 0, bytes.length)];
  const moov = top.find((b) => b.type === "moov");
  const moof = top.find((b) => b.type === "moof");
  if (!moov || !moof) throw new Error("clip part: no moov or no moof");
  const track = videoTrack(view, moov);
  const frames: Frame[] = [];
  let firstMs: number | undefined;
  for (const fragment of top.filter((b) => b.type === "moof")) {
    const at = readFragment(bytes, view, fragment, track, frames);
    firstMs ??= at;
  }
  if (frames.length === 0) throw new Error("clip part: no frames");
  const { codec, width, height } = track;
  const header = bytes.slice(0, moof.start);
  return { codec, width, height, frames, firstMs: firstMs ?? 0, header, fragments: bytes.slice(moof.start) };
}

interface Track {
  id: number;
  timescale: number;
  codec: Part["codec"];
  width: number;
  height: number;
}

function videoTrack(view: DataView, moov: Box): Track {
  for (const trak of children(view, moov).filter((b) => b.type === "trak")) {
    const mdia = only(view, trak, "mdia");
    const stsd = only(view, only(view, only(view, mdia, "minf"), "stbl"), "stsd");
    const entry = [...boxes(view, stsd.body + 8, stsd.end)][0];
    if (!entry || (entry.type !== "mp4v" && entry.type !== "avc1")) continue;
    const tkhd = only(view, trak, "tkhd");
    const mdhd = only(view, mdia, "mdhd");
    const timescale = view.getUint32(mdhd.body + (view.getUint8(mdhd.body) === 1 ? 20 : 12));
    if (timescale === 0) throw new Error("clip part: timescale 0");
    return {
      id: view.getUint32(tkhd.body + (view.getUint8(tkhd.body) === 1 ? 20 : 12)),
      timescale,
      codec: codecOf(view, entry),
      width: view.getUint16(entry.body + 24),
      height: view.getUint16(entry.body + 26),
    };
  }
  throw new Error("clip part: no video that this page can show");
}

const visualSampleEntry = 78; // bytes before the boxes inside of it

function codecOf(view: DataView, entry: Box): Part["codec"] {
  const inside = [...boxes(view, entry.body + visualSampleEntry, entry.end)];
  if (entry.type === "avc1") {
    const avcC = inside.find((b) => b.type === "avcC");
    if (!avcC) throw new Error("clip part: H.264 without its parameters");
    const byte = (i: number) =>
      view
        .getUint8(avcC.body + i)
        .toString(16)
        .padStart(2, "0");
    return `avc1.${byte(1)}${byte(2)}${byte(3)}`;
  }
  const esds = inside.find((b) => b.type === "esds");
  if (!esds || objectType(view, esds) !== 0x6c) throw new Error("clip part: MPEG-4 video that is not JPEG");
  return "mjpeg";
}

/** objectType walks the descriptors of ISO/IEC 14496-1 down to objectTypeIndication. */
function objectType(view: DataView, esds: Box): number {
  let at = esds.body + 4;
  const descriptor = (tag: number): void => {
    if (view.getUint8(at++) !== tag) throw new Error("clip part: its esds is not understood");
    for (let i = 0; i < 4 && view.getUint8(at++) & 0x80; i++); // the length, which may be padded
  };
  descriptor(3);
  at += 3; // ES_ID and flags, which are zero for files
  descriptor(4);
  return view.getUint8(at);
}

/** readFragment appends the track's frames, and returns the decode time at which the fragment starts. */
function readFragment(bytes: Bytes, view: DataView, moof: Box, track: Track, frames: Frame[]): number {
  for (const traf of children(view, moof).filter((b) => b.type === "traf")) {
    const tfhd = only(view, traf, "tfhd");
    if (view.getUint32(tfhd.body + 4) !== track.id) continue;
    const defaults = tfhdDefaults(view, tfhd);
    const tfdt = only(view, traf, "tfdt");
    const base = view.getUint8(tfdt.body) === 1 ? Number(view.getBigUint64(tfdt.body + 4)) : view.getUint32(tfdt.body + 4);
    const toMs = (units: number) => (units * 1000) / track.timescale;
    let units = frames.length > 0 ? Math.round(((frames.at(-1)!.atMs + frames.at(-1)!.durationMs) * track.timescale) / 1000) : 0;
    for (const trun of children(view, traf).filter((b) => b.type === "trun")) {
      const flags = view.getUint32(trun.body) & 0xffffff;
      const count = view.getUint32(trun.body + 4);
      if (frames.length + count > maxFrames) throw new Error(`clip part: more than ${maxFrames} frames`);
      if (!(flags & 1)) throw new Error("clip part: no data offset");
      let data = moof.start + view.getInt32(trun.body + 8);
      let at = trun.body + 12 + (flags & 4 ? 4 : 0);
      const next = (present: number, otherwise: number): number => {
        if (!(flags & present)) return otherwise;
        if (at + 4 > trun.end) throw new Error("clip part: trun is cut");
        at += 4;
        return view.getUint32(at - 4);
      };
      for (let i = 0; i < count; i++) {
        const duration = next(0x100, defaults.duration);
        const size = next(0x200, defaults.size);
        next(0x400, 0);
        next(0x800, 0);
        if (data < 0 || data + size > bytes.length) throw new Error("clip part: a frame lies outside of it");
        frames.push({ atMs: toMs(units), durationMs: toMs(duration), bytes: bytes.slice(data, data + size) });
        data += size;
        units += duration;
      }
    }
    return toMs(base);
  }
  return 0;
}

function tfhdDefaults(view: DataView, tfhd: Box): { duration: number; size: number } {
  const flags = view.getUint32(tfhd.body) & 0xffffff;
  if (flags & 1) throw new Error("clip part: base data offset is not read");
  let at = tfhd.body + 8 + (flags & 2 ? 4 : 0);
  const next = (present: number): number => {
    if (!(flags & present)) return 0;
    at += 4;
    return view.getUint32(at - 4);
  };
  return { duration: next(8), size: next(16) };
}

/** boxes walks the boxes between two offsets; sizes that do not fit are errors. */
function* boxes(view: DataView, from: number, to: number): Generator<Box> {
  for (let start = from; start < to; ) {
    if (start + 8 > to) throw new Error("clip part: a box is cut");
    let size = view.getUint32(start);
    let body = start + 8;
    if (size === 1) {
      if (start + 16 > to) throw new Error("clip part: a box is cut");
      size = Number(view.getBigUint64(start + 8));
      body = start + 16;
    } else if (size === 0) size = to - start;
    const end = start + size;
    if (end > to || end < body) throw new Error("clip part: a box does not fit");
    const type = String.fromCharCode(...[4, 5, 6, 7].map((i) => view.getUint8(start + i)));
    yield { type, start, body, end };
    start = end;
  }
}

function children(view: DataView, parent: Box): Box[] {
  return [...boxes(view, parent.body, parent.end)];
}

function only(view: DataView, parent: Box, type: string): Box {
  const found = children(view, parent).filter((b) => b.type === type);
  if (found.length !== 1) throw new Error(`clip part: ${found.length} ${type} boxes in ${parent.type}`);
  return found[0]!;
}
