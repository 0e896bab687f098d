// The crosshair with which the keyboard draws a zone.

import { within } from "../outline.ts";
import type { Point } from "../zone.ts";
import type { ZoneEdit } from "../zoneedit.ts";
import { el } from "./dom.ts";
import { arrowStep, place } from "./places.ts";

const label = "New area. Arrow keys move the crosshair by one percent, Enter sets a corner, Backspace takes the last one back, Escape cancels.";

export class Crosshair {
  readonly element = el("div", { class: "aim", tabindex: 0, role: "application", "aria-label": label, "data-testid": "aim", hidden: true, onkeydown: (e) => this.key(e as KeyboardEvent) });
  private at: Point = [5000, 5000];

  constructor(private readonly edit: ZoneEdit) {}

  update(): void {
    const hidden = this.edit.sketch === undefined;
    if (hidden && !this.element.hidden) this.at = [5000, 5000];
    this.element.hidden = hidden;
    place(this.element, this.at);
  }

  private key(e: KeyboardEvent): void {
    const { edit } = this;
    const by = arrowStep(e);
    if (by) {
      this.at = within(this.at[0] + by[0], this.at[1] + by[1]);
      place(this.element, this.at);
    } else if (e.key === "Enter" || e.key === " ") this.set();
    else if (e.key === "Backspace" || e.key === "Delete") edit.removePoint(edit.sketch!.points.length - 1);
    else if (e.key === "Escape") edit.cancel();
    else return;
    e.preventDefault();
    e.stopPropagation();
  }

  /** set puts a corner where the crosshair is, or closes the area there where it began. */
  private set(): void {
    const first = this.edit.sketch?.points[0];
    if (first && this.edit.canClose && first[0] === this.at[0] && first[1] === this.at[1]) this.edit.close();
    else this.edit.add(this.at);
  }
}
