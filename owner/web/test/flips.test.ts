// Statements about ownership with one bit changed, a byte less or a byte more: none is read.

import assert from "node:assert/strict";
import { test } from "node:test";
import { joinCardText, ownerCardText, parseJoinCard, parseOwnerCard, parseViewerCard, viewerCardText } from "../src/cards.ts";
import { codeText, parseCode } from "../src/code.ts";
import { parseClosing, parseLost, parseRelease, signLost, signRelease } from "../src/ending.ts";
import { parseCrl } from "../src/fleet.ts";
import { parseOffer, parseOfferMessage } from "../src/offer.ts";
import { parsePolicy, signPolicy } from "../src/policy.ts";
import { parseRecord } from "../src/record.ts";
import { parse } from "../src/statement.ts";
import { toX25519 } from "../src/recipient.ts";
import { parseSettings } from "../src/settings.ts";
import { TestDevice, TestFleet } from "./device.ts";
import { random, TestOwner } from "./kit.ts";

type B = Uint8Array<ArrayBuffer>;
const step = 11; // bits: each statement has some 3000 to 8000

/** spoilt are the bytes with single bits flipped, cut, and longer. */
function* spoilt(bytes: B): Generator<B> {
  for (let bit = 0; bit < 8 * bytes.length; bit += step) {
    const other = bytes.slice();
    other[bit >> 3]! ^= 1 << (bit & 7);
    yield other;
  }
  yield bytes.slice(0, -1);
  yield new Uint8Array([...bytes, 0]);
  yield new Uint8Array(0);
}

test("flips: no signed statement about ownership is read with a bit changed", async () => {
  const fleet = await TestFleet.make();
  const owner = await TestOwner.make();
  const device = await TestDevice.make(fleet);
  const offered = await device.offer({ owner: owner.keys.id }, random(16));
  const camera = device.camera(owner, 1n, offered, await owner.certify(offered.event.publicKey, device.id, 1n));
  const ownership = { device: device.id, owner: owner.keys.id, epoch: 1n, offer: offered.hash };
  const closing = parseRecord(parse(await device.closed(camera, offered.hash), 16384).payload).closing!;
  const policy = await signPolicy({ ...ownership, version: 1n, recipients: [owner.recipient], viewers: [], renewals: 0 }, owner.keys);
  const all: [string, B, (b: B) => Promise<unknown>][] = [
    ["offer", offered.raw, (b) => parseOffer(b, fleet.fleet)],
    ["closing", closing, (b) => parseClosing(b, fleet.fleet)],
    ["policy", policy, (b) => parsePolicy(b, owner.root)],
    ["release", await signRelease({ ...ownership, next: random(32) }, owner.keys), (b) => parseRelease(b, owner.root)],
    ["lost", await signLost({ ...ownership, atMs: 1 }, owner.keys), (b) => parseLost(b, owner.root)],
  ];
  for (const [what, bytes, read] of all) {
    await read(bytes);
    let tried = 0;
    for (const other of spoilt(bytes)) {
      await assert.rejects(read(other), Error, `${what}: change ${tried}`);
      tried++;
    }
    assert.ok(tried > 50, what);
  }
});

test("flips: a revocation list that is read with a bit changed, outside of what is signed, says the same", async () => {
  const fleet = await TestFleet.make();
  const list = await fleet.revoke(["5eb7130de54102"]);
  for (const other of spoilt(list)) {
    const read = await parseCrl(other, fleet.fleet).catch(() => null);
    assert.ok(read === null || read.has("5eb7130de54102"));
  }
});

test("flips: what is not signed is read as another thing or not at all, and never as the same", async () => {
  const owner = await TestOwner.make();
  const picture = toX25519(owner.recipient);
  const texts: [string, string, (t: string) => unknown][] = [
    ["code", codeText({ owner: owner.keys.id, secret: random(16), notAfter: 1, picture, cloud: "a.example", fleet: random(16) }), parseCode],
    ["viewer card", viewerCardText({ spki: owner.keys.spki, picture, name: "Ada" }), parseViewerCard],
    ["owner card", ownerCardText({ owner: owner.keys.id, name: "Ada" }), parseOwnerCard],
    ["join card", joinCardText({ key: picture }), parseJoinCard],
  ];
  const told = (v: unknown) => JSON.stringify(v, (_, x) => (x instanceof Uint8Array ? [...x] : x));
  for (const [what, text, read] of texts) {
    const right = told(await read(text));
    for (let i = 0; i < text.length; i++) {
      for (const c of ["A", "7", "a", "=", "\n"]) {
        const other = text.slice(0, i) + c + text.slice(i + 1);
        if (other.trim() === text) continue;
        const value = await Promise.resolve().then(() => read(other)).catch(() => undefined);
        assert.notEqual(told(value), right, `${what}: ${c} at ${i}`);
      }
    }
  }
});

test("flips: noise of every length is refused quietly", () => {
  for (let size = 0; size < 400; size += 3) {
    for (const read of [parseOfferMessage, parseSettings]) assert.throws(() => read(random(size)), Error);
  }
});
