// Other owners' cameras: who is believed, and who would like to be.

import assert from "node:assert/strict";
import { before, test } from "node:test";
import { equal, hex, own, sha256, uuid } from "../src/bytes.ts";
import { type OtherOwner, type Share, Shares } from "../src/family.ts";
import { checkLetting, keepsNames, letIn, membersOf, removeMember, until } from "../src/familychange.ts";
import { type Draft, type Holding } from "../src/holdings.ts";
import { issuerFrom } from "../src/ownerkey.ts";
import { type Policy, type PolicyBody, parsePolicy, scopes, signPolicy, untilRemoved, type Viewer } from "../src/policy.ts";
import { fromX25519, toX25519 } from "../src/recipient.ts";
import { type RecordBody } from "../src/record.ts";
import { noSettings } from "../src/settings.ts";
import { Gate } from "../src/verify.ts";
import { sharedWords } from "../src/view/familywords.ts";
import { cbor, type Item } from "./cbor.ts";
import { random, signed, TestCamera, TestOwner } from "./kit.ts";

let owner: TestOwner;
let viewer: TestOwner;
let stranger: TestOwner;
let camera: TestCamera;
let expected: OtherOwner;

before(async () => {
  [owner, viewer, stranger] = [await TestOwner.make(), await TestOwner.make(), await TestOwner.make()];
  camera = await TestCamera.make(owner);
  expected = { viewer: hex(viewer.keys.id), owner: hex(owner.keys.id), name: "Anna", addedMs: 1 };
});

const asViewer = (who: TestOwner, change: Partial<Viewer> = {}): Viewer => ({ spki: who.keys.spki, scope: 3, notAfterMs: untilRemoved, recipient: who.recipient, since: 2n, ...change });

function body(version: bigint, viewers: Viewer[], change: Partial<PolicyBody> = {}): PolicyBody {
  return { device: camera.device, owner: owner.keys.id, epoch: 1n, offer: new Uint8Array(32), version, recipients: [owner.recipient], viewers, renewals: 0, ...change };
}

const policy = (version: bigint, viewers: Viewer[], change: Partial<PolicyBody> = {}) => signPolicy(body(version, viewers, change), owner.keys);
const record = (change: Partial<RecordBody> = {}) => ({ device: camera.device, owner: owner.keys.id, epoch: 1n, policy: 2n, ...change }) as RecordBody;

async function shares(...policies: Uint8Array[]): Promise<Shares> {
  const s = new Shares(viewer.keys, [expected]);
  await s.replace(policies);
  return s;
}

test("owner's key: found in what the owner has signed, and in nothing else", async () => {
  const raw = await policy(1n, []);
  const { key } = await issuerFrom(raw, "signet/v1 policy", owner.keys.id);
  const es256 = { name: "ECDSA", hash: "SHA-256" };
  const said = random(9);
  assert.ok(await crypto.subtle.verify(es256, key, await crypto.subtle.sign(es256, owner.keys.signing, said), said));
  for (let i = 0; i < 16; i++) await issuerFrom(await policy(BigInt(i + 1), []), "signet/v1 policy", owner.keys.id);
  await assert.rejects(issuerFrom(raw, "signet/v1 policy", stranger.keys.id), /not signed by the owner/);
  await assert.rejects(issuerFrom(raw, "signet/v1 grant", owner.keys.id), /not signed by the owner/);
  const spoilt = own(raw);
  spoilt[spoilt.length - 40]! ^= 1;
  await assert.rejects(issuerFrom(spoilt, "signet/v1 policy", owner.keys.id));
});

test("shares: a record of an expected owner's camera is drawn, one from before is not", async () => {
  const s = await shares(await policy(2n, [asViewer(viewer)]));
  assert.ok(typeof s.issuerOf(record()) !== "string");
  assert.match(s.issuerOf(record({ policy: 1n })) as string, /from before/);
  assert.match(s.issuerOf(record({ epoch: 2n })) as string, /does not share/);
  assert.match(s.issuerOf(record({ device: random(16) })) as string, /does not share/);
  assert.match(s.issuerOf(record({ owner: stranger.keys.id })) as string, /names another owner/);
});

test("shares: what was let is what is let", async () => {
  const live = await shares(await policy(2n, [asViewer(viewer, { scope: scopes.live, recipient: undefined as never })].map(({ recipient: _, ...v }) => v)));
  assert.match(live.issuerOf(record()) as string, /live only/);
  assert.match(sharedWords(live.all[0]!), /^Anna’s camera, shared with you until it is taken back, to watch live$/);
  const end = Date.UTC(2030, 0, 2, 12);
  const short = await shares(await policy(2n, [asViewer(viewer, { notAfterMs: end })]));
  assert.ok(typeof short.issuerOf(record(), end) !== "string");
  assert.match(short.issuerOf(record(), end + 1) as string, /is over/);
  assert.match(sharedWords(short.all[0]!, end), /shared with you until .*2 January 2030/);
});

// Each names who would like to show this viewer something.
const attacks: [string, () => Promise<Uint8Array>][] = [
  ["an owner who was never expected", async () => signPolicy(body(2n, [asViewer(viewer)], { owner: stranger.keys.id, recipients: [stranger.recipient] }), stranger.keys)],
  ["a family member who signs a policy in the owner's name", async () => {
    const kid = new Map<Item, Item>([[1, -7], [4, owner.keys.id]]);
    const theirs = new Map<Item, Item>([
      [0, 1], [1, camera.device], [2, owner.keys.id], [3, 1], [4, new Uint8Array(32)], [5, 9], [6, [owner.recipient]],
      [7, [new Map<Item, Item>([[1, viewer.keys.spki], [2, 2], [3, untilRemoved], [5, 1]])]],
    ]);
    return signed(kid, cbor(theirs), "signet/v1 policy", stranger.keys.signing);
  }],
  ["the cloud, with a policy that names somebody else as the viewer", () => policy(2n, [asViewer(stranger)])],
  ["the cloud, with a release in the place of a policy", async () => {
    const kid = new Map<Item, Item>([[1, -7], [4, owner.keys.id]]);
    return signed(kid, cbor(new Map<Item, Item>([[0, 1]])), "signet/v1 release", owner.keys.signing);
  }],
  ["the cloud, with bytes that are nothing", async () => random(300)],
];
for (const [who, attack] of attacks) {
  test(`shares: nothing is drawn by ${who}`, async () => {
    const s = await shares(await attack());
    assert.deepEqual(s.all, []);
    assert.equal(typeof s.issuerOf(record()), "string");
    assert.equal(typeof s.issuerOf(record({ owner: stranger.keys.id })), "string");
  });
}

test("shares: a cloud that brings an older policy back changes nothing", async () => {
  const added = await policy(2n, [asViewer(viewer)]);
  const removed = await policy(3n, []);
  const s = await shares(added);
  await s.take(removed);
  assert.deepEqual(s.all, []);
  await s.take(added);
  assert.deepEqual(s.all, [], "by the stream");
  await s.replace([added]);
  assert.deepEqual(s.all, [], "or with a new connection");
  await s.replace([await policy(4n, [asViewer(viewer, { since: 4n })])]);
  assert.equal(s.of(expected.owner, uuid(camera.device))?.since, 4n);
  await s.replace([]);
  assert.deepEqual(s.all, [], "what is named no more is shared no more");
  await s.replace([added]);
  assert.deepEqual(s.all, []);
});

test("gate: an expected owner speaks for nobody else's camera", async () => {
  const s = await shares(await policy(2n, [asViewer(viewer)]));
  const gate = new Gate(viewer.root, async () => null, (r) => s.issuerOf(r));
  const seen = await gate.verify(await camera.sign(camera.body(2, [[10, 2], [15, [camera.certificate, owner.rootDer]]])));
  assert.ok("record" in seen && equal(seen.record.issuer.owner, owner.keys.id));
  const mine = await TestCamera.make(viewer);
  // The expected owner certifies a key for the viewer's own camera, and signs in the viewer's name.
  const forged = new TestCamera(viewer, mine.device, 1n, mine.key, await owner.certify(mine.key.publicKey, mine.device, 1n));
  const verdict = await gate.verify(await forged.sign(forged.body(2, [[15, [forged.certificate, viewer.rootDer]]])));
  assert.ok("refusal" in verdict && verdict.refusal.reason === "bad-certificate");
  // The same certificate, known by then for the expected owner's own camera, opens no other door.
  const theirs = new TestCamera(viewer, camera.device, 1n, camera.key, camera.certificate);
  const second = await gate.verify(await theirs.sign(theirs.body(3, [[9, random(16)]])));
  assert.ok("refusal" in second && second.refusal.reason !== "bad-signature");
  const stolen = await TestCamera.make(stranger, camera.device);
  const third = await gate.verify(await new TestCamera(owner, camera.device, 1n, stolen.key, stolen.certificate).sign(stolen.body(2, [[2, owner.keys.id], [10, 2], [15, [stolen.certificate, stranger.rootDer]]])));
  assert.ok("refusal" in third && third.refusal.reason === "bad-certificate", "another's certificate is not the expected owner's");
});

async function holding(version: bigint, viewers: Viewer[], change: Partial<PolicyBody> = {}): Promise<Holding> {
  const p: Policy = await parsePolicy(await policy(version, viewers, change), owner.root);
  return { device: uuid(camera.device), epoch: 1n, policy: p, settings: noSettings, inForce: version, granted: new Set() };
}

function edit(version: bigint, viewers: Viewer[], change: (d: Draft) => void): Draft {
  const draft: Draft = { viewers, settings: { cameras: new Map(), viewers: new Map() }, renewals: 0, version };
  change(draft);
  return draft;
}

test("sharing: who comes anew or comes back begins with the new version, who was there goes on", async () => {
  const card = { spki: viewer.keys.spki, picture: toX25519(viewer.recipient) };
  const id = hex(await sha256(card.spki));
  const letting = { card, name: "Ben", scope: 3, notAfterMs: untilRemoved };
  const added = edit(5n, [], letIn(letting, id, true));
  assert.deepEqual(added.viewers, [{ spki: card.spki, scope: 3, notAfterMs: untilRemoved, recipient: viewer.recipient, since: 5n }]);
  assert.equal(added.settings.viewers.get(id), "Ben");
  assert.equal(edit(5n, [], letIn(letting, id, false)).settings.viewers.size, 0);
  const there = asViewer(viewer, { since: 2n });
  assert.equal(edit(5n, [there], letIn(letting, id, true)).viewers[0]!.since, 2n);
  assert.equal(edit(5n, [{ ...there, notAfterMs: 1 }], letIn(letting, id, true)).viewers[0]!.since, 5n, "the time was over");
  const { recipient: _, ...liveOnly } = { ...there, scope: scopes.live };
  assert.equal(edit(5n, [liveOnly], letIn(letting, id, true)).viewers[0]!.since, 5n, "events were not let");
  const toLive = edit(5n, [there], letIn({ ...letting, scope: scopes.live }, id, true)).viewers[0]!;
  assert.ok(toLive.recipient === undefined && toLive.scope === scopes.live);
  for (const draft of [added, edit(5n, [there], letIn(letting, id, true))]) await parsePolicy(await policy(5n, draft.viewers), owner.root);

  const [member] = await membersOf(await holding(5n, [there]));
  assert.ok(member!.applied && !member!.over && member!.id === id);
  assert.equal(edit(6n, [there], until(member!, 77)).viewers[0]!.since, 2n);
  assert.equal(edit(6n, [{ ...there, notAfterMs: 1 }], until(member!, untilRemoved)).viewers[0]!.since, 6n);
  assert.deepEqual(edit(6n, [there, asViewer(stranger)], removeMember(member!, false)).viewers.map((v) => v.spki), [stranger.keys.spki]);
  assert.ok(!keepsNames(await holding(5n, [])), "without the camera's settings key no name can be sealed to it");
});

test("sharing: what would make no policy is said before", async () => {
  const card = { spki: viewer.keys.spki, picture: toX25519(viewer.recipient) };
  const letting = { card, name: "", scope: 3, notAfterMs: untilRemoved };
  await checkLetting(await holding(1n, []), letting);
  await assert.rejects(checkLetting(await holding(1n, []), { ...letting, card: { spki: owner.keys.spki, picture: card.picture } }), /your own card/);
  await assert.rejects(checkLetting(await holding(1n, []), { ...letting, notAfterMs: 5 }), /over already/);
  const full: Viewer[] = [];
  for (let i = 0; i < 15; i++) full.push(asViewer(await TestOwner.make(), { since: 1n }));
  await assert.rejects(checkLetting(await holding(1n, full), letting), /at most 16 keys, your own among them/);
  await checkLetting(await holding(1n, full), { ...letting, scope: scopes.live });
  await checkLetting(await holding(1n, [...full.slice(1), asViewer(viewer)].map((v) => ({ ...v, since: 1n }))), letting); // who is there already
  const live = full.map(({ recipient: _, ...v }) => ({ ...v, scope: scopes.live }));
  const { recipient: _, ...sixteenth } = { ...asViewer(stranger, { since: 1n }), scope: scopes.live };
  await assert.rejects(checkLetting(await holding(1n, [...live, sixteenth]), letting), /at most 16 viewers/);
  const hybrid = { ...(await holding(1n, [])) };
  hybrid.policy = { ...hybrid.policy!, recipients: ["age1pq1xyz"] };
  await assert.rejects(checkLetting(hybrid, letting), /post-quantum/);
  await checkLetting(hybrid, { ...letting, scope: scopes.live });
  assert.equal(fromX25519(card.picture), viewer.recipient);
});

test("sharing: words for a share", () => {
  const share = { by: { ...expected, name: undefined }, notAfterMs: 1, scope: 3 } as unknown as Share;
  assert.match(sharedWords(share), /^Owner [0-9a-f]{8}’s camera: it was shared with you until/);
});
