// A claim through the lens, and those who would like to take part in it.

import assert from "node:assert/strict";
import { before, test } from "node:test";
import { equal, hex, own } from "../src/bytes.ts";
import { Claiming, type Verdict } from "../src/claim.ts";
import { parseCode } from "../src/code.ts";
import { noneRevoked, parseCrl } from "../src/fleet.ts";
import type { StoredOwner } from "../src/keystore.ts";
import { parseOfferMessage } from "../src/offer.ts";
import { recipientOf } from "../src/recipient.ts";
import { openSettings } from "../src/settings.ts";
import { type OfferChange, sealTo, TestDevice, TestFleet } from "./device.ts";
import { cbor, type Item } from "./cbor.ts";
import { random, TestOwner } from "./kit.ts";

let fleet: TestFleet;
let owner: TestOwner;
let stored: StoredOwner;
let device: TestDevice;
const picture = random(200);

before(async () => {
  fleet = await TestFleet.make();
  owner = await TestOwner.make();
  stored = { id: hex(owner.keys.id), keys: owner.keys, root: owner.rootDer, addedMs: 1, came: "made" };
  device = await TestDevice.make(fleet);
});

const claim = () => new Claiming(stored, fleet.fleet, noneRevoked);
const refusal = (v: Verdict): string => ("refused" in v ? v.refused : "aborted" in v ? `aborted: ${v.aborted}` : "not refused");

test("claim: a camera that has seen the code is granted, and what it gets is what it offered", async () => {
  const claiming = claim();
  const { text } = await claiming.show();
  const code = parseCode(text);
  assert.ok(equal(code.owner, owner.keys.id) && equal(code.fleet!, fleet.hash.subarray(0, 16)));
  assert.ok(code.notAfter - Date.now() / 1000 <= 120);
  const offered = await device.answer(code, picture);
  const verdict = await claiming.take(offered.message);
  assert.ok("answer" in verdict, refusal(verdict));
  assert.deepEqual(verdict.answer.view!.bytes, picture);
  assert.equal(verdict.answer.offer.by.level, "key in a TPM 2.0", "the fleet's word");
  assert.equal(verdict.answer.offer.eventLevel, "key in a file", "the camera's word");
  assert.ok("again" in (await claiming.take(offered.message)), "the camera repeats itself until it has a grant");

  const granted = await claiming.accept(verdict.answer, "Front door");
  assert.deepEqual(granted.policy.offer, offered.hash);
  assert.equal(granted.policy.version, 1n);
  assert.deepEqual(granted.policy.recipients, [owner.recipient]);
  assert.equal((await openSettings(granted.policy.settings!, owner.keys.picture)).name, "Front door");
  assert.equal((await openSettings(granted.policy.settings!, offered.settings.privateKey)).name, "Front door", "the camera reads its settings");
  await assert.rejects(claiming.accept(verdict.answer), /Nothing was claimed/, "once");
});

test("claim: each code has a secret of its own, and Wi-Fi stands in the code alone", async () => {
  const claiming = claim();
  const wifi = { ssid: own(new TextEncoder().encode("attic")), passphrase: own(new TextEncoder().encode("correct horse")) };
  const [a, b] = [await claiming.show(), await claiming.show(wifi)];
  assert.notDeepEqual(a.code.secret, b.code.secret);
  assert.match(b.text, /^SIGNET1:[A-Z2-7]+$/);
  assert.deepEqual(parseCode(b.text).wifi, wifi);
  assert.equal(parseCode(a.text).wifi, undefined);
});

/** Who would like to take part, and what becomes of it. Each says who the attacker is. */
const attacks: [string, RegExp, (c: Claiming) => Promise<Verdict>][] = [
  ["the cloud puts another real camera in its place, without the secret", /has seen your code/, async (c) => {
    await c.show();
    return c.take((await (await TestDevice.make(fleet)).offer({ owner: owner.keys.id }, random(16))).message);
  }],
  ["the cloud moves the proof of one offer to another", /has seen your code/, async (c) => {
    const { code } = await c.show();
    const mine = parseOfferMessage((await device.answer(code, null)).message);
    const theirs = parseOfferMessage((await (await TestDevice.make(fleet)).offer({ owner: owner.keys.id }, random(16))).message);
    return c.take(cbor(new Map<Item, Item>([[1, theirs.offer], [2, mine.proof!]])));
  }],
  ["somebody replays an answer to an old code", /has seen your code/, async (c) => {
    const old = claim();
    const offered = await device.answer((await old.show()).code, picture);
    await c.show();
    return c.take(offered.message);
  }],
  ["somebody answers to a code whose time is over", /has seen your code/, async (c) => {
    const { code } = await c.show(undefined, Date.now() - 200_000);
    return c.take((await device.answer(code, picture)).message);
  }],
  ["a camera of another fleet has seen the code", /another fleet/, async (c) => {
    const { code } = await c.show();
    return c.take((await (await TestDevice.make(await TestFleet.make("Other"))).answer(code, picture)).message);
  }],
  ["a camera of a fleet that calls itself the same", /not signed by the fleet/, async (c) => {
    const { code } = await c.show();
    return c.take((await (await TestDevice.make(await TestFleet.make())).answer(code, picture)).message);
  }],
  ["somebody with a camera's number and another key", /another device/, async (c) => {
    const { code } = await c.show();
    const impostor = await TestDevice.make(fleet);
    return c.take((await impostor.answer(code, picture, { device: device.id })).message);
  }],
  ["the cloud has swapped the owner in the code, and asks this one all the same", /somebody else/, async (c) => {
    const { code } = await c.show();
    return c.take((await device.answer(code, picture, { owner: random(32) })).message);
  }],
  ["the cloud swaps the picture", /not the one that the camera has signed/, async (c) => {
    const { code } = await c.show();
    const { offer, proof } = parseOfferMessage((await device.answer(code, picture)).message);
    return c.take(cbor(new Map<Item, Item>([[1, offer], [2, proof!], [3, await sealTo(owner.recipient, random(50))]])));
  }],
  ["the cloud drops the picture", /not the one that the camera has signed/, async (c) => {
    const { code } = await c.show();
    const { offer, proof } = parseOfferMessage((await device.answer(code, picture)).message);
    return c.take(cbor(new Map<Item, Item>([[1, offer], [2, proof!]])));
  }],
  ["the picture is sealed to somebody else", /not sealed to you/, async (c) => {
    const { code } = await c.show();
    const stranger = await TestOwner.make();
    return c.take((await device.answer(code, null, { view: await sealTo(stranger.recipient, picture) })).message);
  }],
  ["a renewal with a proof", /a proof belongs to a claim/, async (c) => {
    const { code } = await c.show();
    return c.take((await device.answer(code, null, { renews: random(32) })).message);
  }],
  ["a key that is kept nobody knows where", /does not say where/, async (c) => {
    const { code } = await c.show();
    return c.take((await device.answer(code, null, { level: "key in a cloud" })).message);
  }],
  ["noise", /CBOR|map/, async (c) => c.take(random(100))],
  ["more than there can be", /more than/, async (c) => c.take(new Uint8Array(100_000))],
];

for (const [who, why, attack] of attacks) {
  test(`claim: refused: ${who}`, async () => assert.match(refusal(await attack(claim())), why));
}

test("claim: two cameras that prove the same code end it, whichever was first", async () => {
  const claiming = claim();
  const { code } = await claiming.show();
  const verdict = await claiming.take((await device.answer(code, picture)).message);
  assert.ok("answer" in verdict);
  assert.match(refusal(await claiming.take((await (await TestDevice.make(fleet)).answer(code, picture)).message)), /^aborted: Two cameras/);
  await assert.rejects(claiming.accept(verdict.answer), /Nothing was claimed/, "not even the first is granted");
});

test("claim: a camera that the maker has revoked is refused", async () => {
  const list = await parseCrl(await fleet.revoke([device.serial]), fleet.fleet);
  const claiming = new Claiming(stored, fleet.fleet, list);
  const { code } = await claiming.show();
  assert.match(refusal(await claiming.take((await device.answer(code, picture)).message)), /revoked/);
  const other = await TestDevice.make(fleet);
  const fresh = await claiming.show();
  assert.ok("answer" in (await claiming.take((await other.answer(fresh.code, picture)).message)));
});

test("claim: only the fleet's own revocation list counts", async () => {
  const other = await TestFleet.make();
  await assert.rejects(parseCrl(await fleet.revoke(["05"], other.key.privateKey), fleet.fleet), /not signed by the fleet/);
  await assert.rejects(parseCrl(await other.revoke(["05"]), fleet.fleet), /another fleet/);
  await assert.rejects(parseCrl(random(60), fleet.fleet), /not one/);
});

test("claim: an offer without a proof claims nothing", async () => {
  const claiming = claim();
  await claiming.show();
  const change: OfferChange & { owner: typeof owner.keys.id } = { owner: owner.keys.id };
  assert.ok("renewal" in (await claiming.take((await device.offer(change)).message)));
});

test("claim: what the page seals itself to is its own picture key", async () => {
  const { code } = await claim().show();
  assert.equal(await recipientOf(owner.keys.picture), owner.recipient);
  assert.equal(code.picture.length, 32);
});
