// Other owners' cameras: who was expected, what each has let this key see, and by whose key it is proven. Only an owner
// whose card was entered in this browser is believed; the cloud can add nobody.

import { equal, hex, uuid } from "./bytes.ts";
import type { OwnerCard } from "./cards.ts";
import type { Issuer } from "./certificate.ts";
import { request } from "./database.ts";
import type { OwnerKeys } from "./owner.ts";
import { issuerFrom } from "./ownerkey.ts";
import { claimedOwner, type Policy, parsePolicy, scopes } from "./policy.ts";
import type { RecordBody } from "./record.ts";

/** OtherOwner is somebody whose cameras are expected, by the card that was entered. */
export interface OtherOwner {
  readonly viewer: string; // owner of this browser who entered it, hex
  readonly owner: string; // hex
  readonly name?: string;
  readonly addedMs: number;
}

/** expectedOwners returns those whose cameras may be drawn for this owner, oldest first. */
export async function expectedOwners(viewer: string): Promise<OtherOwner[]> {
  const all = await request<OtherOwner[]>("others", "readonly", (s) => s.getAll());
  return all.filter((o) => o.viewer === viewer).sort((a, b) => a.addedMs - b.addedMs);
}

/** expect believes another owner from now on. It throws what to tell people. */
export async function expect(viewer: string, card: OwnerCard): Promise<OtherOwner> {
  const owner = hex(card.owner);
  if (owner === viewer) throw new Error("This is your own card. Enter the card of the one whose cameras you would like to watch.");
  const other = { viewer, owner, ...(card.name !== undefined && { name: card.name }), addedMs: Date.now() };
  await request("others", "readwrite", (s) => s.put(other));
  return other;
}

export async function expectNoMore(other: OtherOwner): Promise<void> {
  await request("others", "readwrite", (s) => s.delete([other.viewer, other.owner]));
}

/** Share is what another owner's newest policy lets this key do with one camera. */
export interface Share {
  readonly by: OtherOwner;
  readonly issuer: Issuer;
  readonly device: string;
  readonly epoch: bigint;
  readonly version: bigint;
  readonly scope: number;
  readonly notAfterMs: number;
  readonly since: bigint; // version of the policy: earlier records are from before
  readonly recipients: readonly string[]; // of this key, by the policy
}

interface Known {
  readonly epoch: bigint;
  readonly version: bigint;
  readonly share?: Share; // none: this key is not named any more
}

/** Shares are those of one viewer. */
export class Shares {
  private readonly known = new Map<string, Known>(); // by owner and device

  constructor(
    private readonly keys: OwnerKeys,
    readonly expected: readonly OtherOwner[],
  ) {}

  get all(): Share[] {
    return [...this.known.values()].flatMap((k) => k.share ?? []);
  }

  of(owner: string, device: string): Share | undefined {
    return this.known.get(`${owner}/${device}`)?.share;
  }

  /** replace takes the cloud's whole list: what it names no more is shared no more. */
  async replace(policies: Uint8Array[]): Promise<void> {
    const before = [...this.known.keys()];
    const named = new Set<string>();
    for (const raw of policies) {
      const key = await this.take(raw);
      if (key) named.add(key);
    }
    for (const key of before) {
      const known = this.known.get(key)!;
      if (!named.has(key)) this.known.set(key, { epoch: known.epoch, version: known.version });
    }
  }

  /** take reads a policy of an expected owner, and returns whose camera it is about; null for what is no such thing. A
   * policy that is older than what is known changes nothing. */
  async take(raw: Uint8Array): Promise<string | null> {
    let policy: Policy;
    let issuer: Issuer;
    let by: OtherOwner | undefined;
    try {
      const owner = claimedOwner(raw);
      by = this.expected.find((o) => o.owner === hex(owner));
      if (!by) return null;
      issuer = await issuerFrom(raw, "signet/v1 policy", owner);
      policy = await parsePolicy(raw, issuer);
    } catch {
      return null;
    }
    const device = uuid(policy.device);
    const key = `${by.owner}/${device}`;
    const known = this.known.get(key);
    if (known && (policy.epoch < known.epoch || (policy.epoch === known.epoch && policy.version < known.version))) return key;
    const mine = policy.viewers.find((v) => equal(v.spki, this.keys.spki));
    const { epoch, version } = policy;
    const share = mine && { by, issuer, device, epoch, version, scope: mine.scope, notAfterMs: mine.notAfterMs, since: mine.since, recipients: mine.recipient === undefined ? [] : [mine.recipient] };
    this.known.set(key, { epoch, version, ...(share && { share }) });
    return key;
  }

  /** issuerOf says by whose key a record of another owner is proven, or why it may not be drawn. */
  issuerOf(record: RecordBody, now = Date.now()): Issuer | string {
    const owner = hex(record.owner);
    if (!this.expected.some((o) => o.owner === owner)) return "it names another owner";
    const share = this.of(owner, uuid(record.device));
    if (!share || share.epoch !== record.epoch) return "its owner does not share this camera with you";
    if (!(share.scope & scopes.clips)) return "its owner lets you watch live only";
    if (record.policy < share.since) return "it is from before its owner shared this camera with you";
    if (now > share.notAfterMs) return "the time for which its owner shared this camera is over";
    return share.issuer;
  }
}

/** ownerName is how another owner is called here. */
export function ownerName(other: OtherOwner): string {
  return other.name ?? `Owner ${other.owner.slice(0, 8)}`;
}

