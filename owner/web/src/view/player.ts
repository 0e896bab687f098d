// The dialog of one event: its clip, its facts, and by what it was verified.

import { hex } from "../bytes.ts";
import { Clip } from "../clip.ts";
import type { Loader } from "../loader.ts";
import { CloudError } from "../session.ts";
import { lockedWords } from "../sealing.ts";
import type { ClipPart, Moment } from "../story.ts";
import { Boxes } from "./boxes.ts";
import { partsOf, whyOf } from "./card.ts";
import { el, icon, icons, setText } from "./dom.ts";
import { count, date, isoTime, length, playTime, timeOfDay } from "./format.ts";
import { makeScreen, type Screen } from "./screen.ts";

const patienceMs = 5000; // for the cloud's word that a part has arrived, before it is asked for all the same

const qualityText = {
  unknown: "by a clock that nobody vouches for",
  rtc: "by the camera's own clock",
  synchronised: "by a synchronised clock",
};

export class Player {
  private readonly dialog: HTMLDialogElement;
  private readonly stage = el("div", { class: "stage" });
  private readonly overlay = new Boxes("meet");
  private readonly poster = el("img", { class: "poster", alt: "" });
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
  private readonly facts = el("dl", { class: "facts" });
  private readonly downloads = el("p", { class: "downloads" });
  private readonly proof = el("details", { class: "proof" });
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
    private readonly own: boolean, // not of a camera that somebody else lets this owner view
    private readonly loader: Loader,
    private readonly onClose: () => void,
  ) {
    this.stage.append(this.poster, this.overlay.element, this.told);
    const controls = el("div", { class: "controls" }, this.toggle, this.slider, this.clock);
    const close = el(
      "button",
      { class: "round quiet", type: "button", "aria-label": "Close", onclick: () => this.dialog.close() },
      icon(icons.close),
    );
    const title = `${timeOfDay(moment.startMs)}, ${date(moment.startMs)}`;
    this.dialog = el(
      "dialog",
      {
        class: "player",
        "aria-labelledby": "player-title",
        onclose: () => this.close(),
        onkeydown: (e) => this.key(e as KeyboardEvent),
        onclick: (e) => e.target === this.dialog && this.dialog.close(),
      },
      el(
        "div",
        { class: "player-inner" },
        el(
          "header",
          { class: "player-head" },
          el("div", {}, el("h2", { id: "player-title" }, title), el("p", { class: "meta" }, cameraName)),
          close,
        ),
        el(
          "div",
          { class: "player-body" },
          el("div", { class: "watch" }, this.stage, controls),
          el("div", { class: "about" }, this.facts, this.downloads, this.proof),
        ),
      ),
    );
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
    this.writeFacts();
    this.writeDownloads();
    this.writeProof();
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
    this.writeFacts();
    this.writeDownloads();
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
      this.overlay.size(width, height);
      this.stage.style.aspectRatio = `${width} / ${height}`;
      this.stage.prepend(this.screen.element);
      this.poster.hidden = true;
      this.slider.disabled = false;
    }
    this.slider.min = String(Math.floor(this.clip.fromMs));
    this.slider.max = String(Math.ceil(this.clip.toMs));
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
    this.drawBoxes(at);
  }

  /** drawBoxes shows the boxes that were measured last, unless that is long ago. */
  private drawBoxes(at: number): void {
    const boxes = this.moment.facts?.boxes ?? [];
    const newest = boxes.filter((b) => b.atMs <= at && b.atMs > at - 1000).reduce((t, b) => Math.max(t, b.atMs), -Infinity);
    this.overlay.draw(boxes.filter((b) => b.atMs === newest));
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

  private writeFacts(): void {
    const m = this.moment;
    const lines: [string, string][] = [
      ["Why", whyOf(m) || (m.locked ? "Sealed, like the picture" : "not told yet")],
      [
        "Length",
        `${length(m.durationMs(Date.now()))}${m.state === "running" ? ", going on" : m.state === "interrupted" ? ", interrupted: the camera started anew" : ""}`,
      ],
    ];
    if (m.facts?.score !== undefined) lines.push(["Score", m.facts.score.toFixed(3)]);
    const shown = this.clip.parts.length > 0 ? length(this.clip.toMs - this.clip.fromMs) : "";
    lines.push(["Clip", [shown, partsOf(m)].filter(Boolean).join(", ") || "on its way"]);
    lines.push(["Time", m.clockSet ? qualityText[m.newest.record.quality] : "of arrival: the camera's clock was not set"]);
    this.facts.replaceChildren(...lines.flatMap(([term, value]) => [el("dt", {}, term), el("dd", {}, value)]));
  }

  private writeDownloads(): void {
    const stamp = isoTime(this.moment.startMs).slice(0, 19).replaceAll(":", "-");
    const { picture } = this.moment;
    const parts = this.clip.parts.length;
    const key = `${this.moment.pictureOf?.record.hash}/${parts}/${this.moment.clip.length}`;
    if (this.downloads.dataset["of"] === key) return; // so that the focus stays where it is
    this.downloads.dataset["of"] = key;
    this.downloads.replaceChildren(
      ...(picture ? [this.download("Picture", `signet-${stamp}.jpg`, () => new Blob([picture.bytes], { type: picture.mime }))] : []),
      ...(parts > 0
        ? [
            this.download(
              parts < this.moment.clip.length ? "Clip so far" : "Clip",
              `signet-${stamp}.mp4`,
              () => new Blob([this.clip.file()], { type: "video/mp4" }),
            ),
          ]
        : []),
    );
  }

  private download(what: string, name: string, make: () => Blob): HTMLButtonElement {
    const save = (): void => {
      const url = URL.createObjectURL(make());
      el("a", { href: url, download: name }).click();
      setTimeout(() => URL.revokeObjectURL(url), 60_000);
    };
    return el(
      "button",
      { class: "quiet", type: "button", title: `Save ${name}: as decrypted here, no longer sealed`, onclick: save },
      icon(icons.down),
      what,
    );
  }

  private writeProof(): void {
    const { record, seq } = this.moment.newest;
    const records = [this.moment.started, ...this.moment.clip.map((p) => p.entry), ...this.moment.tampers, this.moment.ended];
    const lines: [string, string][] = [
      ["Camera", this.moment.camera.device],
      [this.own ? "Your key" : "Its owner's key", this.moment.camera.owner],
      ["Ownership", `${record.epoch}`],
      ["Position", `${record.position.boot}.${record.position.n}`],
      ["Policy", `${record.policy}`],
      ["Event", this.moment.id],
      ["Record", record.hash],
      ["Certificate", hex(record.certificate.x5t)],
      ["Firmware", hex(record.firmware)],
      ["In your stream", `number ${seq}`],
    ];
    const n = new Set(records.filter(Boolean)).size;
    if (this.proof.dataset["of"] === `${record.hash}/${n}`) return;
    this.proof.dataset["of"] = `${record.hash}/${n}`;
    this.proof.replaceChildren(
      el(
        "summary",
        {},
        icon(icons.seal),
        el(
          "span",
          {},
          "Verified: signed by camera ",
          el("code", {}, this.moment.camera.device.slice(0, 8)),
          this.own ? ", certified by your key " : ", certified by its owner's key ",
          el("code", {}, this.moment.camera.owner.slice(0, 8)),
        ),
      ),
      el(
        "p",
        {},
        `${count(n, "record")} of this event ${n === 1 ? "was" : "were"} verified here: signature, path to ${this.own ? "your" : "its owner's"} key, camera, ownership and hashes. Its newest:`,
      ),
      el("dl", { class: "facts ids" }, ...lines.flatMap(([term, value]) => [el("dt", {}, term), el("dd", {}, el("code", {}, value))])),
    );
  }

  private tell(text: string): void {
    setText(this.told, text);
    this.told.hidden = text === "";
  }
}
