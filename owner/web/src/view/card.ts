// One event in the list: thumbnail, when, how long, why, and how far it has come.

import type { Box, CameraFacts } from "../facts.ts";
import { lockedWords } from "../sealing.ts";
import type { Camera, Moment } from "../story.ts";
import { Boxes } from "./boxes.ts";
import { el, icon, icons, setText } from "./dom.ts";
import { count, isoTime, length, sentence, timeOfDay } from "./format.ts";

export interface CardHandlers {
  open(moment: Moment): void;
  nameOf(camera: Camera, facts?: CameraFacts): string | null; // null: there is only one
}

export class Card {
  readonly element: HTMLLIElement;
  private readonly button: HTMLButtonElement;
  private readonly image = el("img", { "data-testid": "thumb", alt: "", class: "thumb", decoding: "async", hidden: true });
  private readonly boxes = new Boxes("slice");
  private readonly locked = el("span", { class: "locked", "data-testid": "locked", hidden: true }, icon(icons.key), el("span"));
  private readonly length = el("span", { class: "length" });
  private readonly time = el("time", { class: "when" });
  private readonly state = el("span", { class: "chip" });
  private readonly why = el("span", { class: "why" });
  private readonly meta = el("span", { class: "meta" });
  private drawnHash: string | undefined;

  constructor(
    readonly moment: Moment,
    private readonly on: CardHandlers,
  ) {
    this.button = el(
      "button",
      { class: "open", type: "button", onclick: () => on.open(moment) },
      el("span", { class: "picture" }, this.image, this.locked, this.boxes.element, this.length),
      el("span", { class: "told" }, el("span", { class: "first-line" }, this.time, this.state), this.why, this.meta),
    );
    this.element = el("li", { class: "moment", "data-testid": "event", "data-event": moment.id }, this.button);
    this.update();
  }

  /** update writes what has changed; it is called with every record of the event and every second while it runs. */
  update(now = Date.now()): void {
    const m = this.moment;
    this.element.dataset["state"] = m.state;
    if (m.started) this.element.dataset["startedMs"] = String(m.started.record.wallMs);
    setText(this.time, timeOfDay(m.startMs));
    this.time.dateTime = isoTime(m.startMs);
    setText(this.length, length(m.durationMs(now)));
    setText(this.state, { running: "Now", ended: "", interrupted: "Interrupted" }[m.state]);
    this.state.hidden = m.state === "ended";
    setText(this.why, whyOf(m));
    setText(this.meta, this.metaOf(now));
    this.button.setAttribute("aria-label", this.label(now));
    this.boxes.draw(boxesOfPicture(m));
    this.locked.hidden = !m.locked || m.picture !== undefined;
    if (m.locked) setText(this.locked.lastElementChild as HTMLElement, lockedWords(m.locked.by));
    if (m.picture && m.pictureOf && m.pictureOf.record.hash !== this.drawnHash) void this.draw();
  }

  /** draw shows the thumbnail once the browser has decoded it: a torn picture is never half shown. */
  private async draw(): Promise<void> {
    const { picture, pictureOf } = this.moment;
    if (!picture || !pictureOf) return;
    this.drawnHash = pictureOf.record.hash;
    const url = URL.createObjectURL(new Blob([picture.bytes], { type: picture.mime }));
    const next = new Image();
    next.src = url;
    try {
      await next.decode();
      this.image.src = url;
      await this.image.decode();
      this.image.hidden = false;
      this.boxes.size(next.naturalWidth, next.naturalHeight);
      this.image.dataset["verified"] = "1";
      this.moment.drawnMs ??= Date.now();
      this.element.dataset["drawnMs"] = String(this.moment.drawnMs);
    } catch {
      this.element.dataset["picture"] = "undecodable"; // verified, but no picture that this browser knows
    } finally {
      URL.revokeObjectURL(url);
    }
  }

  private metaOf(now: number): string {
    const m = this.moment;
    const told: string[] = [];
    const name = this.on.nameOf(m.camera, m.facts?.camera);
    if (name) told.push(name);
    if (m.facts?.score !== undefined) told.push(`score ${m.facts.score.toFixed(2)}`);
    const clip = clipText(m);
    if (clip) told.push(clip);
    const lag = m.lagMs(now);
    if (lag !== undefined) told.push(`last part ${length(lag)} behind`);
    if (!m.clockSet) told.push("camera clock not set");
    return told.join(" · ");
  }

  private label(now: number): string {
    const m = this.moment;
    const state = { running: "going on now", ended: "", interrupted: "interrupted" }[m.state];
    const name = this.on.nameOf(m.camera, m.facts?.camera) ?? "";
    const sealed = m.locked && !m.picture ? lockedWords(m.locked.by) : "";
    const told = [`Event at ${timeOfDay(m.startMs)}`, length(m.durationMs(now)), whyOf(m), state, name, sealed];
    return `${told.filter(Boolean).join(", ")}. Open the clip`;
  }
}

/** whyOf tells why the camera fired, and in which area: "Motion in Driveway". */
export function whyOf(m: Moment): string {
  const reason = reasonOf(m);
  return m.facts?.zone ? `${reason || "Motion"} in ${m.facts.zone}` : reason;
}

export function reasonOf(m: Moment): string {
  return m.facts?.reason ? sentence(m.facts.reason) : m.tampers.length > 0 ? "Tampering" : "";
}

/** partsOf tells how much of the clip is there, where that is known. */
export function partsOf(m: Moment): string {
  const clip = m.clip;
  if (clip.length === 0) return m.state === "running" ? "" : "no clip";
  const arrived = clip.filter((p) => p.arrived).length;
  const told = arrived < clip.length && clip.every((p) => p.arrived !== undefined);
  return told ? `${arrived} of ${count(clip.length, "part")}` : count(clip.length, "part");
}

/** clipText tells a clip that is whole by its length too: it is longer than the event, by what came before and after. */
export function clipText(m: Moment): string {
  const parts = partsOf(m);
  const whole = m.state !== "running" && m.clip.length > 0 && !m.clip.some((p) => p.arrived === false);
  return whole && m.clipMs !== undefined ? `clip ${length(m.clipMs)}, ${parts}` : parts;
}

/** boxesOfPicture returns the boxes of the moment that the thumbnail shows: those nearest to its time. */
export function boxesOfPicture(m: Moment): readonly Box[] {
  const boxes = m.facts?.boxes ?? [];
  const at = m.picture?.media.span?.from;
  if (boxes.length === 0) return [];
  const area = (b: Box) => b.w * b.h;
  const largest = boxes.reduce((a, b) => (area(b) > area(a) ? b : a));
  const wanted = at ?? largest.atMs;
  const nearest = boxes.reduce((a, b) => (Math.abs(b.atMs - wanted) < Math.abs(a.atMs - wanted) ? b : a)).atMs;
  return boxes.filter((b) => b.atMs === nearest);
}
