// One picture of now: the live view, opened until the first one has come.

import { connect } from "../live.ts";
import { everyFrame, el } from "./dom.ts";
import type { LiveSource, Watched } from "./livepanel.ts";
import { noConnection, noPicture, patienceMs } from "./livewords.ts";

/** takePicture throws what livewords.explain can tell. It leaves no connection behind. */
export async function takePicture(source: LiveSource, camera: Watched, lens: number, signal: AbortSignal): Promise<Blob> {
  const own = new AbortController();
  const abort = (): void => own.abort();
  signal.addEventListener("abort", abort);
  const { device, epoch, issuer } = camera.latest.record;
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    return await new Promise<Blob>((resolve, reject) => {
      own.signal.addEventListener("abort", () => reject(new Error("no picture was waited for")));
      timer = setTimeout(() => reject(new Error(noPicture)), patienceMs);
      const frame = (jpeg: Blob): void => void createImageBitmap(jpeg).then((bitmap) => (bitmap.close(), resolve(jpeg)), () => undefined); // else the next one
      connect(
        source.keys,
        source.gate,
        { device, epoch, issuer, number: lens },
        (request) => source.post(request, own.signal),
        {
          frame: ({ jpeg }) => frame(new Blob([jpeg], { type: "image/jpeg" })),
          track: (stream) => void frameOf(stream, own.signal).then(resolve, reject),
          state: (state) => state === "failed" && reject(new Error(noConnection)),
        },
        own.signal,
      ).catch(reject);
    });
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
    own.abort();
  }
}

/** frameOf draws the first frame of a track. */
function frameOf(stream: MediaStream, signal: AbortSignal): Promise<Blob> {
  const video = el("video", { playsinline: true });
  video.muted = true;
  video.srcObject = stream;
  return new Promise((resolve, reject) => {
    everyFrame(video, () => {
      const canvas = el("canvas", { width: video.videoWidth, height: video.videoHeight });
      canvas.getContext("2d")!.drawImage(video, 0, 0);
      canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error(noPicture))), "image/jpeg", 0.9);
    }, signal);
    video.play().catch(reject);
  });
}
