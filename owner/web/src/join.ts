// A second device of the same owner. The new one shows a card with a fresh key; the first one, which needs the recovery
// file or words once more, seals the seed to that key. The cloud keeps the sealed answer for ten minutes.

import { Decrypter } from "age-encryption";
import { type Bytes, concat, hex, utf8 } from "./bytes.ts";
import { type JoinCard, joinCardText, joinId } from "./cards.ts";
import { plain, readAll } from "./http.ts";
import { keep, type StoredOwner } from "./keystore.ts";
import { deriveOwner, type OwnerKeys } from "./owner.ts";
import { fromX25519, recipientOf, seal, toX25519 } from "./recipient.ts";
import { openRecovery, parseSeedText, seedText } from "./recovery.ts";
import { makeRoot } from "./root.ts";

export const maxJoinAnswer = 4096; // bytes
const digitRounds = 600_000; // of PBKDF2: about 0.2 s here, and as long again for each card that somebody tries

/** joinDigits are six digits for people to compare. They come from the card's hash slowly, so that no other card with the
 * same ones is found while somebody waits. */
export async function joinDigits(card: JoinCard): Promise<string> {
  return slowDigits(await joinId(card), "signet/v1 join digits");
}

/** answerDigits are six more, for who answers the card: of the card and of that owner's id, so that nobody who sees the card
 * finds an owner with the same ones in time. */
export async function answerDigits(card: JoinCard, owner: Bytes): Promise<string> {
  return slowDigits(concat(await joinId(card), owner), "signet/v1 answer digits");
}

async function slowDigits(of: Bytes, salt: string): Promise<string> {
  const key = await crypto.subtle.importKey("raw", of, "PBKDF2", false, ["deriveBits"]);
  const parameters = { name: "PBKDF2", hash: "SHA-256", salt: utf8(salt), iterations: digitRounds };
  const bits = await crypto.subtle.deriveBits(parameters, key, 32);
  return String(new DataView(bits).getUint32(0) % 1_000_000).padStart(6, "0");
}

/** inHalves is how digits are shown. */
export function inHalves(digits: string): string {
  return `${digits.slice(0, 3)} ${digits.slice(3)}`;
}

/** Joined are the keys that an answer brought. Whoever has seen the card could have answered, with a key of their own: so
 * people compare the id, and only then is it kept. */
export class Joined {
  constructor(private readonly keys: OwnerKeys) {}

  get id(): string {
    return hex(this.keys.id);
  }

  async keep(): Promise<StoredOwner> {
    return keep(this.keys, await makeRoot(this.keys), "joined");
  }
}

/** Joining is the new device's half. Its key is not extractable and is gone when the page is left. */
export class Joining {
  private constructor(
    readonly card: JoinCard,
    readonly text: string,
    readonly id: string, // hex
    private readonly key: CryptoKey,
  ) {}

  static async begin(): Promise<Joining> {
    const { privateKey } = (await crypto.subtle.generateKey({ name: "X25519" }, false, ["deriveBits"])) as CryptoKeyPair;
    const card = { key: toX25519(await recipientOf(privateKey)) };
    return new Joining(card, joinCardText(card), hex(await joinId(card)), privateKey);
  }

  /** ask returns the keys once somebody has answered, and null before. It throws what to tell people. */
  async ask(signal?: AbortSignal): Promise<Joined | null> {
    const response = await plain(`/api/v1/join/${this.id}`, signal ? { signal } : {}, [404]);
    return response.status === 404 ? null : this.open(await readAll(response, maxJoinAnswer));
  }

  /** open takes the seed out of an answer, makes the keys, and overwrites the seed. */
  async open(answer: Bytes): Promise<Joined> {
    const decrypter = new Decrypter();
    decrypter.addIdentity(this.key);
    let text: Uint8Array;
    try {
      text = await decrypter.decrypt(answer);
    } catch {
      throw new Error("The answer that the cloud keeps is not sealed to this browser.");
    }
    const seed = parseSeedText(new TextDecoder().decode(text));
    text.fill(0);
    return new Joined(await deriveOwner(seed));
  }
}

/** answerJoin seals the seed of that owner to a card. It refuses another owner's recovery. */
export async function answerJoin(card: JoinCard, recovery: string, owner: StoredOwner): Promise<Bytes> {
  let answer: Bytes | undefined;
  await openRecovery(recovery, async (seed, keys) => {
    if (hex(keys.id) !== owner.id) {
      throw new Error(`This is the recovery of owner ${hex(keys.id).slice(0, 8)}, and the other device is to join owner ${owner.id.slice(0, 8)}.`);
    }
    const text = new TextEncoder().encode(seedText(seed));
    answer = await seal([fromX25519(card.key)], text);
    text.fill(0);
  });
  return answer!;
}
