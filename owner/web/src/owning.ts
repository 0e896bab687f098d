// What joins the stream to ownership: offers find the claim that is open, renewals are granted by themselves, and what
// records say of their epoch reaches the holdings.

import type { Bytes } from "./bytes.ts";
import type { Entry } from "./camera.ts";
import { Claiming } from "./claim.ts";
import type { Holding, Holdings } from "./holdings.ts";
import type { OfferItem, OwnershipWord } from "./items.ts";
import type { StoredOwner } from "./keystore.ts";
import { parseOffer, parseOfferMessage } from "./offer.ts";
import type { Session } from "./session.ts";

/** OpenClaim is a claim that is shown. */
export interface OpenClaim {
  offer(raw: Bytes, old: boolean): Promise<void>; // old: it may have come before
  claimed(entry: Entry): void;
  word(word: OwnershipWord): void;
}

export class Owning {
  private open: OpenClaim | undefined;

  constructor(
    readonly owner: StoredOwner,
    readonly holdings: Holdings,
    private readonly session: Session,
  ) {}

  /** claiming prepares a claim: nothing is shown before the fleet is known, and whom it has revoked. */
  async claiming(): Promise<Claiming> {
    return new Claiming(this.owner, await this.session.fleet(), await this.session.revocations());
  }

  /** follow has a claim told of everything that may concern it, until it is closed. */
  follow(claim: OpenClaim): void {
    this.open = claim;
  }

  unfollow(claim: OpenClaim): void {
    if (this.open === claim) this.open = undefined;
  }

  send(granted: Bytes): Promise<void> {
    return this.session.send("grants", granted);
  }

  /** refresh catches up with what came while there was no connection. */
  async refresh(): Promise<void> {
    await this.holdings.refresh();
    for (const item of await this.session.offers()) await this.offer(item, true);
  }

  /** offer never throws for what is in it: an offer that is none is nobody's trouble. */
  async offer({ raw }: OfferItem, old = false): Promise<void> {
    if (isRenewal(raw)) await this.renewal(raw);
    else await this.open?.offer(raw, old);
  }

  private async renewal(raw: Bytes): Promise<void> {
    const fleet = await this.session.fleet();
    try {
      await this.holdings.renewal(await parseOffer(parseOfferMessage(raw).offer, fleet));
    } catch (err) {
      console.info("a key was not renewed:", err instanceof Error ? err.message : err); // the cloud delivers it again
    }
  }

  policy(raw: Bytes): Promise<void> {
    return this.holdings.takePolicy(raw);
  }

  word(word: OwnershipWord): void {
    this.holdings.takeWord(word);
    this.open?.word(word);
  }

  /** record tells what a verified record of this owner says of its epoch. */
  record(device: string, entry: Entry): void {
    const { epoch, policy, tidings, quality } = entry.record;
    this.holdings.tell(device, epoch, policy, tidings.offer, quality === "synchronised");
    if (tidings.offer) this.open?.claimed(entry);
  }

  of(device: string): Holding | undefined {
    return this.holdings.of(device);
  }
}

function isRenewal(raw: Bytes): boolean {
  try {
    return parseOfferMessage(raw).proof === undefined;
  } catch {
    return false; // counted where a claim is open
  }
}
