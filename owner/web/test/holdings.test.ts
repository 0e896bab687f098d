// Policies of an owner's cameras: changed, applied, and never brought back.

import assert from "node:assert/strict";
import { before, beforeEach, test } from "node:test";
import { hex, own, uuid } from "../src/bytes.ts";
import { CloudError } from "../src/http.ts";
import { grant } from "../src/grant.ts";
import { type Draft, Holdings, type Keeping } from "../src/holdings.ts";
import { noneRevoked, parseCrl } from "../src/fleet.ts";
import type { StoredOwner } from "../src/keystore.ts";
import { type Offer, parseOffer } from "../src/offer.ts";
import { parsePolicy, scopes, signPolicy, untilRemoved } from "../src/policy.ts";
import { openSettings } from "../src/settings.ts";
import { parseLost, parseRelease } from "../src/ending.ts";
import { type Offered, TestDevice, TestFleet } from "./device.ts";
import { cbor, type Item } from "./cbor.ts";
import { random, signed, TestOwner } from "./kit.ts";

type B = Uint8Array<ArrayBuffer>;

let fleet: TestFleet;
let owner: TestOwner;
let stored: StoredOwner;
let device: TestDevice;
let offered: Offered;
let offer: Offer;
let first: B; // policy
let cloud: Carrier;
let kept: Keeping;
let holdings: Holdings;

/** Carrier is a cloud that hands out what the test wants. */
class Carrier {
  given: B[] = [];
  sent: [string, B][] = [];
  refuse: number[] = []; // statuses for what comes next
  revoked = noneRevoked;
  policies = async () => this.given;
  ownership = async () => [];
  revocations = async () => this.revoked;
  send = async (what: string, raw: B) => {
    const status = this.refuse.shift();
    if (status) throw new CloudError(status, "it is not taken");
    this.sent.push([what, raw]);
  };
}

function memory(): Keeping {
  const all = new Map<string, string>();
  return { getItem: (k) => all.get(k) ?? null, setItem: (k, v) => void all.set(k, v) };
}

const id = () => uuid(device.id);
const open = () => new Holdings(stored, owner.root, cloud, () => undefined, kept);
const policyAt = async (version: bigint, change = {}) =>
  signPolicy({ device: device.id, owner: owner.keys.id, epoch: 1n, offer: offered.hash, version, recipients: [owner.recipient], viewers: [], renewals: 0, ...change }, owner.keys);

before(async () => {
  fleet = await TestFleet.make();
  owner = await TestOwner.make();
  stored = { id: hex(owner.keys.id), keys: owner.keys, root: owner.rootDer, addedMs: 1, came: "made" };
});

beforeEach(async () => {
  device = await TestDevice.make(fleet);
  offered = await device.offer({ owner: owner.keys.id }, random(16));
  offer = await parseOffer(offered.raw, fleet.fleet);
  first = (await grant(stored, offer, { recipients: [owner.recipient], viewers: [] })).policy.raw;
  cloud = new Carrier();
  cloud.given = [first];
  kept = memory();
  holdings = open();
  await holdings.refresh();
  holdings.tell(id(), 1n, 1n, offer);
});

const rename = (name: string) => (d: Draft) => void (d.settings.name = name);

test("holdings: a change is the next version, sealed to camera and owner, and all else stays", async () => {
  const viewer = await TestOwner.make();
  await holdings.change(id(), (d) => d.viewers.push({ spki: viewer.keys.spki, scope: scopes.clips, notAfterMs: untilRemoved, recipient: viewer.recipient, since: d.version }));
  const policy = await holdings.change(id(), rename("Hall"));
  assert.equal(policy.version, 3n);
  assert.deepEqual(policy.offer, offered.hash);
  assert.equal(policy.viewers[0]!.since, 2n);
  assert.equal((await openSettings(policy.settings!, offered.settings.privateKey)).name, "Hall");
  assert.equal(holdings.of(id())!.settings.name, "Hall");
  await assert.rejects(openSettings(policy.settings!, viewer.keys.picture), /not sealed/, "no viewer reads them");
  const sealed = policy.settings!;
  const next = await holdings.change(id(), (d) => void d.viewers.pop());
  assert.deepEqual(next.settings, sealed, "what is the same is not sealed anew");
  assert.deepEqual(cloud.sent.map(([what]) => what), ["policies", "policies", "policies"]);
});

test("holdings: a change by another browser meanwhile is taken up, not undone", async () => {
  const theirs = await policyAt(2n, { renewals: 1 });
  cloud.given = [theirs];
  cloud.refuse = [409];
  const policy = await holdings.change(id(), rename("Hall"));
  assert.equal(policy.version, 3n);
  assert.equal(policy.renewals, 1);
});

test("holdings: a cloud that hands out an old policy brings nothing back", async () => {
  const newer = await holdings.change(id(), rename("Hall"));
  await holdings.takePolicy(first);
  assert.equal(holdings.of(id())!.policy!.hash, newer.hash);
  cloud.given = [first];
  const later = open(); // the page is opened anew
  await later.refresh();
  assert.equal(later.of(id())!.policy!.hash, newer.hash, "this browser remembers");
});

test("holdings: nothing is changed on top of a policy that is older than the one in force", async () => {
  holdings.tell(id(), 1n, 5n);
  await assert.rejects(holdings.change(id(), rename("Hall")), /version 1 of its policy, and version 5 is in force/);
  assert.equal(cloud.sent.length, 0);
});

test("holdings: policies of others, changed ones and those of a former epoch are not taken", async () => {
  const stranger = await TestOwner.make();
  const forged = own(await policyAt(9n));
  forged[forged.length - 1]! ^= 1;
  const theirs = await signPolicy({ device: device.id, owner: stranger.keys.id, epoch: 1n, offer: offered.hash, version: 9n, recipients: [stranger.recipient], viewers: [], renewals: 0 }, stranger.keys);
  for (const raw of [forged, theirs, random(99)]) await holdings.takePolicy(raw);
  assert.equal(holdings.of(id())!.policy!.version, 1n);
  await holdings.takePolicy(await policyAt(1n, { epoch: 2n, offer: random(32) }));
  assert.equal(holdings.of(id())!.epoch, 2n);
  await holdings.takePolicy(await policyAt(9n));
  assert.equal(holdings.of(id())!.epoch, 2n, "the former epoch is over");
  assert.equal(holdings.of(id())!.policy!.version, 1n);
});

test("holdings: a key is renewed when the policy asks for it, once for each time, and for this camera alone", async () => {
  const renew = async (change = {}) => parseOffer((await device.offer({ owner: owner.keys.id, renews: offered.hash, ...change })).raw, fleet.fleet);
  const asked = await renew();
  await assert.rejects(holdings.renewal(asked), /more new keys|no renewal/);
  await holdings.change(id(), (d) => void (d.renewals += 1));
  await assert.rejects(holdings.renewal(await renew({ renews: random(32) })), /another ownership/);
  await assert.rejects(holdings.renewal(await parseOffer((await device.offer({ owner: owner.keys.id })).raw, fleet.fleet)), /is a claim/);
  assert.equal(await holdings.renewal(await renew({ epoch: 2n })), null, "of an epoch that is not");
  const other = await TestDevice.make(fleet);
  assert.equal(await holdings.renewal(await parseOffer((await other.offer({ owner: owner.keys.id, renews: offered.hash })).raw, fleet.fleet)), null, "not a camera of this owner");
  const granted = await holdings.renewal(asked);
  assert.equal(granted!.policy.version, 2n);
  assert.equal(await holdings.renewal(asked), null, "it was granted already");
  await assert.rejects(holdings.renewal(await renew()), /more new keys/);
});

test("holdings: a revoked camera's key is not renewed", async () => {
  await holdings.change(id(), (d) => void (d.renewals += 1));
  cloud.revoked = await parseCrl(await fleet.revoke([device.serial]), fleet.fleet);
  const asked = await parseOffer((await device.offer({ owner: owner.keys.id, renews: offered.hash })).raw, fleet.fleet);
  await assert.rejects(holdings.renewal(asked), /revoked/);
});

test("holdings: a release and a mark name the epoch, and are the owner's", async () => {
  const next = random(32);
  await holdings.release(id(), next);
  await holdings.markLost(id());
  const [[, release], [, lost]] = cloud.sent as [[string, B], [string, B]];
  const r = await parseRelease(release, owner.root);
  assert.deepEqual([uuid(r.device), r.epoch, r.offer, r.next], [id(), 1n, offered.hash, next]);
  assert.ok((await parseLost(lost, owner.root)).atMs > 0);
  const body = new Map<Item, Item>([[0, 1], [1, device.id], [2, owner.keys.id], [3, 1], [4, offered.hash]]);
  const header = new Map<Item, Item>([[1, -7], [4, owner.keys.id]]);
  const forOther = await signed(header, cbor(body), "signet/v1 policy", owner.keys.signing);
  await assert.rejects(parseRelease(forOther, owner.root), /does not verify/, "no signature serves twice");
  const stranger = await TestOwner.make();
  await assert.rejects(parseRelease(release, stranger.root), /not signed by this owner/);
});

test("holdings: a camera that was claimed by files begins with the policy that says who its owner is", async () => {
  cloud.given = [];
  const fresh = open();
  fresh.tell(id(), 1n, 1n, offer);
  assert.equal(fresh.of(id())!.policy, undefined, "nothing is supposed before the cloud was asked");
  await fresh.refresh();
  assert.equal(fresh.of(id())!.policy!.version, 1n);
  assert.equal((await fresh.change(id(), rename("Hall"))).version, 2n);
  await fresh.markLost(id());
  const [[, policy], [, lost]] = cloud.sent as [[string, B], [string, B]];
  assert.deepEqual((await parsePolicy(policy, owner.root)).recipients, [owner.recipient]);
  assert.deepEqual((await parseLost(lost, owner.root)).offer, offered.hash);
});

test("holdings: what is supposed gives way to what was signed, and stands on nothing newer", async () => {
  cloud.given = [];
  kept = memory();
  const fresh = open();
  await fresh.refresh();
  fresh.tell(id(), 1n, 1n, offer);
  await new Promise((next) => setTimeout(next));
  await fresh.takePolicy(first);
  assert.deepEqual(fresh.of(id())!.policy!.raw, first);
  const changed = open();
  await changed.refresh();
  changed.tell(id(), 1n, 2n, offer);
  await assert.rejects(changed.change(id(), rename("Hall")), /not known here/);
  await changed.release(id());
  assert.deepEqual((await parseRelease(cloud.sent.at(-1)![1], owner.root)).offer, offered.hash, "it can be let go all the same");
});
