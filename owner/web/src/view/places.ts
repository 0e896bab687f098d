// Places in a picture, on the screen and under the keys.

import type { Point } from "../zone.ts";

const step = 100; // of an arrow key: 1 % of the picture
const fine = 10; // with Shift

const arrows: Record<string, readonly [number, number]> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** arrowStep is how far an arrow key moves, or undefined for another key. */
export function arrowStep(e: KeyboardEvent): readonly [number, number] | undefined {
  const way = e.ctrlKey || e.altKey || e.metaKey ? undefined : arrows[e.key];
  const by = e.shiftKey ? fine : step;
  return way && [way[0] * by, way[1] * by];
}

/** place puts an element's middle at a point of the picture that it lies on. */
export function place(element: HTMLElement, [x, y]: Point): void {
  element.style.left = `${x / 100}%`;
  element.style.top = `${y / 100}%`;
}
