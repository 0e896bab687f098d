// Geometry of zones and sizes, in 10000 of the picture's width and height.

import { type Point, wholePicture } from "./zone.ts";

/** within returns the place in the picture that is nearest to one given. */
export function within(x: number, y: number): Point {
  const clamp = (v: number): number => Math.min(wholePicture, Math.max(0, Math.round(v)));
  return [clamp(x), clamp(y)];
}

export function middle(a: Point, b: Point): Point {
  return within((a[0] + b[0]) / 2, (a[1] + b[1]) / 2);
}

/** crosses says whether edges of a closed polygon cross or touch each other anywhere but where they follow each other. */
export function crosses(points: readonly Point[]): boolean {
  const n = points.length;
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) {
      const neighbours = j === i + 1 || (i === 0 && j === n - 1);
      if (!neighbours && meet(points[i]!, points[(i + 1) % n]!, points[j]!, points[(j + 1) % n]!)) return true;
    }
  }
  return false;
}

/** side is positive where c lies on the one side of the line from a to b, negative on the other, 0 on it. */
function side(a: Point, b: Point, c: Point): number {
  return Math.sign((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]));
}

function meet(a: Point, b: Point, c: Point, d: Point): boolean {
  const [ac, ad, ca, cb] = [side(a, b, c), side(a, b, d), side(c, d, a), side(c, d, b)];
  if (ac !== ad && ca !== cb) return true;
  const between = (p: Point, q: Point, r: Point): boolean =>
    Math.min(p[0], q[0]) <= r[0] && r[0] <= Math.max(p[0], q[0]) && Math.min(p[1], q[1]) <= r[1] && r[1] <= Math.max(p[1], q[1]);
  return (ac === 0 && between(a, b, c)) || (ad === 0 && between(a, b, d)) || (ca === 0 && between(c, d, a)) || (cb === 0 && between(c, d, b));
}

/** area of a polygon whose edges do not cross, as a share of the picture, 0 to 1. */
export function area(points: readonly Point[]): number {
  let twice = 0;
  points.forEach(([x, y], i) => {
    const [nx, ny] = points[(i + 1) % points.length]!;
    twice += x * ny - nx * y;
  });
  return Math.abs(twice) / 2 / wholePicture ** 2;
}

/** labelPlace is where there is room in a polygon: the middle of a long run along one of a few lines, by the even-odd rule,
 * rather at half of its height than at its ends. */
export function labelPlace(points: readonly Point[]): Point {
  const ys = points.map((p) => p[1]);
  const [top, bottom] = [Math.min(...ys), Math.max(...ys)];
  let best = { x: points[0]![0], y: points[0]![1], room: -1 };
  for (let i = 1; i < lines; i++) {
    const y = top + ((bottom - top) * i) / lines;
    const cuts = cutsAt(points, y);
    for (let k = 0; k + 1 < cuts.length; k += 2) {
      const room = (cuts[k + 1]! - cuts[k]!) * (1 - Math.abs(i / lines - 0.5));
      if (room > best.room) best = { x: (cuts[k]! + cuts[k + 1]!) / 2, y, room };
    }
  }
  return within(best.x, best.y);
}

const lines = 12;

/** cutsAt is where a line at that height cuts the edges, from left to right. */
function cutsAt(points: readonly Point[], y: number): number[] {
  const cuts: number[] = [];
  points.forEach(([x1, y1], i) => {
    const [x2, y2] = points[(i + 1) % points.length]!;
    if (y1 <= y !== y2 <= y) cuts.push(x1 + ((y - y1) / (y2 - y1)) * (x2 - x1));
  });
  return cuts.sort((a, b) => a - b);
}

/** Extent is of the picture's width and height, 0 to 1. */
export interface Extent {
  readonly w: number;
  readonly h: number;
}

/** squareOf is how large something square of that share of the area is in a picture `ratio` times as wide as it is high;
 * what would not fit into it is as high, or as wide, as the picture. */
export function squareOf(share: number, ratio: number): Extent {
  const [w, h] = [Math.sqrt(share / ratio), Math.sqrt(share * ratio)];
  if (h > 1) return { w: share, h: 1 };
  if (w > 1) return { w: 1, h: share };
  return { w, h };
}
