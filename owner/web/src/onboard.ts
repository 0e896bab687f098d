// A new owner: a key that is made in this browser and kept only when its owner has what brings it back.

import { type Bytes, hex, own } from "./bytes.ts";
import { keep, type StoredOwner } from "./keystore.ts";
import { deriveOwner, type OwnerKeys } from "./owner.ts";
import { openRecovery, recoveryFile, seedSize, seedText } from "./recovery.ts";
import { split, toWords, wordCount } from "./recoverywords.ts";
import { makeRoot } from "./root.ts";

/** Fresh is an owner whose seed is in memory, and nowhere else, until it is kept or discarded. */
export class Fresh {
  readonly made = new Date();
  /** Which words the owner is asked for: two places, from 0, in order. */
  readonly asked: readonly [number, number] = twoPlaces();
  private proven = false;

  private constructor(
    private readonly seed: Bytes,
    readonly keys: OwnerKeys,
  ) {}

  static async make(): Promise<Fresh> {
    const seed = crypto.getRandomValues(new Uint8Array(seedSize));
    return new Fresh(seed, await deriveOwner(own(seed)));
  }

  file(): string {
    return recoveryFile(this.seed, this.keys.id, this.made);
  }

  words(): string[] {
    return toWords(this.seed);
  }

  text(): string {
    return seedText(this.seed);
  }

  /** checkFile throws unless this text brings the same owner back. */
  async checkFile(text: string): Promise<void> {
    const { id } = await openRecovery(text);
    if (hex(id) !== hex(this.keys.id)) throw new Error(`This brings owner ${hex(id).slice(0, 8)} back, not the new one. Take the file that was saved just now.`);
    this.proven = true;
  }

  /** checkWords throws unless these are the words at the places that were asked for. */
  checkWords(first: string, second: string): void {
    const right = this.words();
    for (const [i, typed] of [first, second].entries()) {
      const place = this.asked[i]!;
      if (split(typed).join(" ") !== right[place]) throw new Error(`Word ${place + 1} is another one on the sheet.`);
    }
    this.proven = true;
  }

  /** keep stores the keys, non-extractable, and overwrites the seed. It refuses before a check has succeeded. */
  async keep(): Promise<StoredOwner> {
    if (!this.proven) throw new Error("The key is not kept before its recovery is known to be saved.");
    const owner = await keep(this.keys, await makeRoot(this.keys), "made");
    this.discard();
    return owner;
  }

  discard(): void {
    this.seed.fill(0);
    this.proven = false;
  }
}

/** recover keeps the owner whom a recovery file or words bring back. */
export async function recover(text: string): Promise<StoredOwner> {
  const keys = await openRecovery(text);
  return keep(keys, await makeRoot(keys), "recovered");
}

function twoPlaces(): [number, number] {
  const [a, b] = crypto.getRandomValues(new Uint32Array(2));
  const first = a! % wordCount;
  const second = (first + 1 + (b! % (wordCount - 1))) % wordCount;
  return first < second ? [first, second] : [second, first];
}
