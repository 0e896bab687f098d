// What this owner holds: the newest policy of each camera, the settings in it, and what the cloud's ledger says. Changes
// are signed here; a policy counts once a record carries its version.

import { equal, fromBase64, hex, uuid } from "./bytes.ts";
import { openRoot, type Root } from "./certificate.ts";
import { type Ownership, signLost, signRelease } from "./ending.ts";
import { type Granted, grantRenewal } from "./grant.ts";
import { CloudError } from "./http.ts";
import type { OwnershipWord } from "./items.ts";
import type { StoredOwner } from "./keystore.ts";
import type { Offer } from "./offer.ts";
import { claimedOwner, type Policy, parsePolicy, signPolicy, type Viewer } from "./policy.ts";
import { recipientOf } from "./recipient.ts";
import type { Session } from "./session.ts";
import { type CameraSettings, noSettings, openSettings, sealSettings, type Settings } from "./settings.ts";

/** Holding is one camera in its newest epoch under this owner. */
export interface Holding {
  readonly device: string;
  epoch: bigint;
  policy?: Policy; // the newest that this page knows
  settings: Settings; // of that policy
  problem?: string; // why its settings cannot be read
  hybrid?: boolean; // it seals to a post-quantum key
  inForce: bigint; // version that a record carries
  timely?: boolean; // its clock is kept right, as its last record here says
  offer?: Offer; // one of the camera in this epoch: its settings key is in it
  word?: OwnershipWord; // the ledger's
  readonly granted: Set<string>; // hashes of the renewals that were granted: by this page, or as records tell
}

/** Draft is what a change may change. */
export interface Draft {
  viewers: Viewer[];
  settings: { name?: string; cameras: Map<number, CameraSettings>; viewers: Map<string, string> };
  renewals: number;
  readonly version: bigint; // that the change will have
}

export type Keeping = Pick<Storage, "getItem" | "setItem">;

const attempts = 3; // another browser of this owner may have changed the policy meanwhile

export class Holdings {
  private readonly held = new Map<string, Holding>();
  private readonly supposed = new WeakSet<Policy>();
  private asked = false; // the cloud has said which policies it keeps
  private chain: Promise<unknown> = Promise.resolve(); // one change after the other

  constructor(
    private readonly owner: StoredOwner,
    private readonly root: Root,
    private readonly session: Pick<Session, "policies" | "ownership" | "send" | "revocations">,
    private readonly changed: (h: Holding) => void,
    private readonly kept: Keeping,
  ) {}

  static async open(owner: StoredOwner, session: Session, changed: (h: Holding) => void, kept: Keeping = localStorage): Promise<Holdings> {
    return new Holdings(owner, await openRoot(owner.root, owner.keys.id), session, changed, kept);
  }

  of(device: string): Holding | undefined {
    return this.held.get(device);
  }

  get all(): Holding[] {
    return [...this.held.values()];
  }

  /** refresh asks the cloud for everything, on each new connection. */
  async refresh(): Promise<void> {
    for (const raw of await this.session.policies()) await this.takePolicy(raw);
    for (const word of await this.session.ownership()) this.takeWord(word);
    this.asked = true;
    for (const holding of this.all) await this.suppose(holding);
  }

  /** takePolicy takes what this owner has signed, if it is newer than what is known; a cloud cannot bring back an old one. */
  async takePolicy(raw: Uint8Array<ArrayBuffer>): Promise<void> {
    let policy: Policy;
    try {
      if (!equal(claimedOwner(raw), this.root.owner)) return; // of somebody who lets this owner view
      policy = await parsePolicy(raw, this.root);
    } catch {
      return;
    }
    const mine = await this.remembered(uuid(policy.device)); // before it is overwritten
    for (const p of mine ? [mine, policy] : [policy]) {
      const holding = this.holding(uuid(p.device), p.epoch);
      if (holding) await this.use(holding, p);
    }
  }

  private async use(holding: Holding, policy: Policy): Promise<void> {
    const known = holding.policy && !this.supposed.has(holding.policy) ? holding.policy : undefined;
    if (policy.epoch !== holding.epoch || (known && policy.version <= known.version)) return;
    holding.policy = policy;
    holding.settings = noSettings;
    delete holding.problem;
    if (policy.settings) {
      try {
        holding.settings = await openSettings(policy.settings, this.owner.keys.picture);
      } catch (err) {
        holding.problem = (err as Error).message;
      }
    }
    this.kept.setItem(this.place(holding.device), base64(policy.raw));
    this.changed(holding);
  }

  /**
   * suppose gives a camera that was claimed by files, and never changed, the policy that every claim begins with: it went
   * from hand to hand, and says no more than who the owner is.
   */
  private async suppose(holding: Holding): Promise<void> {
    const { offer } = holding;
    if (!this.asked || holding.policy || holding.hybrid || !offer || offer.renews || holding.inForce > 1n) return;
    const { keys } = this.owner;
    const recipients = [await recipientOf(keys.picture)];
    const body = { device: offer.device, owner: keys.id, epoch: holding.epoch, offer: offer.hash, version: 1n, recipients, viewers: [], renewals: 0 };
    const policy = await parsePolicy(await signPolicy(body, keys), this.root);
    if (holding.policy || holding.hybrid) return; // it came meanwhile
    this.supposed.add(policy);
    holding.policy = policy;
    this.changed(holding);
  }

  /** sealsHybrid notes that a camera seals to a post-quantum key: its first policy is not the one that suppose knows. */
  sealsHybrid(device: string, epoch: bigint): void {
    const holding = this.holding(device, epoch);
    if (!holding || holding.hybrid) return;
    holding.hybrid = true;
    if (holding.policy && this.supposed.has(holding.policy)) delete holding.policy;
    this.changed(holding);
  }

  takeWord(word: OwnershipWord): void {
    const holding = this.holding(word.device, word.epoch);
    if (!holding) return;
    holding.word = word;
    this.changed(holding);
  }

  /** tell notes what a record of this owner's camera says of its epoch. */
  tell(device: string, epoch: bigint, version: bigint, offer?: Offer, timely?: boolean): void {
    const holding = this.holding(device, epoch);
    if (!holding) return;
    if (timely !== undefined) holding.timely = timely;
    const news = version > holding.inForce || (offer && !holding.offer);
    if (version > holding.inForce) holding.inForce = version;
    if (offer) holding.offer ??= offer;
    if (offer?.renews) holding.granted.add(hex(offer.hash));
    if (news) this.changed(holding);
    void this.suppose(holding).catch(() => undefined); // it is done again before a change
  }

  /** holding of that epoch, or undefined if a newer one is known. */
  private holding(device: string, epoch: bigint): Holding | undefined {
    const known = this.held.get(device);
    if (known && known.epoch > epoch) return undefined;
    if (known?.epoch === epoch) return known;
    const fresh: Holding = { device, epoch, settings: noSettings, inForce: 0n, granted: new Set() };
    this.held.set(device, fresh);
    return fresh;
  }

  private place(device: string): string {
    return `signet.policy.${this.owner.id.slice(0, 16)}.${device}`;
  }

  /** putAway has a claim that was refused not shown in this browser any more. Nothing is sent. */
  putAway(device: string): void {
    const holding = this.held.get(device);
    if (!holding) return;
    this.kept.setItem(this.awayPlace(device), String(holding.epoch));
    this.changed(holding);
  }

  isPutAway({ device, epoch, word }: Holding): boolean {
    return word?.state === "refused" && this.kept.getItem(this.awayPlace(device)) === String(epoch);
  }

  private awayPlace(device: string): string {
    return `signet.put-away.${this.owner.id.slice(0, 16)}.${device}`;
  }

  /** remembered is the newest policy that this browser has seen: a cloud that gives an older one changes nothing. */
  private async remembered(device: string): Promise<Policy | null> {
    try {
      const policy = await parsePolicy(fromBase64(this.kept.getItem(this.place(device)) ?? ""), this.root);
      return uuid(policy.device) === device ? policy : null;
    } catch {
      return null;
    }
  }

  /** change signs the next version of a camera's policy and sends it. It throws what to tell people. */
  change(device: string, edit: (draft: Draft) => void): Promise<Policy> {
    const job = this.chain.then(() => this.changeNow(device, edit));
    this.chain = job.catch(() => undefined);
    return job;
  }

  private async changeNow(device: string, edit: (draft: Draft) => void): Promise<Policy> {
    for (let attempt = 1; ; attempt++) {
      const holding = this.held.get(device);
      if (holding) await this.suppose(holding);
      if (!holding?.policy) throw new Error("The newest settings of this camera are not known here. Is the cloud within reach?");
      const raw = await signPolicy(await this.draw(holding, holding.policy, edit), this.owner.keys);
      try {
        await this.session.send("policies", raw);
      } catch (err) {
        if (!(err instanceof CloudError) || err.status !== 409 || attempt === attempts) throw err;
        for (const newer of await this.session.policies()) await this.takePolicy(newer);
        continue;
      }
      await this.takePolicy(raw);
      return holding.policy;
    }
  }

  private async draw(holding: Holding, policy: Policy, edit: (draft: Draft) => void) {
    if (holding.problem) throw new Error(`Its settings cannot be read here, and would be lost: ${holding.problem}`);
    if (holding.inForce > policy.version) {
      throw new Error(`The cloud gives out version ${policy.version} of its policy, and version ${holding.inForce} is in force. Nothing is changed, or what came after it would be undone.`);
    }
    const { name, cameras, viewers } = holding.settings;
    const draft: Draft = {
      viewers: [...policy.viewers],
      settings: { ...(name !== undefined && { name }), cameras: new Map(cameras), viewers: new Map(viewers) },
      renewals: policy.renewals,
      version: policy.version + 1n,
    };
    edit(draft);
    const { settings: _, ...rest } = policy;
    const same = JSON.stringify(plain(draft.settings)) === JSON.stringify(plain(holding.settings));
    const sealed = same ? policy.settings : await this.seal(holding, draft.settings);
    return { ...rest, version: draft.version, viewers: draft.viewers, renewals: draft.renewals, ...(sealed && { settings: sealed }) };
  }

  private async seal(holding: Holding, settings: Settings) {
    if (!holding.offer) throw new Error("What this camera seals its settings to was not found yet: show earlier events, back to the day on which you claimed it.");
    return sealSettings(settings, holding.offer.settings, await recipientOf(this.owner.keys.picture));
  }

  /** renewal grants a new event key, if the newest policy has asked for it and the camera's device key offers it. */
  async renewal(offer: Offer): Promise<Granted | null> {
    const holding = this.held.get(uuid(offer.device));
    if (!holding?.policy || holding.epoch !== offer.epoch || holding.granted.has(hex(offer.hash))) return null;
    if (holding.granted.size >= holding.policy.renewals) throw new Error("This camera asks for more new keys than its policy does.");
    if ((await this.session.revocations()).has(offer.by.serial)) throw new Error("The maker has revoked this camera's certificate: its key is not renewed.");
    const granted = await grantRenewal(this.owner, offer, holding.policy);
    await this.session.send("grants", granted.raw);
    holding.granted.add(hex(offer.hash));
    return granted;
  }

  /** release lets the camera go: to nobody, or to the one owner who may claim it next. */
  async release(device: string, next?: Uint8Array<ArrayBuffer>): Promise<void> {
    await this.session.send("releases", await signRelease({ ...this.ownership(device), ...(next && { next }) }, this.owner.keys));
  }

  /** markLost says that the camera was reset against this owner's will. */
  async markLost(device: string): Promise<void> {
    await this.session.send("lost", await signLost({ ...this.ownership(device), atMs: Date.now() }, this.owner.keys));
  }

  /** ownership is the epoch by the offer that began it, as a record of its claim or its newest policy tells. */
  private ownership(device: string): Ownership {
    const { offer, policy } = this.held.get(device) ?? {};
    if (offer) return { device: offer.device, owner: this.owner.keys.id, epoch: offer.epoch, offer: offer.renews ?? offer.hash };
    if (!policy) throw new Error("How this camera was claimed is not known here yet. Is the cloud within reach?");
    return { device: policy.device, owner: policy.owner, epoch: policy.epoch, offer: policy.offer };
  }
}

function plain(s: Settings): unknown {
  return [s.name ?? "", [...s.cameras].sort(([a], [b]) => a - b), [...s.viewers].sort()];
}

function base64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (b) => String.fromCharCode(b)).join(""));
}
