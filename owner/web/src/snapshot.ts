// The newest picture of a camera that this page has or can open: a frame of a clip, which is as large as the camera sees,
// or else a thumbnail. Both are of verified records.

import type { Loader } from "./loader.ts";
import { parsePart } from "./mp4.ts";
import type { Camera, ClipPart, Moment } from "./story.ts";

/** Snapshot is a picture, and when it was taken, in milliseconds of the camera's wall time. */
export interface Snapshot {
  readonly picture: Blob;
  readonly atMs: number;
}

/** newestPictures shows the newest thumbnail of a lens at once, and then a frame of the clip it belongs to, if there is one. */
export async function newestPictures(moments: Iterable<Moment>, camera: Camera, lens: number, loader: Pick<Loader, "open">, show: (s: Snapshot) => void): Promise<void> {
  const mine = [...moments].filter((m) => m.camera === camera && m.picture && m.lens === lens);
  const newest = mine.sort((a, b) => b.startMs - a.startMs)[0];
  if (!newest) return;
  const { bytes, mime, media } = newest.picture!;
  show({ picture: new Blob([bytes], { type: mime }), atMs: newest.startMs + (media.span?.from ?? 0) });
  const first = newest.clip.find((p) => p.arrived !== false && !p.refused && !p.locked);
  const picture = first && (await frameOf(first, loader).catch(() => null)); // the thumbnail is there
  if (picture) show({ picture, atMs: newest.startMs + (first.media.span?.from ?? 0) });
}

/** frameOf returns the first frame of a piece of a clip, unless it is of a kind that needs a video element. */
async function frameOf({ entry, media }: ClipPart, loader: Pick<Loader, "open">): Promise<Blob | null> {
  const plain = await loader.open(entry, media);
  if (plain === null || typeof plain === "string") return null;
  const { codec, frames } = parsePart(plain.bytes);
  return codec === "mjpeg" && frames[0] ? new Blob([frames[0].bytes], { type: "image/jpeg" }) : null;
}
