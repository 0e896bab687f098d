// Zones while they are drawn and changed, with every step undoable. Nothing here draws or saves.

import { middle } from "./outline.ts";
import { maxPoints, maxZones, minPoints, type Point, type Zone } from "./zone.ts";

/** Sketch is a zone that is not closed yet. */
export interface Sketch {
  readonly watch: boolean;
  readonly points: readonly Point[];
}

interface State {
  readonly zones: readonly Zone[];
  readonly selected: number | undefined; // index
  readonly sketch: Sketch | undefined;
}

const maxSteps = 200; // that can be undone

export class ZoneEdit {
  private state: State = { zones: [], selected: undefined, sketch: undefined };
  private past: State[] = [];
  private lastKind = ""; // of the last step: several of one kind in a row are one
  private touched: number | undefined;

  constructor(
    zones: readonly Zone[],
    private readonly changed: () => void = () => undefined,
  ) {
    this.state = { ...this.state, zones };
  }

  get zones(): readonly Zone[] {
    return this.state.zones;
  }

  get selected(): number | undefined {
    return this.state.selected;
  }

  get zone(): Zone | undefined {
    return this.selected === undefined ? undefined : this.zones[this.selected];
  }

  /** corner is the one that was touched last, of the selected zone or of the sketch. */
  get corner(): number | undefined {
    const points = this.sketch?.points ?? this.zone?.points;
    return this.touched !== undefined && points && this.touched < points.length ? this.touched : undefined;
  }

  get sketch(): Sketch | undefined {
    return this.state.sketch;
  }

  get canUndo(): boolean {
    return this.past.length > 0;
  }

  get canBegin(): boolean {
    return this.zones.length < maxZones && !this.sketch;
  }

  get canClose(): boolean {
    return (this.sketch?.points.length ?? 0) >= minPoints;
  }

  /** replace begins anew with these zones: nothing before can be undone. */
  replace(zones: readonly Zone[]): void {
    this.state = { zones, selected: undefined, sketch: undefined };
    this.past = [];
    this.lastKind = "";
    this.changed();
  }

  /** begin starts a new zone; its corners follow by add. */
  begin(watch: boolean): void {
    if (this.canBegin) this.step({ ...this.state, selected: undefined, sketch: { watch, points: [] } });
  }

  /** add puts a corner behind the last one; after the last that there may be, the zone is closed. */
  add(point: Point): void {
    const { sketch } = this;
    if (!sketch || same(sketch.points.at(-1), point)) return;
    this.step({ ...this.state, sketch: { ...sketch, points: [...sketch.points, point] } });
    if (this.sketch!.points.length === maxPoints) this.close();
  }

  /** close makes the sketch a zone, and selects it. */
  close(): void {
    const { sketch } = this;
    if (!sketch || !this.canClose) return;
    const zones = [...this.zones, { name: this.freshName(sketch.watch), ...sketch }];
    this.touched = undefined;
    this.step({ zones, selected: zones.length - 1, sketch: undefined });
  }

  /** cancel drops the sketch, and its steps with it. */
  cancel(): void {
    while (this.sketch && this.past.length > 0) this.state = this.past.pop()!;
    if (this.sketch) this.state = { ...this.state, sketch: undefined }; // more steps than are kept
    this.lastKind = "";
    this.changed();
  }

  /** select changes nothing that could be undone. */
  select(index: number | undefined): void {
    if (this.sketch || index === this.selected) return;
    this.state = { ...this.state, selected: index };
    this.touched = undefined;
    this.lastKind = "";
    this.changed();
  }

  touch(corner: number | undefined): void {
    if (this.touched === corner) return;
    this.touched = corner;
    this.changed();
  }

  /** move puts a corner of the selected zone, or of the sketch, elsewhere. Moves of one kind in a row are one step. */
  move(index: number, to: Point, kind: string): void {
    this.reshape((points) => points.map((p, i) => (i === index ? to : p)), kind);
  }

  /** insert puts a corner between the one of that index and the next; false where there are as many as there may be. */
  insert(index: number, at?: Point, kind = ""): boolean {
    const points = this.zone?.points;
    if (!points || points.length >= maxPoints) return false;
    const place = at ?? middle(points[index]!, points[(index + 1) % points.length]!);
    this.touched = index + 1;
    this.reshape((all) => [...all.slice(0, index + 1), place, ...all.slice(index + 1)], kind);
    return true;
  }

  /** removePoint takes a corner out, or the zone with it, where it had no more than it needs. */
  removePoint(index: number): void {
    const points = this.sketch?.points ?? this.zone?.points ?? [];
    this.touched = undefined;
    if (!this.sketch && points.length <= minPoints) return this.removeZone();
    this.reshape((all) => all.filter((_, i) => i !== index));
  }

  removeZone(index = this.selected): void {
    if (index === undefined || this.sketch) return;
    this.step({ ...this.state, zones: this.zones.filter((_, i) => i !== index), selected: undefined });
  }

  removeAll(): void {
    if (this.zones.length > 0) this.step({ ...this.state, zones: [], selected: undefined, sketch: undefined });
  }

  rename(index: number, name: string): void {
    this.edit(index, (z) => ({ ...z, name }), `name ${index}`);
  }

  setWatch(index: number, watch: boolean): void {
    this.edit(index, (z) => ({ ...z, watch }));
  }

  undo(): void {
    const before = this.past.pop();
    if (!before) return;
    this.touched = undefined;
    this.state = before;
    this.lastKind = "";
    this.changed();
  }

  /** problem says why the zones cannot be saved as they are. */
  get problem(): string | undefined {
    if (this.sketch) return "An area is not closed yet: press Done, or cancel it.";
    const names = this.zones.map((z) => z.name.trim());
    if (names.includes("")) return "An area has no name.";
    const twice = names.find((name, i) => names.indexOf(name) !== i);
    return twice === undefined ? undefined : `Two areas are called “${twice}”.`;
  }

  private freshName(watch: boolean): string {
    const taken = new Set(this.zones.map((z) => z.name));
    for (let n = 1; ; n++) {
      const name = `${watch ? "Area" : "Ignored"} ${n}`;
      if (!taken.has(name)) return name;
    }
  }

  private edit(index: number, change: (z: Zone) => Zone, kind = ""): void {
    this.step({ ...this.state, zones: this.zones.map((z, i) => (i === index ? change(z) : z)) }, kind);
  }

  private reshape(change: (points: readonly Point[]) => readonly Point[], kind = ""): void {
    const { sketch, selected } = this;
    if (sketch) this.step({ ...this.state, sketch: { ...sketch, points: change(sketch.points) } }, kind);
    else if (selected !== undefined) this.edit(selected, (z) => ({ ...z, points: change(z.points) }), kind);
  }

  private step(next: State, kind = ""): void {
    if (kind === "" || kind !== this.lastKind) this.past.push(this.state);
    if (this.past.length > maxSteps) this.past.shift();
    this.lastKind = kind;
    this.state = next;
    this.changed();
  }
}

function same(a: Point | undefined, b: Point): boolean {
  return a !== undefined && a[0] === b[0] && a[1] === b[1];
}
