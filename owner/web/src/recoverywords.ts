// A seed as 24 English words (BIP 39): 256 bits and 8 bits of checksum. The words spell the seed itself; the derivation
// that BIP 39 adds for wallets plays no part.

import { entropyToMnemonic, mnemonicToEntropy } from "@scure/bip39";
import { wordlist } from "@scure/bip39/wordlists/english.js";
import { type Bytes, own } from "./bytes.ts";

export const wordCount = 24;
const known = new Set(wordlist);

export function toWords(seed: Bytes): string[] {
  return entropyToMnemonic(seed, wordlist).split(" ");
}

/** split takes what somebody has typed or copied apart: capitals, numbers and commas do not matter. */
export function split(text: string): string[] {
  return text.toLowerCase().match(/[a-z]+/g) ?? [];
}

/** complete returns the words that begin so, at most `limit`; of an empty beginning none. */
export function complete(beginning: string, limit = 6): string[] {
  if (beginning === "") return [];
  const found = wordlist.filter((w) => w.startsWith(beginning));
  return found.slice(0, limit);
}

/** strange says which of the words are not in the list, and what may have been meant. */
export function strange(words: string[]): string | null {
  const at = words.findIndex((w) => !known.has(w));
  if (at < 0) return null;
  const near = alike(words[at]!).slice(0, 3);
  const meant = near.length > 0 ? ` Did you mean ${orOf(near.map((w) => `“${w}”`))}?` : "";
  return `Word ${at + 1}, “${words[at]!.slice(0, 20)}”, is not in the list of words.${meant}`;
}

/** fromWords returns the seed, or says for people which word is wrong, as far as that can be known. */
export function fromWords(text: string): Bytes {
  const words = split(text);
  const wrong = strange(words);
  if (words.length !== wordCount || wrong) {
    if (words.length === 0) throw new Error("There is neither a key nor a word in this.");
    if (wrong && words.length === wordCount) throw new Error(wrong);
    if (wrong && words.length > wordCount + 8) throw new Error("This is neither a recovery file nor 24 words.");
    throw new Error(`${words.length === 1 ? "This is 1 word" : `These are ${words.length} words`} instead of ${wordCount}.${wrong ? ` ${wrong}` : ""}`);
  }
  const seed = entropy(words);
  if (seed) return seed;
  const told = suspects(words);
  throw new Error(
    "The checksum of these words is wrong: at least one is another word than on your sheet, or two have changed places." +
      (told.length > 0 ? ` Look at ${orOf(told)} first.` : ""),
  );
}

function entropy(words: string[]): Bytes | null {
  try {
    return own(mnemonicToEntropy(words.join(" "), wordlist));
  } catch {
    return null;
  }
}

/** suspects names the places where one easy mistake would explain the checksum: a look-alike, or neighbours exchanged.
 * One in 256 of the innocent ones is among them. */
function suspects(words: string[]): string[] {
  const told: string[] = [];
  for (const [i, word] of words.entries()) {
    const fits = alike(word).filter((other) => other !== word && entropy(exchanged(words, i, other)));
    if (fits.length > 0) told.push(`word ${i + 1} (“${word}”, or ${orOf(fits.map((w) => `“${w}”`))}?)`);
    const next = words[i + 1];
    if (next !== undefined && next !== word && entropy(exchanged(words, i, next, word))) told.push(`the order of words ${i + 1} and ${i + 2}`);
  }
  return told.slice(0, 3);
}

const exchanged = (words: string[], at: number, ...others: string[]): string[] => words.map((w, i) => others[i - at] ?? w);

/** alike returns the words of the list that one slip of the pen or the finger makes of this one. */
function alike(word: string): string[] {
  const near = new Set<string>();
  for (let i = 0; i <= word.length; i++) {
    const [head, tail] = [word.slice(0, i), word.slice(i)];
    near.add(head + tail.slice(1)); // one too many
    if (tail.length > 1) near.add(head + tail[1]! + tail[0]! + tail.slice(2)); // exchanged
    for (const letter of "abcdefghijklmnopqrstuvwxyz") {
      near.add(head + letter + tail); // one missing
      near.add(head + letter + tail.slice(1)); // another
    }
  }
  return wordlist.filter((w) => near.has(w));
}

function orOf(all: string[]): string {
  return all.length > 1 ? `${all.slice(0, -1).join(", ")} or ${all.at(-1)}` : all.join("");
}
