// The picture under the zones: the newest one there is, or one of now.

import { newestPictures, type Snapshot } from "../snapshot.ts";
import type { Loader } from "../loader.ts";
import type { Camera, Story } from "../story.ts";
import { el, icon, icons, setText } from "./dom.ts";
import { dateAndTime } from "./format.ts";
import type { LiveSource } from "./livepanel.ts";
import { takePicture } from "./liveshot.ts";
import { explain } from "./livewords.ts";

/** Sights is where pictures of cameras come from. */
export interface Sights {
  readonly story: Pick<Story, "moments">;
  readonly loader: Pick<Loader, "open">;
  readonly live: LiveSource;
}

export class Sight {
  readonly element: HTMLElement;
  private readonly told = el("span", { class: "meta", role: "status", "data-testid": "sight-told" });
  private readonly button = el("button", { class: "quiet", type: "button", "data-testid": "sight-live", onclick: () => void this.takeNew() }, icon(icons.shot), "Take a new picture");
  private readonly open = new AbortController();
  private shown = false;
  private showing: Promise<void> = Promise.resolve(); // one picture after the other

  constructor(
    private readonly camera: Camera,
    private readonly lens: number,
    private readonly from: Sights,
    private readonly draw: (picture: Blob) => Promise<void>, // throws where it cannot be decoded
  ) {
    this.element = el("div", { class: "sight" }, this.told, this.button);
  }

  /** start shows the newest picture, and takes one where there is none. */
  async start(): Promise<void> {
    setText(this.told, "Looking for a picture…");
    const { story, loader } = this.from;
    await newestPictures(story.moments.values(), this.camera, this.lens, loader, (s) => void this.show(s));
    await this.showing;
    if (!this.shown && !this.open.signal.aborted) await this.takeNew();
  }

  stop(): void {
    this.open.abort();
  }

  private show({ picture, atMs }: Snapshot): Promise<void> {
    this.showing = this.showing.then(async () => {
      if (this.open.signal.aborted) return;
      await this.draw(picture).then(
        () => ((this.shown = true), setText(this.told, `As it looked on ${dateAndTime(atMs)}.`)),
        () => this.shown || setText(this.told, "No picture that this browser can show."),
      );
    });
    return this.showing;
  }

  private async takeNew(): Promise<void> {
    if (this.button.disabled) return;
    this.button.disabled = true;
    setText(this.told, "Asking the camera…");
    try {
      await this.show({ picture: await takePicture(this.from.live, this.camera, this.lens, this.open.signal), atMs: Date.now() });
    } catch (err) {
      setText(this.told, this.shown ? explain(err) : `${explain(err)} Areas can be drawn all the same.`);
    } finally {
      this.button.disabled = false;
    }
  }
}
