// What shows a clip: a canvas for MJPEG, which no browser plays from MP4, and a video element for H.264.

import type { Clip, Placed } from "../clip.ts";
import type { Frame } from "../mp4.ts";
import { el, everyFrame } from "./dom.ts";

/** Screen plays a clip that may still grow; times are of the event, in milliseconds. */
export interface Screen {
  readonly element: HTMLElement;
  readonly playing: boolean;
  readonly atMs: number;
  added(placed: Placed): void;
  play(): void;
  pause(): void;
  seek(ms: number): void;
  close(): void;
}

export function makeScreen(clip: Clip, first: Placed, tick: () => void): Screen {
  return first.part.codec === "mjpeg" ? new CanvasScreen(clip, tick) : new VideoScreen(clip, first.part.codec, tick);
}

class CanvasScreen implements Screen {
  readonly element = el("canvas", { "data-testid": "clip-canvas", "data-frame": 0, role: "img", "aria-label": "Clip" });
  playing = false;
  private at: number;
  private startedAt = 0; // performance.now() at which `at` was 0 of this run
  private shown: Frame | undefined;
  private drawn = 0;
  private drawing = false;
  private closed = false;
  private animation = 0;

  constructor(
    private readonly clip: Clip,
    private readonly tick: () => void,
  ) {
    this.at = clip.fromMs;
    void this.draw();
  }

  get atMs(): number {
    return this.at;
  }

  added(): void {
    void this.draw();
  }

  play(): void {
    if (this.playing) return;
    if (this.at >= this.clip.toMs - 1) this.at = this.clip.fromMs;
    this.playing = true;
    this.startedAt = performance.now() - this.at;
    const step = (): void => {
      if (!this.playing || this.closed) return;
      this.at = Math.min(performance.now() - this.startedAt, this.clip.toMs);
      void this.draw();
      if (this.at >= this.clip.toMs) this.playing = false;
      else this.animation = requestAnimationFrame(step);
      this.tick();
    };
    this.animation = requestAnimationFrame(step);
    this.tick();
  }

  pause(): void {
    this.playing = false;
    cancelAnimationFrame(this.animation);
    this.tick();
  }

  seek(ms: number): void {
    this.at = Math.max(this.clip.fromMs, Math.min(ms, this.clip.toMs));
    this.startedAt = performance.now() - this.at;
    void this.draw();
    this.tick();
  }

  close(): void {
    this.closed = true;
    this.pause();
  }

  /** draw shows the frame of now; while one is being decoded, those between are skipped. */
  private async draw(): Promise<void> {
    if (this.drawing || this.closed) return;
    this.drawing = true;
    for (;;) {
      const frame = this.clip.frameAt(this.at)?.frame;
      if (!frame || frame === this.shown || this.closed) break;
      this.shown = frame;
      try {
        const bitmap = await createImageBitmap(new Blob([frame.bytes], { type: "image/jpeg" }));
        if (this.element.width !== bitmap.width || this.element.height !== bitmap.height) {
          this.element.width = bitmap.width;
          this.element.height = bitmap.height;
        }
        this.element.getContext("2d")!.drawImage(bitmap, 0, 0);
        bitmap.close();
        this.element.dataset["frame"] = String(++this.drawn);
      } catch {
        // A frame that does not decode is left out.
      }
    }
    this.drawing = false;
  }
}

class VideoScreen implements Screen {
  readonly element = el("video", { "data-testid": "clip-video", playsinline: true, "aria-label": "Clip" });
  private readonly source = new MediaSource();
  private buffer: SourceBuffer | undefined;
  private readonly queue: Placed[] = [];
  private readonly base: number; // event time of the video's zero
  private frames = 0;

  constructor(clip: Clip, codec: string, tick: () => void) {
    this.base = clip.fromMs;
    this.element.muted = true;
    const url = URL.createObjectURL(this.source);
    this.element.src = url;
    this.source.addEventListener("sourceopen", () => {
      URL.revokeObjectURL(url);
      this.buffer = this.source.addSourceBuffer(`video/mp4; codecs="${codec}"`);
      this.buffer.addEventListener("updateend", () => this.next());
      this.next();
    });
    for (const event of ["timeupdate", "play", "pause", "ended", "seeked"]) this.element.addEventListener(event, tick);
    everyFrame(this.element, () => {
      this.element.dataset["frame"] = String(++this.frames);
      tick(); // what lies over the picture goes with it
    });
  }

  get playing(): boolean {
    return !this.element.paused && !this.element.ended;
  }

  get atMs(): number {
    return this.base + this.element.currentTime * 1000;
  }

  added(placed: Placed): void {
    this.queue.push(placed);
    this.next();
  }

  play(): void {
    void this.element.play().catch(() => undefined); // interrupted by a pause or a seek
  }

  pause(): void {
    this.element.pause();
  }

  seek(ms: number): void {
    this.element.currentTime = Math.max(0, ms - this.base) / 1000;
  }

  close(): void {
    this.element.pause();
    this.element.removeAttribute("src");
    this.element.load();
  }

  /** next appends one part, at its place on the event's clock, whatever its own clock says. */
  private next(): void {
    if (!this.buffer || this.buffer.updating || this.source.readyState !== "open") return;
    const placed = this.queue.shift();
    if (!placed) return;
    this.buffer.timestampOffset = (placed.fromMs - this.base - placed.part.firstMs) / 1000;
    this.buffer.appendBuffer(placed.bytes);
  }
}
