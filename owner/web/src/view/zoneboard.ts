// The picture on which zones are drawn: by mouse, by finger, or by the keyboard alone.

import { labelPlace, within } from "../outline.ts";
import { minPoints, type Point, wholePicture, type Zone } from "../zone.ts";
import type { ZoneEdit } from "../zoneedit.ts";
import { Crosshair } from "./crosshair.ts";
import { el, setText } from "./dom.ts";
import { arrowStep, place } from "./places.ts";
import { ZoneShapes } from "./zoneshapes.ts";

export class ZoneBoard {
  readonly element: HTMLElement;
  private readonly picture = el("img", { class: "board-picture", alt: "", draggable: "false", hidden: true });
  private readonly shapes = new ZoneShapes();
  private readonly names = el("div", { class: "board-names", "aria-hidden": "true" });
  private readonly corners = el("div");
  private readonly betweens = el("div");
  private readonly aim: Crosshair;
  private drag: { index: number; kind: string; closes: boolean } | undefined;
  private moved = false; // since the pointer went down: what follows is no click
  private drags = 0;

  constructor(
    private readonly edit: ZoneEdit,
    over: HTMLElement, // something that lies between the picture and the corners
  ) {
    this.aim = new Crosshair(edit);
    this.element = el(
      "div",
      {
        class: "board",
        "data-testid": "zone-board",
        onpointerdown: (e) => this.down(e as PointerEvent),
        onpointermove: (e) => this.move(e as PointerEvent),
        onpointerup: () => this.up(),
        onpointercancel: () => this.up(),
        onclick: (e) => this.choose(e),
        onkeydown: (e) => this.key(e as KeyboardEvent),
        onfocusin: (e) => this.focused(e.target as Element),
      },
      this.picture,
      this.shapes.element,
      this.names,
      over,
      this.aim.element,
      this.betweens,
      this.corners,
    );
    this.size(16, 9);
    this.update();
  }

  /** show puts a picture under the zones once it is decoded; it throws where it cannot be. */
  async show(picture: Blob): Promise<void> {
    const url = URL.createObjectURL(picture);
    try {
      const next = new Image();
      next.src = url;
      await next.decode();
      this.picture.src = url;
      await this.picture.decode();
      this.picture.hidden = false;
      this.size(next.naturalWidth, next.naturalHeight);
    } finally {
      URL.revokeObjectURL(url);
    }
  }

  get ratio(): number {
    return this.shapes.ratio;
  }

  size(width: number, height: number): void {
    if (!(width > 0 && height > 0)) return;
    this.element.style.setProperty("--ratio", String(width / height));
    this.shapes.size(width / height);
  }

  /** update draws what the zones are now; elements stay the same, so that a drag and the focus go on. */
  update(): void {
    const { edit } = this;
    this.element.classList.toggle("sketching", edit.sketch !== undefined);
    this.shapes.draw(edit.zones, edit.selected, edit.sketch);
    this.drawNames(edit.zones);
    const points = edit.sketch?.points ?? edit.zone?.points ?? [];
    fit(this.corners, points.length, corner);
    points.forEach((p, i) => {
      const button = this.corners.children[i] as HTMLElement;
      place(button, p);
      button.classList.toggle("closes", edit.canClose && i === 0);
      button.classList.toggle("touched", !edit.sketch && i === edit.corner);
      button.setAttribute("aria-label", cornerLabel(edit, i, p));
    });
    const open = edit.sketch !== undefined || !edit.zone;
    fit(this.betweens, open ? 0 : points.length, between);
    if (!open) points.forEach((p, i) => place(this.betweens.children[i] as HTMLElement, half(p, points[(i + 1) % points.length]!)));
    this.aim.update();
  }

  /** focusAim lets the keyboard draw. */
  focusAim(): void {
    this.aim.element.focus();
  }

  private drawNames(zones: readonly Zone[]): void {
    fit(this.names, zones.length, () => el("span", { class: "zone-name" }));
    zones.forEach((z, i) => {
      const name = this.names.children[i] as HTMLElement;
      setText(name, z.name);
      name.classList.toggle("ignore", !z.watch);
      place(name, labelPlace(z.points));
    });
  }

  private down(e: PointerEvent): void {
    this.moved = false;
    if (!e.isPrimary || e.button !== 0) return;
    const target = e.target as Element;
    const index = [...this.corners.children].indexOf(target);
    const after = [...this.betweens.children].indexOf(target);
    const kind = `drag ${++this.drags}`;
    if (index >= 0) this.edit.touch(index);
    if (index >= 0) this.drag = { index, kind, closes: this.edit.canClose && this.edit.sketch !== undefined && index === 0 };
    else if (after >= 0) {
      if (!this.edit.insert(after, undefined, kind)) return;
      this.drag = { index: after + 1, kind, closes: false };
    } else if (this.edit.sketch) {
      e.preventDefault(); // the focus stays where it is
      const before = this.edit.sketch.points.length;
      this.edit.add(this.at(e));
      if (this.edit.sketch && this.edit.sketch.points.length > before) this.drag = { index: before, kind, closes: false };
    } else return;
    this.element.setPointerCapture(e.pointerId);
  }

  private move(e: PointerEvent): void {
    if (!this.drag || !e.isPrimary) return;
    if (!this.moved && this.drag.closes && Math.hypot(e.movementX, e.movementY) < 3) return; // a finger is never still
    this.moved = true;
    this.edit.move(this.drag.index, this.at(e), this.drag.kind);
  }

  private up(): void {
    const drag = this.drag;
    this.drag = undefined;
    if (!drag) return;
    if (drag.closes && !this.moved) this.edit.close();
    this.moved = true; // the click that follows chooses nothing
  }

  /** choose selects the zone that was clicked, or none. */
  private choose(e: Event): void {
    if (this.moved || this.edit.sketch || (e.target as Element).closest("button")) return;
    const shape = (e.target as Element).closest<SVGElement>("[data-zone]");
    this.edit.select(shape ? Number(shape.dataset["zone"]) : undefined);
  }

  private focused(target: Element): void {
    const index = [...this.corners.children].indexOf(target);
    if (index >= 0) this.edit.touch(index);
  }

  private key(e: KeyboardEvent): void {
    const index = [...this.corners.children].indexOf(e.target as Element);
    if (index < 0) return;
    const { edit } = this;
    const point = (edit.sketch ?? edit.zone)!.points[index]!;
    const by = arrowStep(e);
    if (by) edit.move(index, within(point[0] + by[0], point[1] + by[1]), `key ${edit.selected} ${index}`);
    else if (e.key === "Delete" || e.key === "Backspace") this.remove(index);
    else if (e.key === "+" || e.key === "Insert") edit.insert(index);
    else if (e.key === "Enter" && edit.sketch && index === 0) edit.close();
    else if (e.key === "Escape") this.escape();
    else return;
    e.preventDefault();
    e.stopPropagation();
  }

  private escape(): void {
    if (this.edit.sketch) this.edit.cancel();
    else this.edit.select(undefined);
  }

  private remove(index: number): void {
    this.edit.removePoint(index);
    (this.corners.children[Math.min(index, this.corners.children.length - 1)] as HTMLElement | undefined)?.focus();
  }

  private at(e: PointerEvent): Point {
    const { left, top, width, height } = this.element.getBoundingClientRect();
    return within(((e.clientX - left) / width) * wholePicture, ((e.clientY - top) / height) * wholePicture);
  }
}

const corner = (): HTMLElement => el("button", { class: "corner", type: "button", "data-testid": "corner" });
const between = (): HTMLElement => el("button", { class: "corner between", type: "button", tabindex: -1, "data-testid": "between", "aria-label": "New corner here" });

/** half is not rounded: it is where the eye expects it. */
const half = (a: Point, b: Point): Point => [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];

function cornerLabel(edit: ZoneEdit, i: number, [x, y]: Point): string {
  const of = edit.sketch ? "the new area" : edit.zone!.name;
  const close = edit.sketch && i === 0 && edit.sketch.points.length >= minPoints ? ". Enter closes the area" : "";
  return `Corner ${i + 1} of ${of}: ${percent(x)} from the left, ${percent(y)} from the top${close}`;
}

const percent = (v: number): string => `${Math.round(v / 10) / 10} %`;

/** fit has a parent hold that many children, the first of which stay. */
function fit(parent: Element, n: number, make: () => HTMLElement): void {
  while (parent.children.length > n) parent.lastElementChild!.remove();
  while (parent.children.length < n) parent.append(make());
}
