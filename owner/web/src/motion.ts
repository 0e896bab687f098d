// What an owner says of a camera's motion detector, among its other settings.

import type { CameraSettings } from "./settings.ts";

/** MotionSettings: what is left out is as the camera's own configuration has it. */
export type MotionSettings = Pick<CameraSettings, "sensitivity" | "zones" | "minSize" | "maxSize">;

const keys = ["sensitivity", "zones", "minSize", "maxSize"] as const;

export function motionOf(settings: CameraSettings | undefined): MotionSettings {
  const motion: Record<string, unknown> = {};
  for (const key of keys) if (settings?.[key] !== undefined) motion[key] = settings[key];
  return motion;
}

export function sameMotion(a: MotionSettings, b: MotionSettings): boolean {
  return keys.every((key) => sameIn(key, a, b));
}

function sameIn(key: (typeof keys)[number], a: MotionSettings, b: MotionSettings): boolean {
  return JSON.stringify(a[key]) === JSON.stringify(b[key]);
}

/**
 * withMotion writes what was changed from `base` to `wanted` into the settings that there are now. It throws where another
 * browser has changed the same meanwhile: neither of the two is to be lost unseen.
 */
export function withMotion(now: CameraSettings | undefined, base: MotionSettings, wanted: MotionSettings): CameraSettings {
  const next: Record<string, unknown> = { ...now };
  for (const key of keys) {
    if (sameIn(key, base, wanted)) continue;
    if (!sameIn(key, now ?? {}, base) && !sameIn(key, now ?? {}, wanted)) {
      throw new Error("Another browser of yours has changed this meanwhile. Nothing was saved: discard your changes to see it.");
    }
    if (wanted[key] === undefined) delete next[key];
    else next[key] = wanted[key];
  }
  return next;
}
