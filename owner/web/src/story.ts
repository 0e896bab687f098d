// From verified records to what an owner wants to know: events with a beginning, parts and an end; cameras with a state;
// what is missing. Nothing here draws, fetches or decides what may be believed.

import { hex } from "./bytes.ts";
import { Camera, cameraKey, type Entry, later } from "./camera.ts";
import type { Facts } from "./facts.ts";
import type { VideoFormat } from "./lenses.ts";
import type { Plaintext } from "./media.ts";
import type { Media } from "./record.ts";
import type { Locked } from "./sealing.ts";
import type { VerifiedRecord } from "./verify.ts";

export { Camera, type Entry } from "./camera.ts";

export interface ClipPart {
  readonly entry: Entry;
  readonly media: Media;
  arrived?: boolean; // undefined: not known yet
  askMs?: number; // by this page's clock: when to ask for what nobody said has arrived
  refused?: boolean; // it is no clip that this page can show
  locked?: Locked; // sealed to a post-quantum key
  arrivedMs?: number; // by this page's clock, if it happened before its eyes
}

export type EventState = "running" | "ended" | "interrupted";

/** Moment is an event as its records tell it so far. */
export class Moment {
  started?: Entry;
  ended?: Entry;
  first: Entry; // of the records seen
  readonly parts = new Map<bigint, ClipPart>();
  readonly tampers: Entry[] = [];
  interrupted = false;
  facts?: Facts; // of `ended` if it is there, else of `started`
  video?: VideoFormat; // of its newest clip part that tells, which is in:
  videoOf?: Entry;
  picture?: Plaintext; // likewise
  pictureOf?: Entry;
  locked?: { readonly entry: Entry; readonly by: Locked }; // sealed to a post-quantum key: its picture, or its facts
  drawnMs?: number; // when the first verified thumbnail was drawn

  constructor(
    readonly id: string,
    readonly camera: Camera,
    first: Entry,
  ) {
    this.first = first;
  }

  get state(): EventState {
    return this.ended ? "ended" : this.interrupted ? "interrupted" : "running";
  }

  /** startMs is the wall time of the beginning, as far as it is one: see timeOf. */
  get startMs(): number {
    return timeOf(this.started ?? this.first);
  }

  get clockSet(): boolean {
    return clockSet((this.started ?? this.first).record);
  }

  /** newest is the record whose thumbnail and facts count. */
  get newest(): Entry {
    return this.ended ?? this.started ?? this.first;
  }

  /** lens is the number of the camera that saw it; where the device has told of one only, it is that one. */
  get lens(): number | undefined {
    const { list } = this.camera.lenses;
    return this.facts?.camera?.number ?? (list.length > 1 ? undefined : (list[0]?.number ?? 0));
  }

  get clip(): ClipPart[] {
    return [...this.parts.values()].sort((a, b) => (a.media.index! < b.media.index! ? -1 : 1));
  }

  /** clipMs is how long the clip lasts, pre-roll and all, where its parts tell. */
  get clipMs(): number | undefined {
    const spans = this.clip.map((p) => p.media.span);
    const [first, last] = [spans[0], spans.at(-1)];
    return first && last ? last.to - first.from : undefined;
  }

  /** entries are all that it is told by. */
  get entries(): Entry[] {
    const parts = [...this.parts.values()].map((p) => p.entry);
    return [...new Set([this.started, ...parts, ...this.tampers, this.ended].filter((e) => e !== undefined))];
  }

  /** drop takes an entry out again, and what came with it. */
  drop(entry: Entry): void {
    if (this.started === entry) delete this.started;
    if (this.ended === entry) delete this.ended;
    for (const [index, part] of this.parts) if (part.entry === entry) this.parts.delete(index);
    if (this.tampers.includes(entry)) this.tampers.splice(this.tampers.indexOf(entry), 1);
    if (this.pictureOf === entry) this.picture = this.pictureOf = this.facts = undefined;
    if (this.locked?.entry === entry) delete this.locked;
    const left = this.entries;
    if (this.first === entry && left[0]) this.first = left.reduce((a, b) => (later(a, b) ? b : a));
  }

  /** durationMs is of the motion where the facts tell, else from the first to the last record; of a running event, so far. */
  durationMs(now: number): number {
    const motion = this.facts?.motion;
    if (this.ended && motion) return motion.to - motion.from;
    if (this.started && this.ended && hex(this.started.record.bootId) === hex(this.ended.record.bootId)) {
      return Number(this.ended.record.monoMs - this.started.record.monoMs);
    }
    const last = this.clip.at(-1)?.media.span?.to ?? 0;
    return this.state === "running" ? Math.max(0, now - this.startMs) : Math.max(0, last);
  }

  /** lagMs is how far the newest part that arrived ends behind now; undefined when nothing is known. */
  lagMs(now: number): number | undefined {
    const part = this.clip.filter((p) => p.arrived).at(-1);
    if (!part || this.state !== "running") return undefined;
    if (part.media.span && this.clockSet) return Math.max(0, now - (this.startMs + part.media.span.to));
    return part.arrivedMs === undefined ? undefined : Math.max(0, now - part.arrivedMs);
  }
}

/** videoOf reads the codecs parameter of a clip part (RFC 6381). */
function videoOf(mime: string): VideoFormat | undefined {
  const codec = /;\s*codecs="?(avc1|mp4v\.6C)\b/i.exec(mime)?.[1]?.toLowerCase();
  return codec === "avc1" ? "H.264" : codec ? "MJPEG" : undefined;
}

/** Note is something that a camera states about itself, outside of events. */
export interface Note {
  readonly key: string;
  readonly entry: Entry;
  readonly camera: Camera;
  readonly atMs: number;
  facts?: Facts; // of a tamper record
  picture?: Plaintext; // likewise
}

/** Change says what an added record has touched. */
export interface Change {
  readonly moment?: Moment;
  readonly camera: Camera;
  readonly note?: Note;
  readonly begun?: boolean; // a moment that was not there before
  readonly interrupted: readonly Moment[];
}

export class Story {
  readonly moments = new Map<string, Moment>(); // by camera and event: nobody else's event can take an event's place
  readonly cameras = new Map<string, Camera>(); // by owner and device
  readonly notes = new Map<string, Note>();
  duplicates = 0;

  /** add returns null for a duplicate: it is shown once. */
  add(entry: Entry): Change | null {
    const { record } = entry;
    const key = cameraKey(record);
    let camera = this.cameras.get(key);
    if (!camera) this.cameras.set(key, (camera = new Camera(entry)));
    if (!camera.add(entry)) {
      this.duplicates++;
      return null;
    }
    const interrupted = this.interrupt(camera);
    if (!record.event) return { camera, note: this.note(entry, camera), interrupted };

    const id = hex(record.event);
    let moment = this.moments.get(`${key}/${id}`);
    const begun = moment === undefined;
    if (!moment) this.moments.set(`${key}/${id}`, (moment = new Moment(id, camera, entry)));
    if (later(moment.first, entry)) moment.first = entry;
    if (record.type === "started") moment.started ??= entry;
    if (record.type === "ended") moment.ended ??= entry;
    if (record.type === "tamper") moment.tampers.push(entry);
    for (const media of record.media) {
      const video = media.kind === "part" ? videoOf(media.mime) : undefined;
      if (video && !(moment.videoOf && later(moment.videoOf, entry))) Object.assign(moment, { video, videoOf: entry });
      if (media.kind === "part" && !moment.parts.has(media.index!)) moment.parts.set(media.index!, { entry, media });
    }
    camera.tellVideo(moment);
    moment.interrupted = !moment.ended && camera.isOver(moment.first.record);
    return { camera, moment, begun, interrupted };
  }

  /** introduce takes a camera's name, or how it came to its owner, from a record far back, without missing what lies between. */
  introduce(entry: Entry): Camera | null {
    const camera = this.cameras.get(cameraKey(entry.record));
    return camera?.introduce(entry) ? camera : null;
  }

  /** arrived notes that a part was uploaded, and returns its moment. */
  arrived(seq: number, sha256: string, nowMs: number): Moment | null {
    for (const moment of this.moments.values()) {
      for (const part of moment.parts.values()) {
        if (part.entry.seq !== seq || hex(part.media.hash) !== sha256) continue;
        part.arrived = true;
        part.arrivedMs = nowMs;
        return moment;
      }
    }
    return null;
  }

  /** recheck drops what is objected to by now, and returns the events that have changed, and those of which nothing is left. */
  recheck(camera: Camera, objected: (entry: Entry) => boolean): { changed: Moment[]; gone: Moment[] } {
    const changed: Moment[] = [];
    const gone: Moment[] = [];
    for (const [key, moment] of this.moments) {
      const wrong = moment.camera === camera ? moment.entries.filter(objected) : [];
      if (wrong.length === 0) continue;
      for (const entry of wrong) moment.drop(entry);
      if (moment.entries.length > 0) changed.push(moment);
      else {
        this.moments.delete(key);
        gone.push(moment);
      }
    }
    return { changed, gone };
  }

  /** forgetWaiting is for a new connection: what was uploaded meanwhile, nobody has told. */
  forgetWaiting(): void {
    for (const moment of this.moments.values()) {
      for (const part of moment.parts.values()) if (part.arrived === false) delete part.arrived;
    }
  }

  /** interrupt ends what a boot or an epoch has left open: a later one does not go on with it. */
  private interrupt(camera: Camera): Moment[] {
    const left: Moment[] = [];
    for (const moment of this.moments.values()) {
      if (moment.camera !== camera || moment.state !== "running" || !camera.isOver(moment.first.record)) continue;
      moment.interrupted = true;
      left.push(moment);
    }
    return left;
  }

  private note(entry: Entry, camera: Camera): Note {
    const { position } = entry.record;
    const key = `${camera.key}/${position.boot}.${position.n}/${entry.record.hash}`;
    const note = { key, entry, camera, atMs: timeOf(entry) };
    this.notes.set(key, note);
    return note;
  }
}

/** Clocks that were never set begin in 1970, or with the build: no camera of this kind is older than this. */
const floorMs = Date.UTC(2025, 0, 1);

function clockSet(record: VerifiedRecord): boolean {
  return record.quality !== "unknown" || record.wallMs >= floorMs;
}

/** timeOf is the camera's wall time; one without a set clock is given the time of arrival. It is advice, for people. */
export function timeOf(entry: Entry): number {
  return clockSet(entry.record) ? entry.record.wallMs : entry.receivedMs;
}
