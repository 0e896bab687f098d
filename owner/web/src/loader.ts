// Fetches and opens thumbnails and facts: the newest first, a few at a time, and again when the cloud was away.

import type { Facts } from "./facts.ts";
import { MediaError, openFacts, openMedia, type Plaintext, PostQuantum } from "./media.ts";
import type { Media, MediaKind } from "./record.ts";
import type { Locked } from "./sealing.ts";
import { CloudError, type Session } from "./session.ts";
import type { Camera, Entry, Moment, Note } from "./story.ts";
import type { RefusedLog } from "./refused.ts";
import type { VerifiedRecord } from "./verify.ts";

const atATime = 6;

export class Loader {
  private readonly waiting: (() => Promise<void>)[] = [];
  private running = 0;
  private readonly done = new Set<string>(); // seq/hash of what was opened or refused

  constructor(
    private readonly session: Session,
    private readonly key: CryptoKey,
    private readonly refused: RefusedLog,
    private readonly lockedBy: (record: VerifiedRecord) => Locked | "foreign", // of what is sealed to a post-quantum key
  ) {}

  /** moment opens the thumbnail and the facts that count now, and calls `changed` for each. */
  moment(moment: Moment, changed: () => void): void {
    const locked = (by: Locked, entry: Entry): void => {
      moment.locked = { entry, by };
      changed();
    };
    this.first([moment.ended, moment.started, ...moment.tampers], "thumbnail", (plain, entry) => {
      if (moment.pictureOf && moment.pictureOf === moment.ended) return;
      moment.picture = plain;
      moment.pictureOf = entry;
      changed();
    }, locked);
    this.first([moment.ended, moment.started, ...moment.tampers], "facts", (plain, entry) => {
      const facts = this.facts(entry, plain);
      if (!facts || (moment.facts && entry !== moment.ended)) return;
      moment.facts = facts;
      changed();
    }, locked);
  }

  /** camera opens the facts of the newest `online` record, which has some of each lens. */
  camera(camera: Camera, changed: () => void): void {
    this.first([camera.online], "facts", (plain, entry) => {
      const facts = this.facts(entry, plain);
      if (!facts?.camera || entry !== camera.online) return;
      camera.lenses.tell(facts.camera, true);
      changed();
    });
  }

  /** note opens the facts of what a camera states about itself, and its picture. */
  note(note: Note, changed: () => void): void {
    this.first([note.entry], "thumbnail", (plain) => {
      note.picture = plain;
      changed();
    });
    this.first([note.entry], "facts", (plain, entry) => {
      const facts = this.facts(entry, plain);
      if (!facts) return;
      note.facts = facts;
      changed();
    });
  }

  /** open fetches and opens one piece; null when it is not there yet or was refused, and whose post-quantum key it is
   * sealed to where it is. It throws when the cloud is away. */
  async open(entry: Entry, media: Media): Promise<Plaintext | Locked | null> {
    const ciphertext = await this.session.ciphertext(entry.seq, media);
    if (!ciphertext) return null;
    try {
      return await openMedia(entry.record, media, ciphertext, this.key);
    } catch (err) {
      const by = err instanceof PostQuantum ? this.lockedBy(entry.record) : "foreign";
      if (by !== "foreign") return by;
      this.refuse(entry, media.kind, err);
      return null;
    }
  }

  /** first opens all media of that kind of the first entry that has some. */
  private first(entries: (Entry | undefined)[], kind: MediaKind, use: (plain: Plaintext, entry: Entry) => void, locked: (by: Locked, entry: Entry) => void = () => undefined): void {
    for (const entry of entries) {
      const all = entry?.record.media.filter((m) => m.kind === kind);
      if (!entry || !all?.length) continue;
      for (const [i, media] of all.entries()) {
        const key = `${entry.record.hash}/${kind}/${i}`;
        if (this.done.has(key)) continue;
        this.done.add(key);
        this.waiting.push(async () => {
          try {
            const opened = await this.open(entry, media);
            if (typeof opened === "string") locked(opened, entry);
            else if (opened) use(opened, entry);
          } catch (err) {
            this.done.delete(key); // asked again with the next change or connection
            if (!(err instanceof CloudError)) throw err;
          }
        });
        this.next();
      }
      return;
    }
  }

  private next(): void {
    while (this.running < atATime) {
      const job = this.waiting.pop(); // the newest first
      if (!job) return;
      this.running++;
      void job().finally(() => {
        this.running--;
        this.next();
      });
    }
  }

  private facts(entry: Entry, plain: Plaintext): Facts | null {
    try {
      return openFacts(entry.record, plain);
    } catch (err) {
      this.refuse(entry, "facts", err);
      return null;
    }
  }

  private refuse(entry: Entry, kind: MediaKind, err: unknown): void {
    if (!(err instanceof MediaError || err instanceof PostQuantum)) throw err;
    const { position } = entry.record;
    this.refused.add({ reason: "media", detail: `${kind} of record ${position.boot}.${position.n}: ${err.message}`, seq: entry.seq });
  }
}
