// What brings an owner back: the seed, as a file or as 24 words. Whoever has either is the owner.

import type { Bytes } from "./bytes.ts";
import { fromBase64, hex, own } from "./bytes.ts";
import type { StoredOwner } from "./keystore.ts";
import { deriveOwner, type OwnerKeys } from "./owner.ts";
import { fromWords } from "./recoverywords.ts";

export const seedPrefix = "SIGNET-SEED-1:";
export const seedSize = 32; // bytes
export const maxRecoveryFile = 16384; // bytes; ours have less than 1000

/** recoverySaved says whether the owner is known to have what brings the keys back. No camera is claimed before. */
export function recoverySaved(owner: StoredOwner): boolean {
  return owner.came !== undefined;
}

/** seedText is the seed as certs/record.cddl has it, for files and for the answer to a join card. */
export function seedText(seed: Bytes): string {
  return seedPrefix + btoa(String.fromCharCode(...seed)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** parseSeedText reads what seedText wrote and nothing else. */
export function parseSeedText(text: string): Bytes {
  const digits = text.startsWith(seedPrefix) ? text.slice(seedPrefix.length) : "";
  let seed: Bytes;
  try {
    seed = fromBase64(digits);
  } catch {
    throw new Error(`The text after ${seedPrefix} has characters that do not belong there.`);
  }
  if (seed.length === seedSize && seedText(seed) === text) return seed;
  seed.fill(0);
  throw new Error(`The text after ${seedPrefix} is not whole: it has 43 characters.`);
}

/** recoveryFile is what the owner keeps. Its lines that begin with # are for people. */
export function recoveryFile(seed: Bytes, owner: Bytes, made: Date): string {
  return [
    "# Signet recovery file",
    "#",
    "# This is the key to your cameras: it opens their pictures and speaks for you. Whoever has it can do both,",
    "# so keep it where nobody else gets it, and not only on the device that you use every day.",
    "# To come back: open your Signet page in any browser, choose \"I have a recovery file or words\", and pick this file.",
    "#",
    `# owner: ${hex(owner)}`,
    `# made:  ${made.toISOString().slice(0, 10)}`,
    "",
    seedText(seed),
    "",
  ].join("\n");
}

export function recoveryFileName(owner: Bytes): string {
  return `signet-recovery-${hex(owner).slice(0, 8)}.txt`;
}

/** Recovered is what a file or words say. The seed is still to be used up: see openRecovery. */
interface Recovered {
  readonly seed: Bytes;
  readonly owner?: string; // that the file names, hex
}

/** readRecovery takes a recovery file, its seed line alone, or 24 words. What is wrong with them, it says for people. */
export function readRecovery(text: string): Recovered {
  if (text.length > maxRecoveryFile) throw new Error("This is no recovery file: it is too large.");
  const seeds = [...new Set(text.match(/SIGNET-SEED-1:\S*/g) ?? [])];
  if (seeds.length > 1) throw new Error("There are several keys in this. Take the file of one owner.");
  if (seeds.length === 0) return { seed: fromWords(text) };
  const owners = [...text.matchAll(/^# owner:\s*([0-9a-f]{64})\s*$/gm)];
  return { seed: parseSeedText(seeds[0]!), ...(owners.length === 1 && { owner: owners[0]![1]! }) };
}

/** openRecovery makes the keys of the owner whom a recovery names and overwrites the seed. `use` may see the seed before,
 * and must not keep it. */
export async function openRecovery(text: string, use?: (seed: Bytes, keys: OwnerKeys) => Promise<void>): Promise<OwnerKeys> {
  const { seed, owner } = readRecovery(text);
  try {
    const keys = await deriveOwner(own(seed));
    if (owner !== undefined && owner !== hex(keys.id)) {
      throw new Error("This file was changed or damaged: the key in it is not of the owner whom it names.");
    }
    await use?.(seed, keys);
    return keys;
  } finally {
    seed.fill(0);
  }
}
