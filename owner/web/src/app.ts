// One owner's page: what the cloud delivers goes through the gate into the story, and the story to the views.

import { type Bytes, hex, uuid } from "./bytes.ts";
import { delay, pause } from "./backoff.ts";
import { openRoot } from "./certificate.ts";
import type { CameraFacts } from "./facts.ts";
import { expectedOwners, Shares } from "./family.ts";
import { type Holding, Holdings } from "./holdings.ts";
import type { StoredOwner } from "./keystore.ts";
import { Loader } from "./loader.ts";
import { lookBack } from "./lookback.ts";
import { Owning } from "./owning.ts";
import { RefusedLog } from "./refused.ts";
import { type Locked, lockedBy } from "./sealing.ts";
import { CloudError, type Item, type Presence, Session } from "./session.ts";
import { scopes } from "./policy.ts";
import { type Camera, type Entry, type Moment, type Note, Story } from "./story.ts";
import { Tenures } from "./tenure.ts";
import { Gate, type VerifiedRecord } from "./verify.ts";
import { Cameras } from "./view/cameras.ts";
import { Dialogs } from "./view/dialogs.ts";
import { el } from "./view/dom.ts";
import { timeOfDay } from "./view/format.ts";
import { shareSheet } from "./view/familyshare.ts";
import { overlayToggle } from "./view/overlays.ts";
import { Timeline } from "./view/timeline.ts";

export type Status = "connecting" | "live" | "unreachable" | "denied";

export interface AppHandlers {
  status(status: Status, text: string): void;
  refused(log: RefusedLog): void;
  announce(text: string): void;
}

const pageOfRecords = 300;
const pagesForNames = 10; // of 500 records
const pagesForClaim = 200;
const freshMs = 10_000;

export class App {
  readonly element = el("div", { class: "app" });
  readonly refused: RefusedLog;
  private readonly story = new Story();
  private readonly loader: Loader;
  private readonly cameras: Cameras;
  private readonly timeline: Timeline;
  private readonly dialogs: Dialogs;
  private readonly known = new Map<string, Presence>(); // also of cameras whose records were not seen yet
  private readonly cameraSeen = new Set<string>();
  private brought: string | undefined; // a viewer's card
  private newest = 0; // seq up to which everything was taken
  private oldest = Infinity;
  private loaded = false; // the first page is there: what comes now is new
  private work: Promise<void> = Promise.resolve(); // one item after the other

  private constructor(
    private readonly owner: StoredOwner,
    private readonly session: Session,
    private readonly gate: Gate,
    private readonly tenures: Tenures,
    private readonly owning: Owning,
    private readonly shares: Shares,
    private readonly on: AppHandlers,
  ) {
    this.refused = new RefusedLog(() => on.refused(this.refused));
    this.loader = new Loader(session, owner.keys.picture, this.refused, (record) => this.lockedBy(record));
    const live = { keys: owner.keys, gate, post: session.live.bind(session) };
    this.dialogs = new Dialogs(owning, { story: this.story, loader: this.loader, live });
    this.cameras = new Cameras(live, {
      holding: (camera) => (this.owns(camera) ? owning.of(camera.device) : undefined),
      share: (camera) => shares.of(camera.owner, camera.device),
      about: (camera) => this.dialogs.showAbout(camera, this.owns(camera), () => this.findClaim(camera)),
      add: () => this.dialogs.addCamera(),
      putAway: (holding) => owning.holdings.putAway(holding.device),
    });
    const cards = {
      open: (moment: Moment) => this.open(moment),
      nameOf: (camera: Camera, facts?: CameraFacts) => this.nameOf(camera, facts),
      older: () => this.older(),
    };
    this.timeline = new Timeline(this.story, cards, [overlayToggle("boxes")]);
    this.element.append(this.cameras.element, this.timeline.element);
  }

  static async open(owner: StoredOwner, on: AppHandlers): Promise<App> {
    const session = new Session(owner.keys, location.origin, "", owner.fleet);
    const root = await openRoot(owner.root, owner.keys.id);
    const tenures = new Tenures(() => session.fleet());
    const shares = new Shares(owner.keys, await expectedOwners(owner.id));
    const gate = new Gate(root, (x5t) => session.certificate(x5t), (record) => shares.issuerOf(record), tenures);
    const holdings = await Holdings.open(owner, session, (h) => app.held(h));
    const app: App = new App(owner, session, gate, tenures, new Owning(owner, holdings, session), shares, on);
    return app;
  }

  /** run stays connected until aborted, and leaves nothing running. */
  async run(signal: AbortSignal): Promise<void> {
    for (let failures = 0; !signal.aborted; ) {
      if (failures === 0) this.on.status("connecting", "Connecting");
      try {
        await this.refreshPolicies(); // before the records that they explain
        if (!this.loaded) await this.loadNewest();
        for (const p of await this.session.presence()) this.presence(p);
        await this.owning.refresh();
        this.letIn();
        await this.follow(signal, () => (failures = 0));
        if (!signal.aborted) throw new CloudError(0, "the connection ended");
      } catch (err) {
        if (signal.aborted) break;
        await this.failed(err, failures++, signal);
      }
    }
    this.timeline.stop();
    this.cameras.stop();
  }

  private async failed(err: unknown, failures: number, signal: AbortSignal): Promise<void> {
    const cloud = err instanceof CloudError ? err : new CloudError(0, err instanceof Error ? err.message : String(err));
    const ms = delay(failures);
    if (cloud.unreachable) {
      // A connection that merely ended is not worth a word before it has failed again.
      if (failures > 0) this.on.status("unreachable", "Cloud unreachable, trying again");
    } else this.on.status("denied", [cloud.message, cloud.hint].filter(Boolean).join(": "));
    if (!this.loaded && cloud.unreachable && failures > 0) this.timeline.showEmpty("unreachable");
    await pause(cloud.unreachable ? ms : Math.max(ms, 10_000), signal);
  }

  private async loadNewest(): Promise<void> {
    const items = await this.session.records({ limit: pageOfRecords });
    await this.takePage(items);
    this.newest = items.at(-1)?.seq ?? 0;
    this.loaded = true;
    this.showEmpty();
    this.timeline.setOlder(items.length === pageOfRecords);
  }

  private showEmpty(): void {
    this.timeline.showEmpty(this.story.cameras.size === 0 ? "no camera" : "no event");
  }

  /** older loads the page before; true if there may be more. */
  private async older(): Promise<boolean> {
    const items = await this.session.records({ before: this.oldest, limit: pageOfRecords });
    await this.takePage(items);
    return items.length === pageOfRecords;
  }

  private async takePage(items: Item[]): Promise<void> {
    const touched = new Set<Moment>();
    for (const item of items) {
      this.oldest = Math.min(this.oldest, item.seq);
      for (const moment of await this.take(item)) touched.add(moment);
    }
    // The loader takes the one asked last first: so the newest event is asked last.
    for (const moment of [...touched].sort((a, b) => a.startMs - b.startMs)) this.show(moment);
  }

  private async follow(signal: AbortSignal, opened: () => void): Promise<void> {
    const connection = new AbortController();
    const abort = () => connection.abort();
    signal.addEventListener("abort", abort);
    let broken: unknown;
    const then = (job: () => Promise<void> | void): void => {
      this.work = this.work.then(job).catch((err: unknown) => {
        broken ??= err; // what was not taken is delivered again after `newest`
        abort();
      });
    };
    try {
      await this.session.stream(
        this.newest,
        {
          opened: () => {
            opened();
            this.on.status("live", "Connected");
            this.story.forgetWaiting();
            for (const moment of this.story.moments.values()) this.load(moment);
            then(() => this.findNames());
          },
          record: (item) =>
            then(async () => {
              if (broken) return;
              for (const moment of await this.take(item)) this.show(moment);
              this.newest = Math.max(this.newest, item.seq);
            }),
          media: (seq, sha256) =>
            then(() => {
              const moment = this.story.arrived(seq, sha256, Date.now());
              if (moment) this.show(moment);
            }),
          presence: (p) => then(() => this.presence(p)),
          offer: (item) => then(() => this.owning.offer(item)),
          ownership: (word) => then(() => this.owning.word(word)),
          policy: (raw) => then(() => this.policy(raw)),
        },
        connection.signal,
      );
    } catch (err) {
      throw broken ?? err;
    } finally {
      signal.removeEventListener("abort", abort);
      await this.work;
    }
    if (broken) throw broken;
  }

  /** take lets one item through the gate or counts it, and returns the events that it touched. */
  private async take(item: Item): Promise<Moment[]> {
    const verdict = await this.gate.verify(item.raw);
    if ("refusal" in verdict) {
      this.refused.add({ ...verdict.refusal, seq: item.seq });
      return [];
    }
    const entry = { seq: item.seq, record: verdict.record, receivedMs: item.receivedMs };
    const change = this.story.add(entry);
    if (!change) return [];
    const { camera, moment, note, begun, interrupted } = change;
    if (this.owns(camera)) this.owning.record(camera.device, entry);
    if (entry.record.tidings.offer || entry.record.tidings.closing) this.recheck(camera);
    const first = !this.cameraSeen.has(camera.key);
    if (first) {
      this.cameraSeen.add(camera.key);
      const presence = this.known.get(camera.device);
      if (presence) camera.presence = { online: presence.online, sinceMs: presence.since };
      const holding = this.owns(camera) && this.owning.of(camera.device);
      if (holding) this.held(holding);
    }
    this.showCamera(camera);
    if (verdict.record.type === "online") this.loader.camera(camera, () => this.named(camera));
    if (note) this.showNote(note);
    if (this.loaded) {
      if (first) {
        this.timeline.refresh();
        this.showEmpty();
      }
      if (moment && item.seq > this.newest) this.justTold(moment, item);
      if (begun && moment && item.seq > this.newest) this.on.announce(`New event at ${timeOfDay(moment.startMs)}, ${camera.name}`);
    }
    return moment ? [moment, ...interrupted] : [...interrupted];
  }

  /** recheck takes back what was drawn before it was known that its epoch had ended, or its key was replaced. */
  private recheck(camera: Camera): void {
    const objected = (entry: Entry): boolean => {
      const objection = this.tenures.objection(entry.record, entry.record.certificate);
      if (objection) this.refused.add({ reason: objection.reason, detail: objection.message, seq: entry.seq });
      return objection !== null;
    };
    const { changed, gone } = this.story.recheck(camera, objected);
    for (const moment of gone) {
      this.dialogs.shut(moment);
      this.timeline.remove(moment);
    }
    for (const moment of changed) this.timeline.show(moment);
  }

  /** justTold knows that the parts of a fresh record are still on their way: the stream will tell of each. */
  private justTold(moment: Moment, item: Item): void {
    if (Math.abs(Date.now() - item.receivedMs) > freshMs) return;
    for (const part of moment.parts.values()) if (part.entry.seq === item.seq) part.arrived ??= false;
  }

  private show(moment: Moment): void {
    this.timeline.show(moment);
    this.load(moment);
    this.dialogs.update(moment);
  }

  private load(moment: Moment): void {
    this.loader.moment(moment, () => {
      this.timeline.show(moment);
      const camera = moment.camera;
      if (moment.facts?.camera) {
        const known = camera.lenses.list.length;
        camera.lenses.tell(moment.facts.camera, false); // until its `online` record is found
        camera.tellVideo(moment);
        if (camera.lenses.list.length > known) this.named(camera);
        else this.showCamera(camera);
      }
      this.dialogs.update(moment);
    });
  }

  private showNote(note: Note): void {
    this.timeline.showNote(note);
    if (note.entry.record.type === "tamper") this.loader.note(note, () => this.timeline.refresh());
  }

  /** nameOf tells which camera something is of, or null where there is only one. */
  private nameOf(camera: Camera, facts?: CameraFacts): string | null {
    if (facts && camera.lenses.several(facts)) return camera.lenses.nameOf(facts);
    return this.story.cameras.size > 1 || camera.lenses.several() ? camera.name : null;
  }

  private named(camera: Camera): void {
    this.showCamera(camera);
    this.timeline.refresh();
  }

  private showCamera(camera: Camera): void {
    this.cameras.show(camera);
    this.dialogs.update(camera);
  }

  private owns(camera: Camera): boolean {
    return camera.owner === this.owner.id;
  }

  /** lockedBy judges what a camera has sealed to a post-quantum key. */
  private lockedBy(record: VerifiedRecord): Locked | "foreign" {
    const device = uuid(record.device);
    if (hex(record.owner) !== this.owner.id) return lockedBy(record, this.shares.of(hex(record.owner), device));
    this.owning.holdings.sealsHybrid(device, record.epoch);
    return lockedBy(record, this.owning.of(device)?.policy);
  }

  /** held shows what has become known of the ownership of a device. */
  private held(holding: Holding): void {
    const own = [...this.story.cameras.values()].find((c) => c.device === holding.device && this.owns(c));
    this.cameras.showPending(holding, own?.epoch.number === holding.epoch || this.owning.holdings.isPutAway(holding));
    if (!own) return;
    const { name } = holding.settings;
    if (own.givenName === name) return this.showCamera(own);
    own.givenName = name;
    this.named(own);
  }

  private async refreshPolicies(): Promise<void> {
    const policies = await this.session.policies();
    for (const raw of policies) await this.owning.policy(raw);
    if (this.shares.expected.length === 0) return;
    await this.shares.replace(policies);
    this.showShares();
  }

  /** policy takes one of this owner's, or of an owner who lets this one view. */
  private async policy(raw: Bytes): Promise<void> {
    await this.owning.policy(raw);
    if (await this.shares.take(raw)) this.showShares();
  }

  private showShares(): void {
    for (const camera of this.story.cameras.values()) if (!this.owns(camera)) this.showCamera(camera);
    this.cameras.showLiveOnly(this.shares.all.filter((s) => s.scope === scopes.live));
  }

  /** share lets somebody in whose card a link has brought, once it is known what this owner holds. */
  share(card: string): void {
    this.brought = card;
  }

  private letIn(): void {
    if (this.brought !== undefined) shareSheet(this.owning.holdings, undefined, this.brought);
    this.brought = undefined;
  }

  /** findNames looks further back for the `online` record of cameras that were only seen in the middle of their life. */
  private findNames(): Promise<void> {
    return this.lookBack(pagesForNames, () => [...this.story.cameras.values()].some((c) => !c.online));
  }

  /** findClaim looks for how a camera came to its owner, as far back as it takes. */
  private findClaim(camera: Camera): Promise<void> {
    return this.lookBack(pagesForClaim, () => !camera.epoch.claimed);
  }

  private lookBack(pages: number, wanted: () => boolean): Promise<void> {
    return lookBack(this.session, this.gate, this.oldest, pages, wanted, (entry) => this.introduce(entry));
  }

  private introduce(entry: Entry): void {
    const camera = this.story.introduce(entry);
    if (!camera) return;
    if (this.owns(camera)) this.owning.record(camera.device, entry);
    this.recheck(camera);
    if (entry.record.type === "online") this.loader.camera(camera, () => this.named(camera));
    this.showCamera(camera);
  }

  private presence(p: Presence): void {
    this.known.set(p.device, p);
    for (const camera of this.story.cameras.values()) {
      if (camera.device !== p.device) continue;
      camera.presence = { online: p.online, sinceMs: p.since };
      this.showCamera(camera);
    }
  }

  private open(moment: Moment): void {
    const name = this.nameOf(moment.camera, moment.facts?.camera) ?? moment.camera.name;
    this.dialogs.play(moment, name, () => this.timeline.show(moment));
  }
}
