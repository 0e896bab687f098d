// Zones: parts of a camera's picture that its motion detector watches or ignores.

import * as cbor from "./cbor.ts";

/** Point is of 10000 of the picture's width and height. */
export type Point = readonly [x: number, y: number];

/** Zone: where zones are watched, only what moves in one of them counts; what moves in one that is ignored never does. */
export interface Zone {
  readonly name: string; // once in a list
  readonly watch: boolean; // false: ignored
  readonly points: readonly Point[]; // corners in order, by the even-odd rule where its edges cross
}

export const wholePicture = 10000;
export const maxZones = 16;
export const minPoints = 3;
export const maxPoints = 32;

export function encodeZones(zones: readonly Zone[]): cbor.Value {
  return zones.map((z) => new Map<cbor.Value, cbor.Value>([[1, z.name], [2, z.watch], [3, z.points.map((p) => [...p])]]));
}

/** parseZones refuses what record.cddl does not describe. */
export function parseZones(value: cbor.Value | undefined): Zone[] {
  const zones = cbor.list(value, "zones", 1, maxZones).map(zone);
  if (new Set(zones.map((z) => z.name)).size !== zones.length) throw new Error("zones: a name stands twice");
  return zones;
}

function zone(value: cbor.Value): Zone {
  const f = cbor.fields(value, "zone", [1, 2, 3]);
  return {
    name: cbor.someWords(f.get(1), "zone's name"),
    watch: cbor.bool(f.get(2), "watch"),
    points: cbor.list(f.get(3), "zone's corners", minPoints, maxPoints).map(point),
  };
}

function point(value: cbor.Value): Point {
  const [x, y] = cbor.list(value, "corner", 2, 2);
  return [cbor.small(x, "corner", wholePicture), cbor.small(y, "corner", wholePicture)];
}
