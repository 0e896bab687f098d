// Boxes over a picture. They lie where the picture lies, whether it is cut to its frame or fitted into it.

import type { Box } from "../facts.ts";
import { el, icon, icons, svg } from "./dom.ts";

const whole = 10000; // boxes are of 10000 of the picture's width and height

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
    const x = this.width / whole;
    const y = this.height / whole;
    this.element.setAttribute("viewBox", `0 0 ${this.width} ${this.height}`);
    this.element.replaceChildren(
      ...this.drawn.map((b) =>
        svg("rect", { x: b.x * x, y: b.y * y, width: b.w * x, height: b.h * y, "vector-effect": "non-scaling-stroke" }),
      ),
    );
  }
}

const key = "signet.boxes";

/** boxesToggle shows or hides all boxes, and remembers which. */
export function boxesToggle(): HTMLElement {
  const on = localStorage.getItem(key) === "on";
  document.body.classList.toggle("with-boxes", on);
  const button = el(
    "button",
    { class: "quiet", type: "button", "aria-pressed": String(on), "data-testid": "boxes-toggle" },
    icon(icons.boxes),
    "Boxes",
  );
  button.addEventListener("click", () => {
    const now = document.body.classList.toggle("with-boxes");
    button.setAttribute("aria-pressed", String(now));
    localStorage.setItem(key, now ? "on" : "off");
  });
  return button;
}
