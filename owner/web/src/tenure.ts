// Who may speak in an epoch, and until when. Each event key is in force from its `claimed` record until the next one's;
// the `closed` record is the epoch's last. What is not loaded objects to nothing: this can only refuse.

import { equal, hex, sha256, uuid } from "./bytes.ts";
import type { EventCertificate, Issuer } from "./certificate.ts";
import { type Closing, parseClosing, parseRelease } from "./ending.ts";
import type { Fleet } from "./fleet.ts";
import { type Offer, parseOffer } from "./offer.ts";
import { before, type Position } from "./position.ts";
import type { RecordBody } from "./record.ts";

/** Tidings are what a record says about its epoch, verified. */
export interface Tidings {
  readonly offer?: Offer; // of a claimed record
  readonly closing?: Closing; // of a closed record
}

export type Objection = "wrong-offer" | "wrong-closing" | "ended" | "old-key";

/** Objected says why a record is refused although its signature is true. */
export class Objected extends Error {
  constructor(
    readonly reason: Objection,
    message: string,
  ) {
    super(message);
  }
}

interface Start {
  readonly x5t: string;
  readonly renewal: boolean;
  at: Position;
}

interface Epoch {
  readonly starts: Map<string, Start>; // by x5t
  end?: Position;
}

export class Tenures {
  private readonly epochs = new Map<string, Epoch>();

  /** The fleet certifies the devices that sign offers and closings. It throws if it cannot be had: then nothing is known. */
  constructor(private readonly fleet: () => Promise<Fleet>) {}

  /** admit returns what the record tells of its epoch, or throws Objected. Its signature has been checked already. */
  async admit(r: RecordBody, by: EventCertificate, issuer: Issuer): Promise<Tidings> {
    const tidings: Tidings = {
      ...(r.offer && { offer: await this.claim(r, by) }),
      ...(r.closing && { closing: await this.closing(r, issuer) }),
    };
    const epoch = this.epoch(r);
    if (epoch.end && before(epoch.end, r.position)) throw new Objected("ended", "this ownership had ended before");
    const x5t = hex(by.x5t);
    if (tidings.offer) this.start(epoch, { x5t, renewal: tidings.offer.renews !== undefined, at: r.position });
    this.checkInForce(epoch, r.position, x5t);
    if (tidings.closing) epoch.end = r.position;
    return tidings;
  }

  /** objection is what has become known since a record was admitted, and speaks against it. */
  objection(r: RecordBody, by: EventCertificate): Objected | null {
    const epoch = this.epoch(r);
    if (epoch.end && before(epoch.end, r.position)) return new Objected("ended", "this ownership had ended before");
    try {
      this.checkInForce(epoch, r.position, hex(by.x5t));
      return null;
    } catch (err) {
      if (err instanceof Objected) return err;
      throw err;
    }
  }

  private epoch(r: RecordBody): Epoch {
    const key = `${uuid(r.device)}/${hex(r.owner)}/${r.epoch}`;
    let epoch = this.epochs.get(key);
    if (!epoch) this.epochs.set(key, (epoch = { starts: new Map() }));
    return epoch;
  }

  /** start notes from when a key is in force: the first time that it says so. It says so again for a cloud that lost its word. */
  private start(epoch: Epoch, s: Start): void {
    const known = epoch.starts.get(s.x5t);
    const renewed = [...epoch.starts.values()].some((k) => k.renewal && before(k.at, s.at) && k.x5t !== s.x5t);
    if (!s.renewal && renewed) throw new Objected("old-key", "a claim that comes after its own renewal");
    if (!known || before(s.at, known.at)) epoch.starts.set(s.x5t, s);
  }

  private checkInForce(epoch: Epoch, at: Position, x5t: string): void {
    const starts = [...epoch.starts.values()];
    const latest = starts.filter((s) => !before(at, s.at)).reduce<Start | undefined>((a, b) => (a && before(b.at, a.at) ? a : b), undefined);
    if (latest ? latest.x5t !== x5t : epoch.starts.has(x5t)) {
      throw new Objected("old-key", "its key was not in force then");
    }
  }

  private async claim(r: RecordBody, by: EventCertificate): Promise<Offer> {
    const fleet = await this.fleet();
    try {
      const offer = await parseOffer(r.offer!, fleet);
      if (!equal(offer.device, r.device) || !equal(offer.owner, r.owner) || offer.epoch !== r.epoch) throw new Error("offer: of another claim");
      if (!equal(await sha256(offer.eventKey), by.keyId)) throw new Error("offer: of another event key");
      if (offer.eventLevel !== by.level) throw new Error("offer: its key is kept elsewhere");
      return offer;
    } catch (err) {
      throw new Objected("wrong-offer", (err as Error).message);
    }
  }

  private async closing(r: RecordBody, issuer: Issuer): Promise<Closing> {
    const fleet = await this.fleet();
    try {
      const closing = await parseClosing(r.closing!, fleet);
      if (closing.release) await parseRelease(closing.release, issuer); // it is of this ownership: see readClosing
      return closing;
    } catch (err) {
      throw new Objected("wrong-closing", (err as Error).message);
    }
  }
}
