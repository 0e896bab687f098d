// The dialog of one event: its clip, its facts, and by what it was verified.

import { boxesAt } from "../boxtrack.ts";
import { Clip } from "../clip.ts";
import type { Loader } from "../loader.ts";
import { CloudError } from "../session.ts";
import { lockedWords } from "../sealing.ts";
import type { ClipPart, Moment } from "../story.ts";
import type { Zone } from "../zone.ts";
import { Boxes } from "./boxes.ts";
import { boxesOfPicture } from "./card.ts";
import { el, icon, icons, setText } from "./dom.ts";
import { date, playTime, timeOfDay } from "./format.ts";
import { MotionStrip } from "./motionstrip.ts";
import { overlayToggle } from "./overlays.ts";
import { PlayerFacts } from "./playerfacts.ts";
import { makeScreen, type Screen } from "./screen.ts";
import { closeBeside, head } from "./sheet.ts";
import { ZoneShapes } from "./zoneshapes.ts";

const patienceMs = 5000; // for the cloud's word that a part has arrived, before it is asked for all the same

export class Player {
  private readonly dialog: HTMLDialogElement;
  private readonly stage = el("div", { class: "stage" });
  private readonly overlay = new Boxes("meet");
  private readonly areas = new ZoneShapes("xMidYMid meet");
  private readonly strip = new MotionStrip();
  private readonly poster = el("img", { class: "poster", alt: "", onload: () => this.drawOver() });
  private readonly toggle = el(
    "button",
    { class: "round", type: "button", "aria-label": "Play", onclick: () => this.playOrPause() },
    icon(icons.play),
  );
  private readonly slider = el("input", {
    type: "range",
    min: 0,
    max: 0,
    step: 1,
    value: 0,
    "aria-label": "Place in the clip",
    disabled: true,
    oninput: () => this.seekTo(Number(this.slider.value)),
  });
  private readonly clock = el("span", { class: "play-clock" });
  private readonly told = el("p", { class: "stage-told", role: "status" });
  private readonly showAreas = overlayToggle("zones");
  private readonly facts: PlayerFacts;
  private readonly clip = new Clip();
  private screen: Screen | undefined;
  private loading = false;
  private again = false;
  private closed = false;
  private posterUrl = "";
  private retry: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly moment: Moment,
    cameraName: string,
    own: boolean, // not of a camera that somebody else lets this owner view
    private readonly loader: Loader,
    private readonly zones: () => readonly Zone[], // of the camera as it is set now
    private readonly onClose: () => void,
  ) {
    this.facts = new PlayerFacts(moment, this.clip, own);
    this.stage.append(this.poster, this.areas.element, this.overlay.element, this.told);
    const controls = el("div", { class: "controls" }, this.toggle, el("div", { class: "track" }, this.slider, this.strip.element), this.clock);
    const title = `${timeOfDay(moment.startMs)}, ${date(moment.startMs)}`;
    this.dialog = el(
      "dialog",
      {
        class: "player",
        "aria-labelledby": "player-title",
        onclose: () => this.close(),
        onkeydown: (e) => this.key(e as KeyboardEvent),
      },
      el(
        "div",
        { class: "player-inner" },
        head("player", title, cameraName, () => this.dialog.close()),
        el(
          "div",
          { class: "player-body" },
          el("div", { class: "watch" }, this.stage, controls, el("p", { class: "over" }, overlayToggle("boxes"), this.showAreas)),
          this.facts.element,
        ),
      ),
    );
    closeBeside(this.dialog);
  }

  open(): void {
    document.body.append(this.dialog);
    this.dialog.showModal();
    this.toggle.focus();
    this.update();
  }

  /** update shows what has become known, and fetches the parts that are new. */
  update(): void {
    if (this.closed) return;
    this.drawPoster();
    this.drawAreas();
    this.facts.update();
    this.strip.draw(this.moment.facts, this.clip.fromMs, this.clip.toMs);
    void this.load();
  }

  /** shut closes the dialog. */
  shut(): void {
    this.dialog.close();
  }

  private close(): void {
    if (this.closed) return;
    this.closed = true;
    clearTimeout(this.retry);
    this.screen?.close();
    URL.revokeObjectURL(this.posterUrl);
    this.dialog.remove();
    this.onClose();
  }

  /** load fetches missing parts one after the other, so that the first can be seen at once. */
  private async load(): Promise<void> {
    if (this.loading) {
      this.again = true;
      return;
    }
    this.loading = true;
    try {
      for (const part of this.moment.clip) {
        const index = part.media.index!;
        if (this.clip.has(index) || part.refused || this.isLocked(part) || this.waits(part)) continue;
        this.tell(`Opening part ${index + 1n} of ${this.moment.clip.length}…`);
        part.askMs = Date.now() + patienceMs; // the next time, should it not be there
        const plain = await this.loader.open(part.entry, part.media);
        if (this.closed) return;
        if (typeof plain === "string") {
          part.locked = plain;
          continue;
        }
        if (plain === null) {
          part.arrived = false;
          continue;
        }
        part.arrived = true;
        try {
          this.grown(this.clip.add(plain));
        } catch (err) {
          part.refused = true;
          this.tell(err instanceof Error ? err.message : String(err));
        }
      }
      this.tell(this.clip.parts.length > 0 ? "" : this.nothing());
    } catch (err) {
      if (!(err instanceof CloudError)) throw err;
      this.tell(`${err.message}. What is here can be played.`);
    } finally {
      this.loading = false;
    }
    this.facts.update();
    if (this.again) {
      this.again = false;
      void this.load();
    } else this.askLater();
  }

  /** isLocked says whether a part is sealed to a post-quantum key: all are alike that one version of the policy rules. */
  private isLocked({ entry }: ClipPart): boolean {
    return this.moment.clip.some((p) => p.locked && p.entry.record.policy === entry.record.policy);
  }

  /** waits for the word that a part has arrived: to ask for what is not there yet is an error in the browser's log. */
  private waits(part: ClipPart): boolean {
    if (part.arrived !== false) return false;
    part.askMs ??= Date.now() + patienceMs;
    return Date.now() < part.askMs;
  }

  private askLater(): void {
    clearTimeout(this.retry);
    const times = this.moment.clip.filter((p) => p.arrived === false && !p.refused && !this.isLocked(p)).map((p) => p.askMs ?? 0);
    if (times.length === 0 || this.closed) return;
    this.retry = setTimeout(() => void this.load(), Math.max(0, Math.min(...times) - Date.now()) + 1);
  }

  private nothing(): string {
    const locked = this.moment.clip.find((p) => p.locked)?.locked ?? (this.moment.picture ? undefined : this.moment.locked?.by);
    if (locked) return lockedWords(locked);
    if (this.moment.state === "running") return "The first part of the clip is on its way";
    if (this.moment.clip.length === 0) return "This event has no clip";
    return "No part of the clip was uploaded yet";
  }

  private grown(placed: ReturnType<Clip["add"]>): void {
    const first = !this.screen;
    this.screen ??= makeScreen(this.clip, placed, () => this.tick());
    this.screen.added(placed);
    if (first) {
      const { width, height } = placed.part;
      this.sizeOver(width, height);
      this.stage.style.aspectRatio = `${width} / ${height}`;
      this.stage.prepend(this.screen.element);
      this.poster.hidden = true;
      this.slider.disabled = false;
    }
    this.slider.min = String(Math.floor(this.clip.fromMs));
    this.slider.max = String(Math.ceil(this.clip.toMs));
    this.strip.draw(this.moment.facts, this.clip.fromMs, this.clip.toMs);
    if (first && !matchMedia("(prefers-reduced-motion: reduce)").matches) this.screen.play();
    this.tick();
  }

  private tick(): void {
    if (!this.screen) return;
    const at = this.screen.atMs;
    this.slider.value = String(at);
    const place = `${playTime(at - this.clip.fromMs)} / ${playTime(this.clip.toMs - this.clip.fromMs)}`;
    setText(this.clock, place);
    this.slider.setAttribute("aria-valuetext", place);
    if (this.toggle.dataset["playing"] !== String(this.screen.playing)) {
      this.toggle.dataset["playing"] = String(this.screen.playing);
      this.toggle.setAttribute("aria-label", this.screen.playing ? "Pause" : "Play");
      this.toggle.replaceChildren(icon(this.screen.playing ? icons.pause : icons.play));
    }
    this.overlay.draw(boxesAt(this.moment.facts?.boxes ?? [], at));
  }

  /** drawAreas offers the areas where there are some. */
  private drawAreas(): void {
    const zones = this.zones();
    this.showAreas.hidden = zones.length === 0;
    this.areas.draw(zones);
  }

  /** drawOver is for the picture that is shown where there is no clip yet. */
  private drawOver(): void {
    if (this.screen) return;
    this.sizeOver(this.poster.naturalWidth, this.poster.naturalHeight);
    this.overlay.draw(boxesOfPicture(this.moment));
  }

  private sizeOver(width: number, height: number): void {
    this.overlay.size(width, height);
    this.areas.size(width / height);
  }

  private playOrPause(): void {
    if (this.screen?.playing) this.screen.pause();
    else this.screen?.play();
  }

  private seekTo(ms: number): void {
    this.screen?.seek(ms);
  }

  private key(event: KeyboardEvent): void {
    const screen = this.screen;
    if (!screen || event.ctrlKey || event.altKey || event.metaKey) return;
    const onSlider = event.target === this.slider;
    const actions: Record<string, () => void> = {
      k: () => this.playOrPause(),
      ",": () => (screen.pause(), screen.seek(this.clip.step(screen.atMs, -1))),
      ".": () => (screen.pause(), screen.seek(this.clip.step(screen.atMs, 1))),
      ArrowLeft: () => screen.seek(screen.atMs - 1000),
      ArrowRight: () => screen.seek(screen.atMs + 1000),
      Home: () => screen.seek(this.clip.fromMs),
      End: () => screen.seek(this.clip.toMs),
      ...(event.target instanceof HTMLButtonElement || event.target instanceof HTMLAnchorElement ? {} : { " ": () => this.playOrPause() }),
      ...(onSlider ? {} : { ArrowUp: () => undefined, ArrowDown: () => undefined }),
    };
    const action = actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  }

  private drawPoster(): void {
    const { picture } = this.moment;
    if (!picture || this.screen || this.poster.dataset["of"] === this.moment.pictureOf?.record.hash) return;
    URL.revokeObjectURL(this.posterUrl);
    this.posterUrl = URL.createObjectURL(new Blob([picture.bytes], { type: picture.mime }));
    this.poster.src = this.posterUrl;
    this.poster.dataset["of"] = this.moment.pictureOf!.record.hash;
  }

  private tell(text: string): void {
    setText(this.told, text);
    this.told.hidden = text === "";
  }
}
