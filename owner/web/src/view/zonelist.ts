// The zones by name, beside the picture.

import { area, crosses } from "../outline.ts";
import type { Zone } from "../zone.ts";
import type { ZoneEdit } from "../zoneedit.ts";
import { el, icon, icons, setText } from "./dom.ts";
import { count } from "./format.ts";

const maxName = 64;

export class ZoneList {
  readonly element = el("ul", { class: "zone-list", "data-testid": "zone-list" });
  private rows: Row[] = [];

  constructor(private readonly edit: ZoneEdit) {
    this.update();
  }

  update(): void {
    const { zones, selected } = this.edit;
    while (this.rows.length > zones.length) this.rows.pop()!.element.remove();
    while (this.rows.length < zones.length) {
      const row = new Row(this.edit, this.rows.length);
      this.rows.push(row);
      this.element.append(row.element);
    }
    this.rows.forEach((row, i) => row.update(zones[i]!, i === selected));
    this.element.hidden = zones.length === 0;
  }
}

class Row {
  readonly element: HTMLLIElement;
  private readonly name = el("input", { type: "text", class: "line-field", maxlength: maxName, autocomplete: "off", "data-testid": "zone-name" });
  private readonly kind = el("select", { class: "line-field", "data-testid": "zone-kind" }, el("option", { value: "watch" }, "Watch"), el("option", { value: "ignore" }, "Ignore"));
  private readonly remove = el("button", { class: "round quiet", type: "button", "data-testid": "zone-delete" }, icon(icons.bin));
  private readonly told = el("span", { class: "meta" });

  constructor(edit: ZoneEdit, index: number) {
    this.name.addEventListener("input", () => edit.rename(index, this.name.value));
    this.kind.addEventListener("change", () => edit.setWatch(index, this.kind.value === "watch"));
    this.remove.addEventListener("click", () => edit.removeZone(index));
    this.element = el("li", { "data-testid": "zone", onfocusin: () => edit.select(index), onclick: () => edit.select(index) }, this.name, this.kind, this.remove, this.told);
  }

  update(zone: Zone, selected: boolean): void {
    if (this.name.value !== zone.name) this.name.value = zone.name;
    this.kind.value = zone.watch ? "watch" : "ignore";
    this.element.className = `${zone.watch ? "watch" : "ignore"}${selected ? " selected" : ""}`;
    this.name.setAttribute("aria-label", `Name of the area “${zone.name}”`);
    this.kind.setAttribute("aria-label", `What happens with “${zone.name}”`);
    this.remove.setAttribute("aria-label", `Delete “${zone.name}”`);
    const crossing = crosses(zone.points);
    this.told.classList.toggle("crossing", crossing);
    setText(this.told, crossing ? "Its edges cross: where it lies over itself it counts as outside." : `${count(zone.points.length, "corner")}, ${share(area(zone.points))} of the picture`);
  }
}

/** share tells a part of the picture: "12 %", "0.3 %". */
export function share(part: number): string {
  const percent = part * 100;
  return `${percent >= 10 || percent === 0 ? Math.round(percent) : percent.toPrecision(percent < 0.1 ? 1 : 2).replace(/\.0$/, "")} %`;
}
