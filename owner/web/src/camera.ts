// One camera as its records tell of it: its lenses, its epochs, and what is missing of each.

import { hex, uuid } from "./bytes.ts";
import { Lenses } from "./lenses.ts";
import { before, type Position } from "./position.ts";
import { type Hole, Positions } from "./positions.ts";
import type { RecordBody } from "./record.ts";
import type { Moment } from "./story.ts";
import type { VerifiedRecord } from "./verify.ts";

/** Entry is a verified record and where the cloud keeps it. */
export interface Entry {
  readonly seq: number;
  readonly record: VerifiedRecord;
  readonly receivedMs: number;
}

/** Epoch is one period of one owner. What lies between two of them is another owner's, and not missed. */
export class Epoch {
  readonly positions = new Positions();
  policy = 0n; // newest version that a record carries
  claimed?: Entry; // the claim
  renewed?: Entry; // the newest renewal
  closed?: Entry;

  constructor(readonly number: bigint) {}

  /** tell notes what a record says about its epoch; true if it is something new. */
  tell(entry: Entry): boolean {
    const { offer, closing } = entry.record.tidings;
    if (closing) {
      const first = !this.closed;
      this.closed = entry;
      return first;
    }
    if (offer && !offer.renews && !this.claimed) {
      this.claimed = entry;
      return true;
    }
    if (!offer?.renews || (this.renewed && !later(entry, this.renewed))) return false;
    this.renewed = entry;
    return true;
  }
}

/** cameraKey tells cameras apart: an owner whom this page follows may certify a device that is this owner's. */
export function cameraKey(record: RecordBody): string {
  return `${hex(record.owner)}/${uuid(record.device)}`;
}

/** Camera is one device of one owner, which may have several lenses. */
export class Camera {
  readonly key: string;
  readonly device: string;
  readonly owner: string; // hex
  readonly lenses = new Lenses();
  readonly epochs = new Map<bigint, Epoch>();
  online?: Entry; // its newest `online` record
  presence?: { online: boolean; sinceMs: number }; // as the cloud says
  latest: Entry;
  givenName?: string; // by its owner, in the settings
  private readonly videoOf = new Map<number, Entry>(); // by lens, the newest record whose clip part tells

  constructor(first: Entry) {
    this.key = cameraKey(first.record);
    this.device = uuid(first.record.device);
    this.owner = hex(first.record.owner);
    this.latest = first;
  }

  /** add takes a record in; false for a duplicate. */
  add(entry: Entry): boolean {
    const { record } = entry;
    const epoch = this.epochOf(record.epoch);
    if (epoch.positions.place(record.position, record.hash) === "duplicate") return false;
    if (later(entry, this.latest)) this.latest = entry;
    if (record.policy > epoch.policy) epoch.policy = record.policy;
    if (record.gap && record.gap.reason !== "media-dropped") epoch.positions.explain(record.gap.from, record.gap.to);
    if (record.type === "online") {
      if (record.previous) epoch.positions.ended(record.previous);
      if (!this.online || later(entry, this.online)) this.online = entry;
    }
    epoch.tell(entry);
    return true;
  }

  /** introduce takes a record from far back for what it tells of the camera alone. */
  introduce(entry: Entry): boolean {
    const told = this.epochs.get(entry.record.epoch)?.tell(entry) ?? false;
    if (entry.record.type !== "online" || (this.online && !later(entry, this.online))) return told;
    this.online = entry;
    return true;
  }

  private epochOf(number: bigint): Epoch {
    let epoch = this.epochs.get(number);
    if (!epoch) this.epochs.set(number, (epoch = new Epoch(number)));
    return epoch;
  }

  /** epoch is the newest. */
  get epoch(): Epoch {
    return this.epochOf([...this.epochs.keys()].reduce((a, b) => (b > a ? b : a), 0n) || this.latest.record.epoch);
  }

  get forks(): Position[] {
    return [...this.epochs.values()].flatMap((e) => e.positions.forks);
  }

  holes(): Hole[] {
    return [...this.epochs.values()].flatMap((e) => e.positions.holes());
  }

  /** isOver says whether nothing can follow on what a record has begun: the camera started anew, or changed hands. */
  isOver(record: RecordBody): boolean {
    const epoch = this.epochs.get(record.epoch);
    return record.epoch < this.epoch.number || epoch?.closed !== undefined || record.position.boot < (epoch?.positions.newestBoot ?? 0n);
  }

  get name(): string {
    const known = this.lenses.list;
    if (known.length > 1) return known.map((lens) => this.lenses.nameOf(lens.facts!)).join(" · ");
    return this.givenName || known[0]?.facts!.name || `Camera ${this.device.slice(0, 8)}`;
  }

  /** tellVideo notes what an event's clip says of the lens that its facts name. */
  tellVideo(moment: Moment): void {
    const number = moment.facts?.camera?.number;
    const by = moment.videoOf;
    if (number === undefined || !by) return;
    const known = this.videoOf.get(number);
    if (known && later(known, by)) return;
    this.videoOf.set(number, by);
    this.lenses.at(number).video = moment.video!;
  }
}

/** later says whether `a` comes after `b` in a camera's life. */
export function later(a: Entry, b: Entry): boolean {
  if (a.record.epoch !== b.record.epoch) return a.record.epoch > b.record.epoch;
  return before(b.record.position, a.record.position);
}
