// Boxes between the times at which they were measured, twice a second or less often: those that follow each other glide.

import type { Box } from "./facts.ts";

const glideMs = 2000; // longest time between two measurements that are joined
const holdMs = 1000; // how long the last one before a longer pause stays

/** boxesAt returns the boxes of a time of the event, in milliseconds from its start. */
export function boxesAt(boxes: readonly Box[], ms: number): readonly Box[] {
  const before = boxes.reduce((t, b) => (b.atMs <= ms ? Math.max(t, b.atMs) : t), -Infinity);
  const after = boxes.reduce((t, b) => (b.atMs > ms ? Math.min(t, b.atMs) : t), Infinity);
  const at = (t: number): Box[] => boxes.filter((b) => b.atMs === t);
  if (after - before > glideMs) return ms - before <= holdMs ? at(before) : [];
  return glide(at(before), at(after), (ms - before) / (after - before));
}

/** glide joins each box with the one that it became; those without a partner stand still, for half of the time each. */
function glide(from: Box[], to: Box[], part: number): Box[] {
  const left = new Set(to);
  const shown: Box[] = [];
  for (const a of [...from].sort((x, y) => y.w * y.h - x.w * x.h)) {
    const b = nearest(a, left);
    if (b) left.delete(b);
    if (b) shown.push(between(a, b, part));
    else if (part < 0.5) shown.push(a);
  }
  return part < 0.5 ? shown : [...shown, ...left];
}

/** nearest of those that lie no further away than the larger of the two is long. */
function nearest(a: Box, among: Iterable<Box>): Box | undefined {
  let best: { box: Box; far: number } | undefined;
  for (const box of among) {
    const far = Math.hypot(a.x + a.w / 2 - box.x - box.w / 2, a.y + a.h / 2 - box.y - box.h / 2);
    if (far <= Math.max(a.w, a.h, box.w, box.h) && !(best && best.far <= far)) best = { box, far };
  }
  return best?.box;
}

function between(a: Box, b: Box, part: number): Box {
  const mix = (p: number, q: number): number => p + (q - p) * part;
  return { atMs: mix(a.atMs, b.atMs), x: mix(a.x, b.x), y: mix(a.y, b.y), w: mix(a.w, b.w), h: mix(a.h, b.h) };
}
