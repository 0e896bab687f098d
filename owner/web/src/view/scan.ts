// Reading a QR code with this device's camera: by the browser itself where it can, else here. The pictures are looked at
// in this page and kept nowhere.

import decodeQR from "qr/decode.js";
import { el, setText } from "./dom.ts";
import { sheet } from "./sheet.ts";

/** Reader returns the text of a code in the picture that a video shows now, or null. */
type Reader = (video: HTMLVideoElement) => Promise<string | null>;

/** The Shape Detection API of Chromium browsers on some systems, as far as it is used here. */
type DetectorClass = new (options: { formats: string[] }) => { detect(source: HTMLVideoElement): Promise<{ rawValue: string }[]> };

const betweenMs = 150;
const longestSide = 800; // pixels that are searched: a card's code has at most 90 modules

export function canScan(): boolean {
  return navigator.mediaDevices?.getUserMedia !== undefined;
}

/** scan shows what the camera sees until a code is read, and returns its text; null when the sheet is closed before. */
export async function scan(what: string): Promise<string | null> {
  const video = el("video", { class: "scan", playsinline: true });
  video.muted = true;
  const told = el("p", { class: "meta", role: "status" }, "Asking for the camera…");
  const dialog = sheet("scan", what, video, told);
  const closed = new Promise<null>((resolve) => dialog.addEventListener("close", () => resolve(null), { once: true }));
  dialog.showModal();
  let stream: MediaStream | undefined;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" }, audio: false });
    video.srcObject = stream;
    await video.play();
    setText(told, "Hold the code in front of this camera.");
    return await Promise.race([closed, read(video, () => dialog.open)]);
  } catch (err) {
    setText(told, `This device's camera cannot be used: ${(err as Error).message}`);
    return await closed;
  } finally {
    for (const track of stream?.getTracks() ?? []) track.stop();
    dialog.close();
    dialog.remove();
  }
}

async function read(video: HTMLVideoElement, wanted: () => boolean): Promise<string | null> {
  const Detector = (globalThis as { BarcodeDetector?: DetectorClass }).BarcodeDetector;
  const reader = Detector ? readerOf(Detector) : ownReader();
  while (wanted()) {
    const text = await reader(video);
    if (text) return text;
    await new Promise((next) => setTimeout(next, betweenMs));
  }
  return null;
}

function readerOf(Detector: DetectorClass): Reader {
  const detector = new Detector({ formats: ["qr_code"] });
  return async (video) => (await detector.detect(video).catch(() => []))[0]?.rawValue ?? null;
}

function ownReader(): Reader {
  const canvas = el("canvas");
  const g = canvas.getContext("2d", { willReadFrequently: true })!;
  return async (video) => {
    const scale = Math.min(1, longestSide / Math.max(video.videoWidth, video.videoHeight, 1));
    canvas.width = Math.round(video.videoWidth * scale);
    canvas.height = Math.round(video.videoHeight * scale);
    if (canvas.width === 0 || canvas.height === 0) return null; // no picture yet
    g.drawImage(video, 0, 0, canvas.width, canvas.height);
    try {
      return decodeQR(g.getImageData(0, 0, canvas.width, canvas.height));
    } catch {
      return null; // no code in it
    }
  };
}
