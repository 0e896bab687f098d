// Zones without a page: geometry, drawing step by step, and boxes over time.

import assert from "node:assert/strict";
import { test } from "node:test";
import { boxesAt } from "../src/boxtrack.ts";
import type { Box } from "../src/facts.ts";
import { area, crosses, labelPlace, squareOf, within } from "../src/outline.ts";
import { maxPoints, maxZones, type Point, type Zone } from "../src/zone.ts";
import { ZoneEdit } from "../src/zoneedit.ts";

const square: Point[] = [[1000, 1000], [3000, 1000], [3000, 3000], [1000, 3000]];
const bow: Point[] = [[1000, 1000], [3000, 3000], [3000, 1000], [1000, 3000]];
const horseshoe: Point[] = [[0, 0], [9000, 0], [9000, 9000], [6000, 9000], [6000, 1000], [2000, 1000], [2000, 9000], [0, 9000]];
const zone = (name: string, points = square, watch = true): Zone => ({ name, watch, points });

test("outline: edges that cross are found, those that follow each other do not cross", () => {
  assert.equal(crosses(square), false);
  assert.equal(crosses(square.slice(0, 3)), false);
  assert.equal(crosses(horseshoe), false);
  assert.equal(crosses(bow), true);
  assert.equal(crosses([[0, 0], [4000, 0], [4000, 4000], [2000, 0], [0, 4000]]), true, "a corner on another edge");
});

test("outline: a place stays within the picture, an area is a share of it", () => {
  assert.deepEqual(within(-3, 10000.6), [0, 10000]);
  assert.deepEqual(within(12.4, 12.6), [12, 13]);
  assert.equal(area(square), 0.04);
  assert.equal(area([...square].reverse()), 0.04, "whichever way round");
});

test("outline: a name stands inside, where there is room", () => {
  assert.deepEqual(labelPlace(square)[0], 2000);
  const [x, y] = labelPlace(horseshoe);
  assert.ok(y < 1000 || x < 2000 || x > 6000, `${x}, ${y} lies in the gap`);
});

test("outline: a size is a square of its area, as far as the picture has room", () => {
  const wide = squareOf(0.01, 16 / 9);
  assert.ok(Math.abs(wide.w * wide.h - 0.01) < 1e-9);
  assert.ok(Math.abs(wide.w * (16 / 9) - wide.h) < 1e-9, "square in pixels");
  assert.deepEqual(squareOf(0.9, 16 / 9), { w: 0.9, h: 1 });
  assert.deepEqual(squareOf(0.9, 9 / 16), { w: 1, h: 0.9 });
  assert.deepEqual(squareOf(1, 4 / 3), { w: 1, h: 1 });
});

test("zone edit: corners one by one, closed into a zone that is selected and has a name", () => {
  let changes = 0;
  const edit = new ZoneEdit([zone("Area 1")], () => changes++);
  edit.begin(true);
  edit.add([0, 0]);
  edit.add([0, 0]);
  edit.add([5000, 0]);
  edit.close();
  assert.ok(edit.sketch, "two corners are no zone, and the same one twice is one");
  assert.match(edit.problem!, /not closed/);
  edit.begin(false);
  assert.equal(edit.sketch.points.length, 2, "one sketch at a time");
  edit.add([5000, 5000]);
  edit.close();
  assert.equal(edit.sketch, undefined);
  assert.deepEqual(edit.zone, { name: "Area 2", watch: true, points: [[0, 0], [5000, 0], [5000, 5000]] });
  assert.equal(edit.problem, undefined);
  assert.equal(changes, 5);
});

test("zone edit: every step can be undone, and a drag is one step", () => {
  const start = [zone("Gate")];
  const edit = new ZoneEdit(start);
  assert.equal(edit.canUndo, false);
  edit.select(0);
  assert.equal(edit.canUndo, false, "to select is no step");
  for (let x = 1100; x <= 2000; x += 100) edit.move(0, [x, 1000], "drag 1");
  edit.move(0, [2100, 1000], "drag 2");
  edit.rename(0, "Gat");
  edit.rename(0, "Garden");
  edit.setWatch(0, false);
  edit.removePoint(3);
  assert.equal(edit.zone!.points.length, 3);
  edit.removePoint(0);
  assert.equal(edit.zones.length, 0, "a zone of three corners goes with one of them");
  const seen: string[] = [];
  while (edit.canUndo) {
    edit.undo();
    const z = edit.zones[0]!;
    seen.push(`${z.name} ${z.watch} ${z.points.length} ${z.points[0]![0]}`);
  }
  assert.deepEqual(seen, ["Garden false 3 2100", "Garden false 4 2100", "Garden true 4 2100", "Gate true 4 2100", "Gate true 4 2000", "Gate true 4 1000"]);
  assert.deepEqual(edit.zones, start);
});

test("zone edit: a sketch is dropped whole, and what was before it stays undoable", () => {
  const edit = new ZoneEdit([zone("Gate")]);
  edit.setWatch(0, false);
  edit.begin(true);
  edit.add([1, 1]);
  edit.move(0, [2, 2], "drag");
  edit.undo();
  assert.deepEqual(edit.sketch!.points, [[1, 1]]);
  edit.removePoint(0);
  edit.add([3, 3]);
  edit.cancel();
  assert.equal(edit.sketch, undefined);
  edit.undo();
  assert.equal(edit.zones[0]!.watch, true);
  assert.equal(edit.canUndo, false);
});

test("zone edit: a corner is put between two, up to as many as there may be", () => {
  const edit = new ZoneEdit([zone("Gate")]);
  edit.select(0);
  assert.ok(edit.insert(3));
  assert.deepEqual(edit.zone!.points.at(-1), [1000, 2000], "behind the last one comes the first");
  while (edit.zone!.points.length < maxPoints) assert.ok(edit.insert(0));
  assert.equal(edit.insert(0), false);
  edit.begin(true);
  for (let i = 0; i < maxPoints; i++) edit.add([i, i * i]);
  assert.equal(edit.sketch, undefined, "the last corner closes it");
});

test("zone edit: no more zones than there may be, and none without a name of its own", () => {
  const edit = new ZoneEdit(Array.from({ length: maxZones }, (_, i) => zone(`Z${i}`)));
  edit.begin(true);
  assert.equal(edit.sketch, undefined);
  edit.rename(3, "Z2 ");
  assert.match(edit.problem!, /Two areas are called “Z2”/);
  edit.rename(3, " ");
  assert.match(edit.problem!, /no name/);
  edit.removeZone(3);
  assert.equal(edit.problem, undefined);
  edit.removeAll();
  assert.deepEqual(edit.zones, []);
});

const box = (atMs: number, x: number, y = 0, size = 1000): Box => ({ atMs, x, y, w: size, h: size });

test("boxes: what was measured twice glides from the one place to the other", () => {
  const all = [box(0, 0), box(500, 1000), box(1000, 1000)];
  assert.deepEqual(boxesAt(all, -1), []);
  assert.deepEqual(boxesAt(all, 0), [box(0, 0)]);
  assert.deepEqual(boxesAt(all, 250), [box(250, 500)]);
  assert.deepEqual(boxesAt(all, 500), [box(500, 1000)]);
  assert.deepEqual(boxesAt(all, 1900), [box(1000, 1000)], "the last one stays for a moment");
  assert.deepEqual(boxesAt(all, 2100), []);
});

test("boxes: two keep apart, and what has no partner does not fly through the picture", () => {
  const all = [box(0, 0), box(0, 5000), box(500, 5100), box(500, 200), box(500, 0, 9000)];
  assert.deepEqual(boxesAt(all, 100).map((b) => [Math.round(b.x), b.y]), [[40, 0], [5020, 0]]);
  assert.deepEqual(boxesAt(all, 400).map((b) => [Math.round(b.x), b.y]), [[160, 0], [5080, 0], [0, 9000]]);
});

test("boxes: a long pause is not bridged", () => {
  const all = [box(0, 0), box(4000, 500)];
  assert.deepEqual(boxesAt(all, 900), [box(0, 0)]);
  assert.deepEqual(boxesAt(all, 2000), []);
});
