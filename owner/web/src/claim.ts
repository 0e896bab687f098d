// Claiming a camera through its lens. This page shows a code with a secret; the camera that has seen it answers with an
// offer that proves the secret. Then it is the owner who says whether the picture in it is the right view: the cloud
// cannot put another camera in its place, nor another owner.

import { Decrypter } from "age-encryption";
import { type Bytes, equal, hex, own, sha256 } from "./bytes.ts";
import { type ClaimCode, codeText, type WiFi } from "./code.ts";
import type { Fleet, RevocationList } from "./fleet.ts";
import { type Granted, grant } from "./grant.ts";
import type { StoredOwner } from "./keystore.ts";
import { type Offer, type OfferMessage, checkMessage, parseOffer, parseOfferMessage, proves } from "./offer.ts";
import { recipientOf, toX25519 } from "./recipient.ts";
import { sealSettings } from "./settings.ts";

export const codeSeconds = 120;
const graceMs = 60_000; // the camera answers until its code is over, and an answer is under way for a while
const maxCodes = 8; // that are remembered

/** Shown is a code that is on the screen, or was. */
export interface Shown {
  readonly code: ClaimCode;
  readonly text: string;
}

/** Answer is an offer that has been proven, and what its camera saw. */
export interface Answer {
  readonly offer: Offer;
  readonly view?: { readonly bytes: Bytes; readonly mime: "image/jpeg" };
}

/** What becomes of an offer message. */
export type Verdict =
  | { readonly answer: Answer }
  | { readonly again: true } // it came before
  | { readonly renewal: Bytes } // an offer to renew a key: not a claim
  | { readonly refused: string } // it proves nothing here: counted
  | { readonly aborted: string }; // two have proven the same code

interface Try extends Shown {
  readonly endsMs: number;
  first?: string; // hash of the offer that proved it
  over: boolean; // answered twice: no answer to it counts any more
}

export class Claiming {
  private readonly tries: Try[] = [];

  constructor(
    private readonly owner: StoredOwner,
    private readonly fleet: Fleet,
    private readonly revoked: RevocationList,
  ) {}

  /** show makes a fresh code; those before it stay good for their time. */
  async show(wifi?: WiFi, nowMs = Date.now()): Promise<Shown> {
    const code: ClaimCode = {
      owner: this.owner.keys.id,
      secret: crypto.getRandomValues(new Uint8Array(16)),
      notAfter: Math.floor(nowMs / 1000) + codeSeconds,
      picture: toX25519(await recipientOf(this.owner.keys.picture)),
      fleet: own(this.fleet.hash.subarray(0, 16)),
      ...(wifi && { wifi }),
    };
    const shown = { code, text: codeText(code) };
    this.tries.push({ ...shown, endsMs: code.notAfter * 1000 + graceMs, over: false });
    if (this.tries.length > maxCodes) this.tries.shift();
    return shown;
  }

  /** take judges an offer message. Everything in it is checked before anything is decrypted. */
  async take(raw: Bytes, nowMs = Date.now()): Promise<Verdict> {
    let message: OfferMessage;
    try {
      message = parseOfferMessage(raw);
    } catch (err) {
      return { refused: (err as Error).message };
    }
    if (!message.proof) return { renewal: message.offer };
    const proven = await this.provenBy(message, nowMs);
    if (!proven) return { refused: "It was not made by a camera that has seen your code" };
    const hash = hex(await sha256(message.offer));
    if (proven.first === hash) return { again: true };
    if (proven.first !== undefined || proven.over) {
      proven.over = true;
      return { aborted: "Two cameras have answered to the same code. One of them is not in front of this screen." };
    }
    proven.first = hash;
    try {
      const offer = await parseOffer(message.offer, this.fleet);
      if (!equal(offer.owner, this.owner.keys.id)) throw new Error("It is an offer to somebody else");
      await checkMessage(message, offer);
      if (this.revoked.has(offer.by.serial)) throw new Error("The maker has revoked this camera's certificate");
      return { answer: { offer, ...(await this.openView(message)) } };
    } catch (err) {
      return { refused: (err as Error).message };
    }
  }

  private async provenBy(message: OfferMessage, nowMs: number): Promise<Try | undefined> {
    for (const t of this.tries) if (nowMs < t.endsMs && (await proves(message, t.code.secret))) return t;
    return undefined;
  }

  private async openView(message: OfferMessage): Promise<Pick<Answer, "view">> {
    if (!message.view) return {};
    const decrypter = new Decrypter();
    decrypter.addIdentity(this.owner.keys.picture);
    let bytes: Uint8Array;
    try {
      bytes = await decrypter.decrypt(message.view);
    } catch {
      throw new Error("Its picture is not sealed to you");
    }
    return { view: { bytes: own(bytes), mime: "image/jpeg" } };
  }

  /** accept makes the grant of an answer. Its code is good for nothing afterwards. */
  async accept(answer: Answer, name?: string): Promise<Granted> {
    const by = this.tries.find((t) => t.first === hex(answer.offer.hash));
    if (!by || by.over) throw new Error("Two cameras have answered to the same code. Nothing was claimed.");
    by.over = true;
    const recipient = await recipientOf(this.owner.keys.picture);
    const settings = name
      ? await sealSettings({ name, cameras: new Map(), viewers: new Map() }, answer.offer.settings, recipient)
      : null;
    return grant(this.owner, answer.offer, { recipients: [recipient], viewers: [], ...(settings && { settings }) });
  }
}
