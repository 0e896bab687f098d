// Who may speak in an epoch, and until when.

import assert from "node:assert/strict";
import { before, test } from "node:test";
import { signRelease } from "../src/ending.ts";
import { Story } from "../src/story.ts";
import { Tenures } from "../src/tenure.ts";
import { Gate, type Verdict } from "../src/verify.ts";
import { type Offered, TestDevice, TestFleet } from "./device.ts";
import { cbor, type Item } from "./cbor.ts";
import { random, signed, TestCamera, TestOwner } from "./kit.ts";

let fleet: TestFleet;
let owner: TestOwner;
let device: TestDevice;
let offered: Offered;
let camera: TestCamera;
let gate: Gate;
const certificates: Uint8Array<ArrayBuffer>[] = [];
const source = async (x5t: string) => {
  for (const c of certificates) if (Buffer.from(await crypto.subtle.digest("SHA-256", c)).toString("hex") === x5t) return c;
  return null;
};

async function owned(key: Offered, epoch = 1n): Promise<TestCamera> {
  const certificate = await owner.certify(key.event.publicKey, device.id, epoch);
  certificates.push(certificate);
  return device.camera(owner, epoch, key, certificate);
}

before(async () => {
  fleet = await TestFleet.make();
  owner = await TestOwner.make();
});

test.beforeEach(async () => {
  device = await TestDevice.make(fleet);
  offered = await device.offer({ owner: owner.keys.id }, random(16));
  camera = await owned(offered);
  gate = fresh();
});

const fresh = () => new Gate(owner.root, source, undefined, new Tenures(async () => fleet.fleet));
const event = (c: TestCamera) => c.sign(c.body(3, [[9, random(16)]]));
const admitted = (v: Verdict) => assert.ok("record" in v, "refusal" in v ? v.refusal.detail : "");
const refusedAs = (v: Verdict, reason: string, why = /./) => {
  assert.ok("refusal" in v, "was believed");
  assert.equal(v.refusal.reason, reason, v.refusal.detail);
  assert.match(v.refusal.detail, why);
};

test("tenure: a claim is believed with the offer that its camera has signed", async () => {
  const verdict = await gate.verify(await device.claimed(camera, offered));
  admitted(verdict);
  assert.ok("record" in verdict && verdict.record.tidings.offer!.by.level === "key in a TPM 2.0");
});

test("tenure: a claim with another's offer is refused", async () => {
  const stranger = await TestOwner.make();
  const wrong: [RegExp, Offered][] = [
    [/another claim/, await device.offer({ owner: stranger.keys.id })],
    [/another claim/, await device.offer({ owner: owner.keys.id, epoch: 2n })],
    [/another event key/, await device.offer({ owner: owner.keys.id })],
    [/another claim/, await (await TestDevice.make(fleet)).offer({ owner: owner.keys.id })],
    [/another fleet|not signed by the fleet/, await (await TestDevice.make(await TestFleet.make("Other"), device.id)).offer({ owner: owner.keys.id })],
  ];
  for (const [why, other] of wrong) refusedAs(await gate.verify(await device.claimed(camera, other)), "wrong-offer", why);
});

test("tenure: what comes after the closing is refused, what comes before is not", async () => {
  const early = await event(camera);
  admitted(await gate.verify(await device.closed(camera, offered.hash)));
  admitted(await gate.verify(early));
  refusedAs(await gate.verify(await event(camera)), "ended");
  camera.boot = 2n;
  camera.n = 0n;
  refusedAs(await gate.verify(await event(camera)), "ended");
});

test("tenure: only the device itself ends its ownership, where it is and of what it is", async () => {
  const release = await signRelease({ device: device.id, owner: owner.keys.id, epoch: 1n, offer: offered.hash }, owner.keys);
  const stranger = await TestOwner.make();
  const theirs = await signRelease({ device: device.id, owner: stranger.keys.id, epoch: 1n, offer: offered.hash }, stranger.keys);
  const former = await signRelease({ device: device.id, owner: owner.keys.id, epoch: 1n, offer: random(32) }, owner.keys);
  const impostor = await TestDevice.make(await TestFleet.make("Other"), device.id);
  const other = await TestDevice.make(fleet);
  const header = new Map<Item, Item>([[1, -7], [4, owner.keys.id]]);
  const body = new Map<Item, Item>([[0, 1], [1, device.id], [2, owner.keys.id], [3, 1], [4, offered.hash]]);
  const forged = await signed(header, cbor(body), "signet/v1 release", stranger.keys.signing);
  for (const raw of [
    await impostor.closed(camera, offered.hash),
    await other.closed(camera, offered.hash),
    await other.closed(camera, offered.hash, undefined, [[1, device.id]]),
    await device.closed(camera, offered.hash, forged),
    await device.closed(camera, offered.hash, undefined, [[5, [1, 400]]]),
    await device.closed(camera, offered.hash, undefined, [[3, 2]]),
    await device.closed(camera, offered.hash, undefined, [[6, 1]]),
    await device.closed(camera, offered.hash, theirs),
    await device.closed(camera, offered.hash, former),
    await device.closed(camera, offered.hash, release.subarray(0, release.length - 1)),
  ]) {
    const verdict = await gate.verify(raw);
    assert.ok("refusal" in verdict && ["wrong-closing", "unreadable"].includes(verdict.refusal.reason), JSON.stringify(verdict, (_, v) => (typeof v === "bigint" ? String(v) : v)));
  }
  admitted(await gate.verify(await event(camera)));
  const verdict = await gate.verify(await device.closed(camera, offered.hash, release));
  admitted(verdict);
  assert.ok("record" in verdict && verdict.record.tidings.closing!.cause === "released");
});

test("tenure: a renewed key takes over at its claim, and the old one speaks no more", async () => {
  const renewal = await device.offer({ owner: owner.keys.id, renews: offered.hash });
  const renewed = await owned(renewal);
  admitted(await gate.verify(await device.claimed(camera, offered)));
  const [before, between] = [await event(camera), await event(camera)];
  admitted(await gate.verify(before));
  admitted(await gate.verify(await device.claimed(camera, offered))); // once more, for a cloud that lost the first
  admitted(await gate.verify(await event(camera)));
  renewed.n = camera.n;
  admitted(await gate.verify(await device.claimed(renewed, renewal, 2)));
  admitted(await gate.verify(await event(renewed)));
  admitted(await gate.verify(between));
  camera.n = renewed.n;
  refusedAs(await gate.verify(await event(camera)), "old-key", /not in force/);
  renewed.n = 1n;
  refusedAs(await gate.verify(await event(renewed)), "old-key", /not in force/);
  camera.n = 50n;
  refusedAs(await gate.verify(await device.claimed(camera, offered)), "old-key");
  admitted(await fresh().verify(await event(camera)));
});

test("tenure: nothing is known while the fleet cannot be had, and it is asked again", async () => {
  let away = true;
  const patient = new Gate(owner.root, source, undefined, new Tenures(async () => (away ? Promise.reject(new Error("away")) : fleet.fleet)));
  const raw = await device.claimed(camera, offered);
  await assert.rejects(patient.verify(raw), /away/);
  away = false;
  admitted(await patient.verify(raw));
});

test("tenure: the story keeps epochs apart", async () => {
  const story = new Story();
  let seq = 0;
  const tell = async (raw: Uint8Array<ArrayBuffer>) => {
    const verdict = await gate.verify(raw);
    assert.ok("record" in verdict);
    return story.add({ seq: ++seq, record: verdict.record, receivedMs: 1 })!;
  };
  const first = (await tell(await device.claimed(camera, offered))).camera;
  const running = (await tell(await event(camera))).moment!;
  const { interrupted } = await tell(await device.closed(camera, offered.hash));
  assert.deepEqual(interrupted, [running], "what ran is interrupted");
  assert.equal(first.epoch.policy, 1n);

  const again = await device.offer({ owner: owner.keys.id, epoch: 3n }, random(16));
  const later = await owned(again, 3n);
  later.n = camera.n + 100n; // what lies between is another owner's
  const body = later.body(1, [[10, 0], [15, [later.certificate, owner.rootDer]], [16, again.raw]]);
  const change = await tell(await later.sign(body));
  assert.equal(change.camera, first);
  assert.equal(first.epoch.number, 3n);
  assert.equal(first.epoch.policy, 0n, "the policy of a former epoch is not in force");
  assert.deepEqual(first.holes(), []);

  const last = await device.offer({ owner: owner.keys.id, epoch: 4n }, random(16)); // the camera has lost its count of boots
  await tell(await device.claimed(await owned(last, 4n), last));
  assert.equal(first.latest.record.epoch, 4n, "the newest is of the newest epoch, wherever it stands");
});

test("tenure: another owner's record of the same device is another camera, and no event takes another's place", async () => {
  const friend = await TestOwner.make();
  const theirs = new TestCamera(friend, device.id, 1n, camera.key, await friend.certify(camera.key.publicKey, device.id, 1n));
  certificates.push(theirs.certificate);
  const shared = new Gate(owner.root, source, () => friend.root);
  const story = new Story();
  const id = random(16);
  for (const [i, c] of [theirs, camera].entries()) {
    const raw = await signed(await c.header(), cbor(c.body(3, [[9, id]])), "signet/v1 record", c.key.privateKey);
    const verdict = await shared.verify(raw);
    assert.ok("record" in verdict);
    story.add({ seq: i, record: verdict.record, receivedMs: 1 });
  }
  assert.equal(story.cameras.size, 2);
  assert.equal(story.moments.size, 2);
});
