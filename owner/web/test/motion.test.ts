// What an owner says of the motion detector: sealed, read back, merged, and refused where record.cddl does not describe it.

import assert from "node:assert/strict";
import { before, test } from "node:test";
import { motionOf, sameMotion, withMotion } from "../src/motion.ts";
import { toX25519 } from "../src/recipient.ts";
import { type CameraSettings, openSettings, sealSettings } from "../src/settings.ts";
import type { Point, Zone } from "../src/zone.ts";
import { TestOwner } from "./kit.ts";

let owner: TestOwner;
const triangle: Point[] = [[0, 0], [10000, 0], [10000, 10000]];
const gate: Zone = { name: "Gate", watch: true, points: triangle };

before(async () => {
  owner = await TestOwner.make();
});

const seal = (camera: CameraSettings) => sealSettings({ cameras: new Map([[3, camera]]), viewers: new Map() }, toX25519(owner.recipient), owner.recipient);

test("motion: everything comes back as it was sealed", async () => {
  const camera: CameraSettings = { name: "Yard", clips: false, sensitivity: 1, zones: [gate, { name: "Äpfel", watch: false, points: triangle.slice().reverse() }], minSize: 0, maxSize: 10000 };
  assert.deepEqual((await openSettings((await seal(camera))!, owner.keys.picture)).cameras.get(3), camera);
});

test("motion: nothing is sealed that a camera would refuse", async () => {
  const many = (n: number): Zone[] => Array.from({ length: n }, (_, i) => ({ ...gate, name: `Z${i}` }));
  const wrong: [RegExp, CameraSettings][] = [
    [/sensitivity: 11/, { sensitivity: 11 }],
    [/0/, { sensitivity: 0 }],
    [/negative/, { sensitivity: -1 }],
    [/not an integer|float/i, { sensitivity: 2.5 }],
    [/least size is larger/, { minSize: 200, maxSize: 100 }],
    [/is 0/, { maxSize: 0 }],
    [/10001/, { minSize: 10001 }],
    [/17 items/, { zones: many(17) }],
    [/stands twice/, { zones: [gate, gate] }],
    [/empty/, { zones: [{ ...gate, name: "" }] }],
    [/control characters/, { zones: [{ ...gate, name: "a\nb" }] }],
    [/2 items/, { zones: [{ ...gate, points: triangle.slice(1) }] }],
    [/33 items/, { zones: [{ ...gate, points: Array.from({ length: 33 }, (_, i): Point => [i, i * i]) }] }],
    [/10001/, { zones: [{ ...gate, points: [...triangle, [0, 10001]] }] }],
    [/not an integer|float/i, { zones: [{ ...gate, points: [...triangle, [0.5, 1]] }] }],
    [/too large/, { zones: many(16).map((z, i) => ({ ...z, name: String(i).padStart(255, "x"), points: Array.from({ length: 32 }, (_, k): Point => [9000 + k, 9000 + k * i]) })), name: "x".repeat(250) }],
  ];
  for (const [why, camera] of wrong.slice(0, -1)) await assert.rejects(seal(camera), why, JSON.stringify(camera));
  const all = new Map(Array.from({ length: 8 }, (_, n): [number, CameraSettings] => [n, wrong.at(-1)![1]]));
  await assert.rejects(sealSettings({ cameras: all, viewers: new Map() }, toX25519(owner.recipient), owner.recipient), /too large: fewer zones/);
});

test("motion: only what was changed is written, and all else stays", () => {
  const now: CameraSettings = { name: "Hall", live: false, sensitivity: 4, zones: [gate] };
  const base = motionOf(now);
  assert.deepEqual(base, { sensitivity: 4, zones: [gate] });
  assert.deepEqual(withMotion(now, base, { ...base, minSize: 9 }), { ...now, minSize: 9 });
  assert.deepEqual(withMotion(now, base, {}), { name: "Hall", live: false });
  assert.deepEqual(withMotion(undefined, {}, { maxSize: 5 }), { maxSize: 5 });
  assert.deepEqual(withMotion({ ...now, maxSize: 77 }, base, { ...base, minSize: 9 }), { ...now, maxSize: 77, minSize: 9 }, "another browser's change stays");
});

test("motion: two who change the same are told, unless they agree", () => {
  const base = { sensitivity: 4 };
  assert.throws(() => withMotion({ sensitivity: 9 }, base, { sensitivity: 5 }), /Another browser/);
  assert.throws(() => withMotion({}, base, { sensitivity: 5 }), /Another browser/);
  assert.deepEqual(withMotion({ sensitivity: 5 }, base, { sensitivity: 5 }), { sensitivity: 5 });
  assert.ok(sameMotion({ zones: [gate] }, { zones: [{ ...gate, points: [...triangle] }] }));
  assert.ok(!sameMotion({ zones: [gate] }, { zones: [{ ...gate, watch: false }] }));
});
