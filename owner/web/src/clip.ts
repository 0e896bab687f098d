// A clip as it grows: decrypted parts in the order of their index, on one clock, the event's.

import { concat, equal, type Bytes } from "./bytes.ts";
import { type Frame, parsePart, type Part } from "./mp4.ts";
import type { Plaintext } from "./media.ts";

/** Placed is a part on the clock of the event, in milliseconds from its start; the pre-roll is negative. */
export interface Placed {
  readonly index: bigint;
  readonly fromMs: number;
  readonly toMs: number;
  readonly part: Part;
  readonly bytes: Bytes;
}

export class Clip {
  private readonly byIndex = new Map<bigint, Placed>();

  /** add places a part where the record says, else after the part before it. */
  add(plain: Plaintext): Placed {
    const index = plain.media.index ?? 0n;
    const known = this.byIndex.get(index);
    if (known) return known;
    const part = parsePart(plain.bytes);
    const last = part.frames.at(-1)!;
    const fromMs = plain.media.span?.from ?? this.parts.filter((p) => p.index < index).at(-1)?.toMs ?? 0;
    const placed = { index, fromMs, toMs: fromMs + last.atMs + last.durationMs, part, bytes: plain.bytes };
    this.byIndex.set(index, placed);
    return placed;
  }

  has(index: bigint): boolean {
    return this.byIndex.has(index);
  }

  get parts(): Placed[] {
    return [...this.byIndex.values()].sort((a, b) => (a.index < b.index ? -1 : 1));
  }

  get fromMs(): number {
    return this.parts[0]?.fromMs ?? 0;
  }

  get toMs(): number {
    return this.parts.reduce((to, p) => Math.max(to, p.toMs), this.fromMs);
  }

  /** frameAt returns the frame to be shown at a time: the last one that has begun. */
  frameAt(ms: number): { frame: Frame; atMs: number } | undefined {
    const part = this.parts.filter((p) => p.fromMs <= ms).at(-1) ?? this.parts[0];
    if (!part) return undefined;
    const frame = part.part.frames.filter((f) => part.fromMs + f.atMs <= ms).at(-1) ?? part.part.frames[0]!;
    return { frame, atMs: part.fromMs + frame.atMs };
  }

  /** step returns the time of the frame before or after a time. */
  step(ms: number, by: 1 | -1): number {
    const times = this.parts.flatMap((p) => p.part.frames.map((f) => p.fromMs + f.atMs));
    return by > 0 ? (times.find((t) => t > ms + 1) ?? ms) : (times.filter((t) => t < ms - 1).at(-1) ?? ms);
  }

  /** file returns what has arrived as one MP4: one header, then the fragments, where all parts share the header. */
  file(): Bytes {
    const parts = this.parts;
    const first = parts[0];
    if (!first) return new Uint8Array();
    const alike = parts.every((p) => equal(p.part.header, first.part.header));
    return alike ? concat(first.part.header, ...parts.map((p) => p.part.fragments)) : concat(...parts.map((p) => p.bytes));
  }
}
