import assert from "node:assert/strict";
import { test } from "node:test";
import { fromHex, hex, own } from "../src/bytes.ts";
import { Fresh } from "../src/onboard.ts";
import { deriveOwner } from "../src/owner.ts";
import { openRecovery, parseSeedText, readRecovery, recoveryFile, seedText } from "../src/recovery.ts";
import { complete, fromWords, toWords } from "../src/recoverywords.ts";
import { random } from "./kit.ts";

// From the vectors of BIP 39 (trezor/python-mnemonic), those of 256 bits.
const vectors: [string, string][] = [
  ["00".repeat(32), `${"abandon ".repeat(23)}art`],
  ["7f".repeat(32), "legal winner thank year wave sausage worth useful legal winner thank year wave sausage worth useful legal winner thank year wave sausage worth title"],
  ["ff".repeat(32), `${"zoo ".repeat(23)}vote`],
  ["68a79eaca2324873eacc50cb9c6eca8cc68ea5d936f98787c60c7ebc74e6ce7c", "hamster diagram private dutch cause delay private meat slide toddler razor book happy fancy gospel tennis maple dilemma loan word shrug inflict delay length"],
];

test("recovery: words are those of BIP 39, both ways", () => {
  for (const [seed, words] of vectors) {
    assert.equal(toWords(fromHex(seed)).join(" "), words);
    assert.equal(hex(fromWords(words)), seed);
  }
  const typed = vectors[3]![1].split(" ").map((w, i) => `${i + 1}. ${w.toUpperCase()}`).join(",\n");
  assert.equal(hex(readRecovery(typed).seed), vectors[3]![0], "numbers, capitals and commas do not matter");
});

test("recovery: what is wrong with words is said of the word", () => {
  const words = vectors[3]![1].split(" ");
  const but = (i: number, w: string) => words.map((x, k) => (k === i ? w : x)).join(" ");
  const says = (text: string, re: RegExp) => assert.throws(() => fromWords(text), re);
  says(but(6, "privat"), /^Error: Word 7, “privat”, is not in the list of words\. Did you mean “private”\?/);
  says(but(3, "dtuch"), /Word 4, “dtuch”.*“dutch”/);
  says(but(3, "xylophone"), /Word 4, “xylophone”, is not in the list of words\.$/);
  says(words.slice(1).join(" "), /23 words instead of 24\.$/);
  says(`${but(0, "hamstr")} more`, /25 words instead of 24\. Word 1, “hamstr”/);
  says("", /neither a key nor a word/);
  says("this is ".repeat(30), /neither a recovery file nor 24 words/);
  says(but(19, "zoo"), /The checksum of these words is wrong/);
  says(but(19, "wood"), /The checksum of these words is wrong[^]*Look at [^]*word 20 \(“wood”, or “word”\?\)/);
  const swapped = [...words];
  [swapped[10], swapped[11]] = [words[11]!, words[10]!];
  says(swapped.join(" "), /Look at [^]*the order of words 11 and 12/);
});

test("recovery: words are completed from their beginning", () => {
  assert.deepEqual(complete("aban"), ["abandon"]);
  assert.deepEqual(complete("wor"), ["word", "work", "world", "worry", "worth"]);
  assert.deepEqual(complete(""), []);
  assert.deepEqual(complete("qq"), []);
});

test("recovery: the file brings the same owner back, and one that was changed says so", async () => {
  const seed = random(32);
  const keys = await deriveOwner(own(seed));
  const file = recoveryFile(seed, keys.id, new Date("2026-01-02T03:04:05Z"));
  assert.match(file, /^# Signet recovery file\n/);
  assert.match(file, new RegExp(`^# owner: ${hex(keys.id)}$`, "m"));
  assert.match(file, /^SIGNET-SEED-1:[A-Za-z0-9_-]{43}$/m);
  assert.equal(hex((await openRecovery(file)).id), hex(keys.id));
  assert.equal(hex((await openRecovery(file.replaceAll("\n", "\r\n"))).id), hex(keys.id), "as Windows writes lines");
  assert.equal(hex((await openRecovery(seedText(seed))).id), hex(keys.id), "the line alone");
  assert.equal(hex((await openRecovery(toWords(seed).join(" "))).id), hex(keys.id), "the words");
  const other = await deriveOwner(random(32));
  await assert.rejects(openRecovery(file.replace(hex(keys.id), hex(other.id))), /changed or damaged/);
  await assert.rejects(openRecovery(file.replace(/SEED-1:.{3}/, "SEED-1:AAA")), /changed or damaged/);
  await assert.rejects(openRecovery(`${file}${seedText(random(32))}`), /several keys/);
  await assert.rejects(openRecovery("x".repeat(20000)), /too large/);
});

test("recovery: the seed is overwritten, also when its use fails", async () => {
  const text = seedText(random(32));
  let kept = new Uint8Array();
  await assert.rejects(openRecovery(text, async (seed) => {
    kept = seed;
    throw new Error("no use");
  }), /no use/);
  assert.ok(kept.length === 32 && kept.every((b) => b === 0));
});

test("recovery: a seed's text has one spelling", () => {
  const seed = random(32);
  assert.deepEqual(parseSeedText(seedText(seed)), seed);
  const text = seedText(new Uint8Array(32));
  for (const wrong of [text.slice(0, -1), `${text}A`, `${text}=`, `${text.slice(0, -1)}B`, text.replace("AA", "A A"), text.replace("AA", "//"), text.toLowerCase(), ""]) {
    assert.throws(() => parseSeedText(wrong), /not whole|do not belong/, wrong);
  }
});

test("onboarding: no key is kept before its recovery was checked", async () => {
  const fresh = await Fresh.make();
  await assert.rejects(fresh.keep(), /before its recovery is known to be saved/);
  await assert.rejects(fresh.checkFile(seedText(random(32))), /not the new one/);
  await assert.rejects(fresh.keep(), /before its recovery/);
  const [first, second] = fresh.asked;
  assert.ok(first < second && first >= 0 && second < 24);
  const words = fresh.words();
  assert.throws(() => fresh.checkWords(words[first]!, ""), new RegExp(`Word ${second + 1} is another`));
  await assert.rejects(fresh.keep(), /before its recovery/);
  fresh.checkWords(words[first]!, words[second]!);
  fresh.discard();
  assert.equal(fresh.text(), seedText(new Uint8Array(32)), "the seed is overwritten");
  await assert.rejects(fresh.keep(), /before its recovery/);
});
