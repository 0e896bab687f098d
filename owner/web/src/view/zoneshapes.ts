// Zones as they lie over a picture: what is watched is bright, what is not is dimmed, what is ignored is hatched.

import { type Point, wholePicture, type Zone } from "../zone.ts";
import type { Sketch } from "../zoneedit.ts";
import { svg } from "./dom.ts";

const high = 1000; // units of the drawing from top to bottom

let made = 0; // names of masks and patterns are the document's

export class ZoneShapes {
  readonly element: SVGSVGElement;
  private readonly id = ++made;
  private wide = high;
  private last: [readonly Zone[], number | undefined, Sketch | undefined] = [[], undefined, undefined];

  /** `fit` is none where the element is as large as the picture, else as SVG's preserveAspectRatio has it. */
  constructor(fit: "none" | "xMidYMid meet" = "none") {
    this.element = svg("svg", { class: "zones", preserveAspectRatio: fit, "aria-hidden": "true" });
  }

  get ratio(): number {
    return this.wide / high;
  }

  /** size takes how many times as wide as high the picture is. */
  size(ratio: number): void {
    this.wide = high * ratio;
    this.draw(...this.last);
  }

  draw(zones: readonly Zone[], selected?: number, sketch?: Sketch): void {
    this.last = [zones, selected, sketch];
    this.element.setAttribute("viewBox", `0 0 ${this.wide} ${high}`);
    const watched = zones.filter((z) => z.watch);
    const order = [...zones.keys()].sort((a, b) => Number(a === selected) - Number(b === selected)); // the selected one on top
    this.element.replaceChildren(
      svg("defs", {}, this.hatch(), this.mask(watched)),
      ...(watched.length > 0 ? [svg("rect", { class: "unwatched", width: this.wide, height: high, mask: `url(#watched-${this.id})` })] : []),
      ...order.map((i) => this.shape(zones[i]!, i, i === selected)),
      ...(sketch ? [svg("polyline", { class: `shape sketch ${kindOf(sketch)}`, points: this.points(sketch.points), "vector-effect": "non-scaling-stroke" })] : []),
    );
  }

  private shape(zone: Zone, index: number, selected: boolean): SVGElement {
    const fill = zone.watch ? {} : { fill: `url(#hatch-${this.id})` };
    return svg("polygon", { class: `shape ${kindOf(zone)}${selected ? " selected" : ""}`, points: this.points(zone.points), "data-zone": index, "vector-effect": "non-scaling-stroke", ...fill });
  }

  private mask(watched: readonly Zone[]): SVGElement {
    const all = svg("rect", { width: this.wide, height: high, fill: "#fff" });
    return svg("mask", { id: `watched-${this.id}`, maskUnits: "userSpaceOnUse", x: 0, y: 0, width: this.wide, height: high }, all, ...watched.map((z) => svg("polygon", { points: this.points(z.points), fill: "#000", "fill-rule": "evenodd" })));
  }

  private hatch(): SVGElement {
    return svg("pattern", { id: `hatch-${this.id}`, width: 26, height: 26, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" }, svg("rect", { class: "hatch-ground", width: 26, height: 26 }), svg("rect", { class: "hatch", width: 9, height: 26 }));
  }

  private points(points: readonly Point[]): string {
    return points.map(([x, y]) => `${((x / wholePicture) * this.wide).toFixed(1)},${((y / wholePicture) * high).toFixed(1)}`).join(" ");
  }
}

const kindOf = (z: { watch: boolean }): string => (z.watch ? "watch" : "ignore");
