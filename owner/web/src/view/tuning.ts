// How readily a camera fires, and how large what it fires at is. Each can be left to the camera's own configuration.

import type { MotionSettings } from "../motion.ts";
import { squareOf } from "../outline.ts";
import { wholePicture } from "../zone.ts";
import { el, setText } from "./dom.ts";
import { share } from "./zonelist.ts";

type Key = "sensitivity" | "minSize" | "maxSize";
export type Tuned = Pick<MotionSettings, Key>;

const readiness = ["only what is unmistakable", "hardly anything faint", "little that is faint", "a little calmer than usual", "balanced", "a little more readily", "readily", "also what is faint", "also what is very faint", "the faintest, and noise at night"];

/** Slides go by the length of a square's side, in percent of the picture's, so that small sizes have room too. */
const side = (size: number): number => Math.round(Math.sqrt(size));
const sizeOf = (side: number): number => side * side;

interface Slide {
  readonly key: Key;
  readonly label: string;
  readonly min: number;
  readonly max: number;
  readonly absent: number; // where it stands while the camera's own counts
  toSlide(value: number): number;
  fromSlide(at: number): number;
  words(value: number): string;
}

const slides: readonly Slide[] = [
  { key: "sensitivity", label: "Sensitivity", min: 1, max: 10, absent: 5, toSlide: (v) => v, fromSlide: (v) => v, words: (v) => `${v} of 10: ${readiness[v - 1]}` },
  { key: "minSize", label: "Smallest that counts", min: 0, max: 100, absent: 0, toSlide: side, fromSlide: sizeOf, words: (v) => (v === 0 ? "however small" : `${share(v / wholePicture)} of the picture`) },
  { key: "maxSize", label: "Largest that counts", min: 1, max: 100, absent: 100, toSlide: side, fromSlide: sizeOf, words: (v) => (v === wholePicture ? "however large" : `${share(v / wholePicture)} of the picture`) },
];

export class Tuning {
  readonly element: HTMLElement;
  readonly squares = el("div", { class: "size-squares", "aria-hidden": "true", hidden: true });
  private readonly rows: Map<Key, Row>;
  private ratio = 16 / 9;

  private tuned: Tuned;

  constructor(
    motion: MotionSettings,
    private readonly changed: () => void,
  ) {
    this.tuned = withoutZones(motion);
    this.rows = new Map(slides.map((s) => [s.key, new Row(s, (v) => this.set(s.key, v))]));
    const rows = slides.map((s) => this.rows.get(s.key)!);
    const sizes = el("div", { class: "sizes", onfocusin: () => this.showSquares(true), onfocusout: () => this.showSquares(false) }, rows[1]!.element, rows[2]!.element);
    this.element = el("div", { class: "tuning" }, rows[0]!.element, sizes);
    this.update();
  }

  get value(): Tuned {
    return this.tuned;
  }

  /** replace shows other settings. */
  replace(motion: MotionSettings): void {
    this.tuned = withoutZones(motion);
    this.update();
  }

  /** size takes how many times as wide as high the picture is. */
  size(ratio: number): void {
    this.ratio = ratio;
    this.update();
  }

  private set(key: Key, value: number | undefined): void {
    const next: { -readonly [K in Key]?: number } = { ...this.tuned };
    if (value === undefined) delete next[key];
    else next[key] = value;
    const { minSize, maxSize } = next;
    // One slide pushes the other along: the smallest is never larger than the largest.
    if (minSize !== undefined && maxSize !== undefined && minSize > maxSize) next.minSize = next.maxSize = Math.max(1, value!);
    this.tuned = next;
    this.update();
    this.changed();
  }

  private update(): void {
    for (const [key, row] of this.rows) row.update(this.tuned[key]);
    const { minSize, maxSize } = this.tuned;
    this.squares.replaceChildren(...[this.square("largest", maxSize), this.square("smallest", minSize)].filter((s) => s !== null));
  }

  private showSquares(on: boolean): void {
    this.squares.hidden = !on;
  }

  private square(which: string, size: number | undefined): HTMLElement | null {
    if (!size) return null;
    const { w, h } = squareOf(size / wholePicture, this.ratio);
    const square = el("div", { class: `size-square ${which}`, "data-testid": `square-${which}` }, el("span", {}, which));
    square.style.width = `${w * 100}%`;
    square.style.height = `${h * 100}%`;
    return square;
  }
}

function withoutZones({ zones: _, ...tuned }: MotionSettings): Tuned {
  return tuned;
}

class Row {
  readonly element: HTMLElement;
  private readonly slider: HTMLInputElement;
  private readonly told = el("span", { class: "slide-told" });
  private readonly reset: HTMLButtonElement;

  constructor(
    private readonly slide: Slide,
    set: (value: number | undefined) => void,
  ) {
    const { key, label, min, max } = slide;
    this.slider = el("input", { type: "range", min, max, step: 1, "aria-label": label, "data-testid": `tune-${key}` });
    this.slider.addEventListener("input", () => set(slide.fromSlide(Number(this.slider.value))));
    this.reset = el("button", { class: "reset", type: "button", "data-testid": `reset-${key}`, "aria-label": `${label}: as the camera is configured`, onclick: () => (set(undefined), this.slider.focus()) }, "Camera’s own");
    this.element = el("div", { class: "slide", "data-key": key }, el("div", { class: "slide-head" }, el("strong", {}, label), this.told, this.reset), this.slider);
  }

  update(value: number | undefined): void {
    const own = value === undefined;
    const at = String(own ? this.slide.absent : this.slide.toSlide(value));
    if (this.slider.value !== at) this.slider.value = at;
    const words = own ? "as the camera is configured" : this.slide.words(value);
    setText(this.told, words);
    this.slider.setAttribute("aria-valuetext", words);
    this.element.classList.toggle("own", own);
    this.reset.hidden = own;
  }
}
