// One line between the events: what a camera states about itself.

import type { Facts } from "../facts.ts";
import { gapReasons } from "../record.ts";
import type { Note } from "../story.ts";
import { el, setText } from "./dom.ts";
import { count, isoTime, timeOfDay } from "./format.ts";

export class NoteRow {
  readonly element: HTMLLIElement;
  private readonly text = el("span");
  private readonly image = el("img", { class: "note-picture", "data-testid": "note-picture", alt: "What the camera saw then", hidden: true });
  private drawn = false;

  constructor(
    private readonly note: Note,
    private readonly nameOf: (note: Note) => string | null, // of its camera, where there are several
  ) {
    this.element = el("li", { class: "note" }, el("time", { datetime: isoTime(note.atMs) }, timeOfDay(note.atMs)), this.image, this.text);
    this.update();
  }

  update(): void {
    const { note } = this;
    const name = this.nameOf(note);
    const text = noteText(note);
    setText(this.text, name ? `${text} · ${name}` : text);
    this.element.dataset["type"] = isSceneChange(note.facts) ? "scene" : note.entry.record.type;
    if (note.picture && !this.drawn) void this.draw(note.picture.bytes, note.picture.mime);
  }

  private async draw(bytes: Uint8Array<ArrayBuffer>, mime: string): Promise<void> {
    this.drawn = true;
    const url = URL.createObjectURL(new Blob([bytes], { type: mime }));
    this.image.src = url;
    try {
      await this.image.decode();
      this.image.hidden = false;
    } catch {
      // Verified, but no picture that this browser knows.
    } finally {
      URL.revokeObjectURL(url);
    }
  }
}

/** sceneChange reads the reason of a lamp, or of a hand: "scene change", and how often: "scene change, 3 times in a minute". */
const sceneChange = /^scene change(, \d+ times in .*)?$/;

/** isSceneChange: it is told, and is no alarm. */
const isSceneChange = (facts: Facts | undefined): boolean => sceneChange.test(facts?.reason ?? "");

const because: Record<(typeof gapReasons)[number], string> = {
  "spool-full": "because its storage was full",
  "spool-damaged": "because its storage was damaged",
  "media-dropped": "",
};

function noteText({ entry: { record }, facts }: Note): string {
  switch (record.type) {
    case "claimed":
      return record.tidings.offer?.renews ? "The camera signs with a new key" : "Camera claimed by its owner";
    case "online":
      return record.position.n === 1n ? "Camera started" : `Camera online, policy ${record.policy} in force`;
    case "closed":
      return record.tidings.closing?.cause === "reset" ? "The camera was reset: this ownership ended" : "The camera was released: this ownership ended";
    case "tamper":
      if (isSceneChange(facts)) return `The whole picture changed${sceneChange.exec(facts!.reason!)![1] ?? ""}: light, or the camera was moved or covered`;
      return facts?.reason ? `The camera reports tampering: ${facts.reason}` : "The camera reports tampering";
    case "gap": {
      const { from, to, reason } = record.gap!;
      const n = Number(to.n - from.n + 1n);
      return reason === "media-dropped"
        ? `The camera had to drop pictures of ${count(n, "record")}`
        : `The camera had to drop ${count(n, "record")} ${because[reason]}`;
    }
    default:
      return record.type;
  }
}
