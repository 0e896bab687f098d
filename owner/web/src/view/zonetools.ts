// The buttons under the picture, and what can be done next.

import type { ZoneEdit } from "../zoneedit.ts";
import { el, icon, icons, setText } from "./dom.ts";

export class ZoneTools {
  readonly element: HTMLElement;
  private readonly row = el("div", { class: "zone-tools", role: "group", "aria-label": "Areas" });
  private readonly hint = el("p", { class: "zone-hint", role: "status", "data-testid": "zone-hint" });
  private readonly watch = this.button("zone-watch", "Watch an area", icons.add, (e) => this.begin(true, e));
  private readonly ignore = this.button("zone-ignore", "Ignore an area", icons.add, (e) => this.begin(false, e));
  private readonly done = this.button("zone-done", "Done", icons.done, () => this.edit.close());
  private readonly cancel = this.button("zone-cancel", "Cancel", icons.close, () => this.edit.cancel());
  private readonly remove = this.button("corner-remove", "Remove corner", icons.bin, () => this.edit.removePoint(this.edit.corner!));
  private readonly undo = this.button("zone-undo", "Undo", icons.undo, () => this.edit.undo());

  constructor(
    private readonly edit: ZoneEdit,
    private readonly focus: () => void, // where the keyboard draws
  ) {
    this.done.classList.replace("quiet", "primary");
    this.row.append(this.watch, this.ignore, this.done, this.cancel, this.remove, this.undo);
    this.element = el("div", { class: "zone-bar" }, this.row, this.hint);
    this.update();
  }

  update(): void {
    const { edit } = this;
    const sketching = edit.sketch !== undefined;
    const focused = [...this.row.children].find((b) => b === document.activeElement) as HTMLElement | undefined;
    this.watch.hidden = this.ignore.hidden = sketching;
    this.done.hidden = this.cancel.hidden = !sketching;
    this.remove.hidden = sketching || edit.corner === undefined;
    this.watch.disabled = this.ignore.disabled = !edit.canBegin;
    this.done.disabled = !edit.canClose;
    this.undo.disabled = !edit.canUndo;
    if (focused && (focused.hidden || (focused as HTMLButtonElement).disabled)) (sketching ? this.cancel : this.watch).focus();
    setText(this.hint, hintOf(edit));
  }

  private begin(watch: boolean, e: Event): void {
    this.edit.begin(watch);
    if ((e as PointerEvent).detail === 0) this.focus(); // the button was pressed by the keyboard
  }

  private button(id: string, label: string, path: string, act: (e: Event) => void): HTMLButtonElement {
    return el("button", { class: "quiet", type: "button", "data-testid": id, onclick: act }, icon(path), label);
  }
}

function hintOf(edit: ZoneEdit): string {
  const { sketch, zone, zones } = edit;
  if (sketch && sketch.points.length === 0) return `Tap where the area to ${sketch.watch ? "watch" : "ignore"} has its corners.`;
  if (sketch) return edit.canClose ? "Tap the first corner again, or Done, to close it." : "Tap the next corner.";
  if (zone) return "Drag a corner to move it; the small dots make new ones. On the keyboard: arrow keys, + and Delete.";
  if (zones.length === 0) return "No areas: the camera looks where its own configuration says, or everywhere.";
  if (!edit.canBegin) return "There are as many areas as there may be.";
  return zones.some((z) => z.watch) ? "Only what moves in a watched area counts. Tap an area to change it." : "What moves in an ignored area does not count. Tap an area to change it.";
}
