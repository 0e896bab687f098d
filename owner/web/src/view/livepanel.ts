// One click shows the camera now.

import type { Bytes } from "../bytes.ts";
import type { LiveFrame } from "../chunks.ts";
import { connect } from "../live.ts";
import type { Lens, Lenses } from "../lenses.ts";
import type { OwnerKeys } from "../owner.ts";
import type { Gate, VerifiedRecord } from "../verify.ts";
import { el, everyFrame, icon, icons, setText } from "./dom.ts";
import { explain, noConnection, noPicture, patienceMs } from "./livewords.ts";

/** LiveSource is what a live view needs of the page. */
export interface LiveSource {
  readonly keys: OwnerKeys;
  readonly gate: Gate;
  post(request: Bytes, signal: AbortSignal): Promise<Bytes>;
}

/** Watched is what a live view asks for: a camera, or one of which there are no records. */
export interface Watched {
  readonly name: string;
  readonly lenses: Lenses;
  readonly latest: { readonly record: Pick<VerifiedRecord, "device" | "epoch" | "issuer"> };
}

export class LivePanel {
  readonly button: HTMLButtonElement;
  readonly screen: HTMLElement;
  private readonly label = el("span", {}, "Live");
  private readonly canvas = el("canvas", { "data-testid": "live-canvas", "data-frames": 0, role: "img", hidden: true });
  private readonly video = el("video", { "data-testid": "live-video", "data-frames": 0, hidden: true, playsinline: true, autoplay: true });
  private readonly told = el("p", { class: "live-told", role: "status" });
  private running: AbortController | undefined;
  private frames = 0;
  private second = { at: 0, frames: 0 };
  private waiting: LiveFrame | undefined; // the newest that is not drawn yet
  private drawing = false;

  constructor(
    private readonly camera: Watched,
    private readonly lens: () => Lens, // that is to be seen
    private readonly source: LiveSource,
    private readonly knownH264: () => void, // the lens's video is known to be H.264
  ) {
    this.video.muted = true; // as an attribute it would come too late
    this.button = el(
      "button",
      { class: "live-button", type: "button", "data-testid": "live-button", "aria-pressed": "false", onclick: () => this.toggle() },
      icon(icons.live),
      this.label,
    );
    this.screen = el("div", { class: "live-screen", hidden: true }, this.canvas, this.video, this.told);
  }

  toggle(): void {
    if (this.running) this.stop();
    else void this.start();
  }

  /** turn shows the lens that is now to be seen, where one is shown. */
  turn(): void {
    if (!this.running) return this.stop();
    this.stop();
    void this.start();
  }

  stop(): void {
    this.running?.abort();
    this.running = undefined;
    this.video.srcObject = null;
    this.show(false);
  }

  private async start(): Promise<void> {
    const running = new AbortController();
    this.running = running;
    this.frames = 0;
    this.canvas.hidden = this.video.hidden = true;
    this.show(true);
    this.tell("Asking the camera…");
    const { device, epoch, issuer } = this.camera.latest.record;
    const patience = setTimeout(() => {
      if (this.frames === 0) this.fail(running, noPicture);
    }, patienceMs);
    running.signal.addEventListener("abort", () => clearTimeout(patience));
    try {
      await connect(
        this.source.keys,
        this.source.gate,
        { device, epoch, issuer, number: this.lens().number },
        (request) => this.source.post(request, running.signal),
        {
          frame: (frame) => this.draw(frame),
          track: (stream) => this.play(stream, running),
          state: (state) => {
            if (state === "failed") this.fail(running, noConnection);
            if (state === "disconnected") this.tell("The camera is silent…");
          },
        },
        running.signal,
      );
      if (this.frames === 0) this.tell("Waiting for the first picture…");
    } catch (err) {
      if (!running.signal.aborted) this.fail(running, explain(err));
    }
  }

  private draw(frame: LiveFrame): void {
    this.waiting = frame;
    if (!this.drawing) void this.drawNewest();
  }

  /** drawNewest decodes one frame at a time; what arrives meanwhile is replaced by what is newer. */
  private async drawNewest(): Promise<void> {
    this.drawing = true;
    while (this.waiting && this.running) {
      const frame = this.waiting;
      this.waiting = undefined;
      try {
        const bitmap = await createImageBitmap(new Blob([frame.jpeg], { type: "image/jpeg" }));
        if (this.canvas.width !== bitmap.width || this.canvas.height !== bitmap.height) {
          this.canvas.width = bitmap.width;
          this.canvas.height = bitmap.height;
          this.screen.style.aspectRatio = `${bitmap.width} / ${bitmap.height}`;
        }
        this.canvas.getContext("2d")!.drawImage(bitmap, 0, 0);
        bitmap.close();
        this.canvas.hidden = false;
        this.counted(this.canvas);
      } catch {
        // A frame that does not decode is dropped; the next one comes.
      }
    }
    this.drawing = false;
  }

  private play(stream: MediaStream, running: AbortController): void {
    this.video.srcObject = stream;
    void this.video.play().catch(() => undefined); // muted, so that nothing forbids it; else the first click plays
    const shown = (): void => {
      this.video.hidden = false;
      const lens = this.lens();
      if (lens.video !== "H.264") {
        lens.video = "H.264"; // the one codec of live tracks
        this.knownH264();
      }
      this.screen.style.aspectRatio = `${this.video.videoWidth} / ${this.video.videoHeight}`;
      this.counted(this.video);
    };
    everyFrame(this.video, shown, running.signal);
  }

  private counted(element: HTMLElement): void {
    this.frames++;
    element.dataset["frames"] = String(this.frames);
    const now = performance.now();
    if (this.frames === 1) {
      this.second = { at: now, frames: 1 };
      this.tell("Live");
    } else if (now - this.second.at >= 2000) {
      const rate = ((this.frames - this.second.frames) * 1000) / (now - this.second.at);
      this.second = { at: now, frames: this.frames };
      this.tell(`Live · ${rate < 10 ? rate.toFixed(1) : Math.round(rate)} pictures a second`);
    }
  }

  private fail(running: AbortController, why: string): void {
    if (this.running !== running) return;
    running.abort();
    this.running = undefined;
    this.canvas.hidden = this.video.hidden = true;
    this.show(true);
    this.tell(why);
    setText(this.label, "Try again");
    this.button.setAttribute("aria-pressed", "false");
    this.button.replaceChildren(icon(icons.live), this.label);
  }

  private show(on: boolean): void {
    this.screen.hidden = !on;
    setText(this.label, on ? "Stop" : "Live");
    this.button.setAttribute("aria-pressed", String(on));
    this.button.replaceChildren(icon(on ? icons.stop : icons.live), this.label);
    const { facts } = this.lens();
    this.canvas.setAttribute("aria-label", `${facts ? this.camera.lenses.nameOf(facts) : this.camera.name}, live`);
  }

  private tell(text: string): void {
    setText(this.told, text);
  }
}
