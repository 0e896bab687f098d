// Boxes over a picture. They lie where the picture lies, whether it is cut to its frame or fitted into it.

import type { Box } from "../facts.ts";
import { wholePicture } from "../zone.ts";
import { svg } from "./dom.ts";

export class Boxes {
  readonly element: SVGSVGElement;
  private drawn: readonly Box[] = [];
  private width = 16;
  private height = 9;

  /** `slice` is for object-fit: cover, `meet` for contain. */
  constructor(fit: "slice" | "meet") {
    this.element = svg("svg", { class: "boxes", preserveAspectRatio: `xMidYMid ${fit}`, "aria-hidden": "true" });
  }

  /** size takes the picture's own width and height. */
  size(width: number, height: number): void {
    if (width === this.width && height === this.height) return;
    this.width = width;
    this.height = height;
    this.write();
  }

  draw(boxes: readonly Box[]): void {
    if (boxes.length === this.drawn.length && boxes.every((b, i) => b === this.drawn[i])) return;
    this.drawn = boxes;
    this.write();
  }

  private write(): void {
    const x = this.width / wholePicture;
    const y = this.height / wholePicture;
    this.element.setAttribute("viewBox", `0 0 ${this.width} ${this.height}`);
    this.element.replaceChildren(
      ...this.drawn.map((b) =>
        svg("rect", { x: b.x * x, y: b.y * y, width: b.w * x, height: b.h * y, "vector-effect": "non-scaling-stroke" }),
      ),
    );
  }
}
