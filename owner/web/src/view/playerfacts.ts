// Beside a clip: why the camera fired, what can be saved, and by what it was verified.

import { hex } from "../bytes.ts";
import type { Clip } from "../clip.ts";
import type { Moment } from "../story.ts";
import { partsOf, reasonOf } from "./card.ts";
import { el, icon, icons } from "./dom.ts";
import { count, isoTime, length, timeOfDay } from "./format.ts";

const qualityText = {
  unknown: "by a clock that nobody vouches for",
  rtc: "by the camera's own clock",
  synchronised: "by a synchronised clock",
};

export class PlayerFacts {
  readonly element: HTMLElement;
  private readonly facts = el("dl", { class: "facts", "data-testid": "event-facts" });
  private readonly downloads = el("p", { class: "downloads" });
  private readonly proof = el("details", { class: "proof" });

  constructor(
    private readonly moment: Moment,
    private readonly clip: Clip,
    private readonly own: boolean, // not of a camera that somebody else lets this owner view
  ) {
    this.element = el("div", { class: "about" }, this.facts, this.downloads, this.proof);
  }

  update(): void {
    this.writeFacts();
    this.writeDownloads();
    this.writeProof();
  }

  private writeFacts(): void {
    const m = this.moment;
    const state = { running: ", going on", ended: "", interrupted: ", interrupted: the camera started anew" }[m.state];
    const lines: [string, string][] = [["Why", reasonOf(m) || (m.locked ? "Sealed, like the picture" : "not told yet")]];
    if (m.facts?.zone) lines.push(["Where", `in ${m.facts.zone}`]);
    if (m.facts?.score !== undefined) lines.push(["Score", `${m.facts.score.toFixed(3)} of 1`]);
    if (m.facts?.motion) lines.push(["Moved", `${timeOfDay(m.startMs + m.facts.motion.from)} to ${timeOfDay(m.startMs + m.facts.motion.to)}`]);
    lines.push(["Length", `${length(m.durationMs(Date.now()))}${state}`]);
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
}
