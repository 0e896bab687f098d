// The list of events, newest first, by day, with what cameras state about themselves in between.

import type { Moment, Note, Story } from "../story.ts";
import { Card, type CardHandlers } from "./card.ts";
import { el, setText } from "./dom.ts";
import { dayKey, dayName } from "./format.ts";
import { NoteRow } from "./noterow.ts";

interface Row {
  readonly element: HTMLLIElement;
  readonly atMs: number;
}

interface Day {
  readonly section: HTMLElement;
  readonly title: HTMLHeadingElement;
  readonly list: HTMLUListElement;
  rows: Row[]; // newest first
}

export class Timeline {
  readonly element: HTMLElement;
  private readonly days = new Map<string, Day>();
  private readonly cards = new Map<Moment, Card>();
  private readonly gone = new WeakSet<Moment>();
  private readonly notes = new Map<string, NoteRow>();
  private readonly body = el("div", { class: "days" });
  private readonly empty = el("div", { class: "empty", hidden: true });
  private readonly more: HTMLButtonElement;
  private readonly ticking: ReturnType<typeof setInterval>;

  constructor(
    private readonly story: Story,
    private readonly on: CardHandlers & { older(): Promise<boolean> },
    tools: HTMLElement[],
  ) {
    this.more = el(
      "button",
      { class: "quiet more", type: "button", hidden: true, onclick: () => void this.loadOlder() },
      "Show earlier events",
    );
    this.element = el(
      "section",
      { class: "events", "aria-labelledby": "events-title" },
      el("div", { class: "section-head" }, el("h2", { id: "events-title" }, "Events"), ...tools),
      this.empty,
      this.body,
      this.more,
    );
    this.ticking = setInterval(() => this.tick(), 1000);
  }

  /** stop ends the clock that updates running events. */
  stop(): void {
    clearInterval(this.ticking);
  }

  /** show adds or updates one event. */
  show(moment: Moment): void {
    if (this.gone.has(moment)) return; // what was under way when it was removed
    let card = this.cards.get(moment);
    if (!card) {
      card = new Card(moment, this.on);
      this.cards.set(moment, card);
      this.insert({ element: card.element, atMs: moment.startMs });
    } else card.update();
    this.empty.hidden = true;
  }

  /** remove takes an event away of which nothing is believed any more. */
  remove(moment: Moment): void {
    this.gone.add(moment);
    const card = this.cards.get(moment);
    if (!card) return;
    this.cards.delete(moment);
    card.element.remove();
    for (const [key, day] of this.days) {
      day.rows = day.rows.filter((row) => row.element !== card.element);
      if (day.rows.length > 0) continue;
      day.section.remove();
      this.days.delete(key);
    }
  }

  showNote(note: Note): void {
    if (this.notes.has(note.key)) return;
    const row = new NoteRow(note, (of) => this.on.nameOf(of.camera, of.facts?.camera));
    this.notes.set(note.key, row);
    this.insert({ element: row.element, atMs: note.atMs });
  }

  /** refresh rewrites every card: after a camera's name became known. */
  refresh(): void {
    for (const card of this.cards.values()) card.update();
    for (const row of this.notes.values()) row.update();
  }

  setOlder(there: boolean): void {
    this.more.hidden = !there;
  }

  /** showEmpty says why nothing is there. */
  showEmpty(why: "unreachable" | "no camera" | "no event"): void {
    this.empty.hidden = this.story.moments.size > 0;
    const [title, text] = {
      unreachable: [
        "Waiting for the cloud",
        "It cannot be reached from here, and is tried again by itself. Cameras keep what happens until it is back.",
      ],
      "no camera": ["No camera yet", "Add a camera: it looks at a code on this screen, shows you what it sees, and is yours. One that was claimed elsewhere appears here by itself."],
      "no event": ["Nothing has happened yet", "Events appear here by themselves, a second or two after something moves."],
    }[why] as [string, string];
    this.empty.replaceChildren(el("p", { class: "empty-title" }, title), el("p", {}, text));
  }

  private async loadOlder(): Promise<void> {
    this.more.disabled = true;
    try {
      this.setOlder(await this.on.older());
    } finally {
      this.more.disabled = false;
    }
  }

  private tick(): void {
    const now = Date.now();
    for (const card of this.cards.values()) if (card.moment.state === "running") card.update(now);
    for (const day of this.days.values()) setText(day.title, dayName(day.rows[0]!.atMs, now));
  }

  private insert(row: Row): void {
    const key = dayKey(row.atMs);
    let day = this.days.get(key);
    if (!day) {
      const title = el("h3", { class: "day-title" }, dayName(row.atMs));
      const list = el("ul", { class: "moments" });
      day = { section: el("section", { class: "day", "data-day": key }, title, list), title, list, rows: [] };
      this.days.set(key, day);
      const after = [...this.body.children].find((c) => ((c as HTMLElement).dataset["day"] ?? "") < key);
      this.body.insertBefore(day.section, after ?? null);
    }
    const at = day.rows.findIndex((r) => r.atMs <= row.atMs);
    const index = at < 0 ? day.rows.length : at;
    day.list.insertBefore(row.element, day.rows[index]?.element ?? null);
    day.rows.splice(index, 0, row);
  }
}
