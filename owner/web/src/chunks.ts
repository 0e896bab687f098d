// Frames of the live view, put together from the messages of an unordered channel that loses some: a header of 16 bytes,
// big-endian (docs/protocol.md), then a piece of the JPEG. The newest whole frame wins; what is older is dropped.

import type { Bytes } from "./bytes.ts";

export interface LiveFrame {
  readonly number: number;
  readonly capturedMs: number;
  readonly jpeg: Bytes;
}

const header = 16;
const maxMessage = 16384; // bytes of a message
const maxChunks = 256; // 4 MiB a frame
const maxUnfinished = 4;

interface Unfinished {
  readonly number: number;
  readonly capturedMs: number;
  readonly chunks: (Uint8Array | undefined)[];
  missing: number;
}

export class FrameAssembler {
  private last: number | undefined; // number of the frame given last
  private unfinished: Unfinished[] = []; // oldest first
  dropped = 0; // frames that never became whole

  /** push returns the frame that this message completes, if it is newer than the one given last. */
  push(message: Uint8Array): LiveFrame | null {
    if (message.length <= header || message.length > maxMessage) return null;
    const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
    const number = view.getUint32(0);
    const index = view.getUint16(4);
    const count = view.getUint16(6);
    if (count === 0 || count > maxChunks || index >= count) return null;
    if (this.last !== undefined && !newer(number, this.last)) return null;
    let frame = this.unfinished.find((f) => f.number === number);
    if (!frame) {
      frame = { number, capturedMs: Number(view.getBigUint64(8)), chunks: Array.from({ length: count }), missing: count };
      this.unfinished.push(frame);
      this.unfinished.sort((a, b) => (newer(a.number, b.number) ? 1 : -1));
      if (this.unfinished.length > maxUnfinished) {
        this.unfinished.shift();
        this.dropped++;
      }
    }
    if (frame.chunks.length !== count || frame.chunks[index]) return null;
    frame.chunks[index] = message.slice(header);
    frame.missing--;
    return frame.missing === 0 ? this.finish(frame) : null;
  }

  private finish(frame: Unfinished): LiveFrame {
    this.last = frame.number;
    const rest = this.unfinished.filter((f) => newer(f.number, frame.number));
    this.dropped += this.unfinished.length - rest.length - 1;
    this.unfinished = rest;
    const size = frame.chunks.reduce((n, c) => n + c!.length, 0);
    const jpeg = new Uint8Array(size);
    let at = 0;
    for (const chunk of frame.chunks) {
      jpeg.set(chunk!, at);
      at += chunk!.length;
    }
    return { number: frame.number, capturedMs: frame.capturedMs, jpeg };
  }
}

/** newer compares frame numbers of 32 bits that wrap around. */
function newer(a: number, b: number): boolean {
  return ((a - b) | 0) > 0;
}
