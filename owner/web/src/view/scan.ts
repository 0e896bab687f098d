// Reading a QR code with this device's camera, in browsers that read codes themselves. The pictures are looked at here
// and kept nowhere.

import { el, setText } from "./dom.ts";
import { sheet } from "./sheet.ts";

/** The Shape Detection API of Chromium browsers, as far as it is used here. */
interface Detector {
  detect(source: HTMLVideoElement): Promise<{ rawValue: string }[]>;
}
type DetectorClass = new (options: { formats: string[] }) => Detector;

const detectorClass = (): DetectorClass | undefined => (globalThis as { BarcodeDetector?: DetectorClass }).BarcodeDetector;
const betweenMs = 150;

export function canScan(): boolean {
  return detectorClass() !== undefined && navigator.mediaDevices?.getUserMedia !== undefined;
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
  const detector = new (detectorClass()!)({ formats: ["qr_code"] });
  while (wanted()) {
    const codes = await detector.detect(video).catch(() => []);
    if (codes[0]) return codes[0].rawValue;
    await new Promise((next) => setTimeout(next, betweenMs));
  }
  return null;
}
