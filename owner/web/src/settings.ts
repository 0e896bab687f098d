// Settings: names, and what a camera does and does not do. They travel in the policy, sealed to the camera and to the
// owner: the cloud reads neither what a camera is called nor who the viewers are.

import { Decrypter } from "age-encryption";
import { type Bytes, fromHex, hex } from "./bytes.ts";
import * as cbor from "./cbor.ts";
import { fromX25519, seal } from "./recipient.ts";
import { encodeZones, parseZones, wholePicture, type Zone } from "./zone.ts";

/** CameraSettings: what is left out is as the camera's own configuration has it. */
export interface CameraSettings {
  readonly name?: string;
  readonly records?: boolean; // false pauses it
  readonly clips?: boolean; // false leaves thumbnails only
  readonly live?: boolean; // false lets nobody watch
  readonly sensitivity?: number; // of the motion detector, 1 to 10
  readonly zones?: readonly Zone[]; // not empty
  readonly minSize?: number; // of what counts as motion, of 10000 of the picture's area
  readonly maxSize?: number; // not 0, not less than minSize
}

export interface Settings {
  readonly name?: string; // of the device
  readonly cameras: ReadonlyMap<number, CameraSettings>; // by number, 0 to 7
  readonly viewers: ReadonlyMap<string, string>; // name by key id in hex
}

export const noSettings: Settings = { cameras: new Map(), viewers: new Map() };
const maxPlain = 16384;
const maxSealed = 16384;
const maxCameras = 8;
const maxViewers = 16;
const maxSensitivity = 10;

const tooLarge = "settings: too large: fewer zones, fewer corners or shorter names fit";

/** sealSettings encrypts to the settings key of the camera and to the owner's picture key; null if there is nothing to say. */
export async function sealSettings(s: Settings, camera: Bytes, owner: string): Promise<Bytes | null> {
  const body = encodeSettings(s);
  if (body.size === 1) return null;
  const plain = cbor.encode(body);
  if (plain.length > maxPlain) throw new Error(tooLarge);
  parseSettings(plain);
  const sealed = await seal([fromX25519(camera), owner], plain);
  if (sealed.length > maxSealed) throw new Error(tooLarge);
  return sealed;
}

export async function openSettings(sealed: Bytes, key: CryptoKey): Promise<Settings> {
  const decrypter = new Decrypter();
  decrypter.addIdentity(key);
  let plain: Uint8Array;
  try {
    plain = await decrypter.decrypt(sealed);
  } catch {
    throw new Error("settings: not sealed to your picture key");
  }
  return parseSettings(plain);
}

function encodeSettings(s: Settings): Map<cbor.Value, cbor.Value> {
  const body = new Map<cbor.Value, cbor.Value>([[0, 1]]);
  if (s.name) body.set(1, s.name);
  const cameras = new Map<cbor.Value, cbor.Value>();
  for (const [number, c] of s.cameras) {
    const camera = new Map<cbor.Value, cbor.Value>();
    if (c.name) camera.set(1, c.name);
    if (c.records !== undefined) camera.set(2, c.records);
    if (c.clips !== undefined) camera.set(3, c.clips);
    if (c.live !== undefined) camera.set(4, c.live);
    if (c.sensitivity !== undefined) camera.set(5, c.sensitivity);
    if (c.zones && c.zones.length > 0) camera.set(6, encodeZones(c.zones));
    if (c.minSize !== undefined) camera.set(7, c.minSize);
    if (c.maxSize !== undefined) camera.set(8, c.maxSize);
    if (camera.size > 0) cameras.set(number, camera);
  }
  if (cameras.size > 0) body.set(2, cameras);
  if (s.viewers.size > 0) body.set(3, new Map([...s.viewers].map(([id, name]) => [fromHex(id), name])));
  return body;
}

export function parseSettings(plain: Uint8Array): Settings {
  const f = cbor.fields(cbor.decode(plain, maxPlain), "settings", [0], [1, 2, 3]);
  if (f.get(0) !== 1) throw new Error("settings: their format is not spoken here");
  const cameras = new Map<number, CameraSettings>();
  for (const [number, c] of f.has(2) ? cbor.entries(f.get(2), "cameras", 1, maxCameras) : []) {
    cameras.set(cbor.small(number, "camera number", maxCameras - 1), camera(c));
  }
  const viewers = new Map<string, string>();
  for (const [id, name] of f.has(3) ? cbor.entries(f.get(3), "viewers", 1, maxViewers) : []) {
    viewers.set(hex(cbor.bytes(id, "viewer", 32)), cbor.someWords(name, "viewer's name"));
  }
  return { ...(f.has(1) && { name: cbor.someWords(f.get(1), "name") }), cameras, viewers };
}

function camera(value: cbor.Value): CameraSettings {
  const f = cbor.fields(value, "camera settings", [], [1, 2, 3, 4, 5, 6, 7, 8]);
  if (f.size === 0) throw new Error("camera settings: empty");
  const sensitivity = f.has(5) ? cbor.small(f.get(5), "sensitivity", maxSensitivity) : undefined;
  const minSize = f.has(7) ? cbor.small(f.get(7), "least size", wholePicture) : undefined;
  const maxSize = f.has(8) ? cbor.small(f.get(8), "greatest size", wholePicture) : undefined;
  if (sensitivity === 0 || maxSize === 0) throw new Error("camera settings: sensitivity or greatest size is 0");
  if (minSize !== undefined && maxSize !== undefined && minSize > maxSize) throw new Error("camera settings: the least size is larger than the greatest");
  return {
    ...(f.has(1) && { name: cbor.someWords(f.get(1), "camera name") }),
    ...(f.has(2) && { records: cbor.bool(f.get(2), "records") }),
    ...(f.has(3) && { clips: cbor.bool(f.get(3), "clips") }),
    ...(f.has(4) && { live: cbor.bool(f.get(4), "live") }),
    ...(f.has(6) && { zones: parseZones(f.get(6)) }),
    ...(sensitivity !== undefined && { sensitivity }),
    ...(minSize !== undefined && { minSize }),
    ...(maxSize !== undefined && { maxSize }),
  };
}
