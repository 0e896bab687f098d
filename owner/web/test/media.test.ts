import assert from "node:assert/strict";
import { before, test } from "node:test";
import { inspect } from "node:util";
import { hex, own, sha256 } from "../src/bytes.ts";
import { MediaError, openFacts, openMedia } from "../src/media.ts";
import { Gate, type VerifiedRecord } from "../src/verify.ts";
import { type Item } from "./cbor.ts";
import { random, TestCamera, TestOwner } from "./kit.ts";

let owner: TestOwner;
let camera: TestCamera;
let gate: Gate;
const event = random(16);

before(async () => {
  owner = await TestOwner.make();
  camera = await TestCamera.make(owner);
  gate = new Gate(owner.root, async () => camera.certificate);
});

async function record(...media: Item[]): Promise<VerifiedRecord> {
  const verdict = await gate.verify(await camera.sign(camera.body(3, [[9, event], [11, media]])));
  assert.ok("record" in verdict, inspect(verdict));
  return verdict.record;
}

const ciphertextOf = (r: VerifiedRecord, i = 0) => camera.media.get(hex(r.media[i]!.hash))!;

test("a thumbnail opens if it is what the record names", async () => {
  const r = await record(await camera.seal({ kind: 1, plaintext: new Uint8Array([1, 2, 3]), mime: "image/jpeg" }));
  const plain = await openMedia(r, r.media[0]!, ciphertextOf(r), owner.keys.picture);
  assert.deepEqual([...plain.bytes], [1, 2, 3]);
  assert.equal(plain.mime, "image/jpeg");
});

test("other bytes are never opened", async () => {
  const r = await record(
    await camera.seal({ kind: 1, plaintext: random(50), mime: "image/jpeg" }),
    await camera.seal({ kind: 1, plaintext: random(50), mime: "image/jpeg" }),
  );
  const sealed = ciphertextOf(r);
  const bent = own(sealed);
  bent[bent.length - 1]! ^= 1;
  await assert.rejects(openMedia(r, r.media[0]!, bent, owner.keys.picture), /hash/);
  await assert.rejects(openMedia(r, r.media[0]!, own(sealed.subarray(1)), owner.keys.picture), /bytes instead/);
  await assert.rejects(openMedia(r, r.media[0]!, ciphertextOf(r, 1), owner.keys.picture), /hash/);
  const another = await record(await camera.seal({ kind: 1, plaintext: random(50), mime: "image/jpeg" }));
  await assert.rejects(openMedia(r, another.media[0]!, ciphertextOf(another), owner.keys.picture), /does not name/);
});

test("what is sealed to another does not open", async () => {
  const stranger = await TestOwner.make();
  const r = await record(await camera.seal({ kind: 1, plaintext: random(50), mime: "image/jpeg" }, stranger.recipient));
  await assert.rejects(openMedia(r, r.media[0]!, ciphertextOf(r), owner.keys.picture), MediaError);
  assert.ok((await openMedia(r, r.media[0]!, ciphertextOf(r), stranger.keys.picture)).bytes.length === 50);
});

async function facts(more: [number, Item][], of: Uint8Array | undefined = event, by = camera) {
  const r = await record(await camera.seal({ kind: 2, plaintext: by.facts(more, of), mime: "application/cbor" }));
  return openFacts(r, await openMedia(r, r.media[0]!, ciphertextOf(r), owner.keys.picture));
}

test("facts are decoded", async () => {
  const f = await facts([[3, 731], [4, "motion"], [5, [[-200, 1, 2, 3, 4]]], [6, "door"], [8, [0, 900]]]);
  assert.deepEqual(f, {
    device: camera.device, event,
    score: 0.731, reason: "motion", boxes: [{ atMs: -200, x: 1, y: 2, w: 3, h: 4 }], zone: "door", motion: { from: 0, to: 900 },
  });
});

test("facts of another camera or event are refused", async () => {
  const nameless = await record(await camera.seal({ kind: 2, plaintext: camera.facts([]), mime: "application/cbor" }));
  const plain = await openMedia(nameless, nameless.media[0]!, ciphertextOf(nameless), owner.keys.picture);
  assert.throws(() => openFacts(nameless, plain), /another event/);
  await assert.rejects(facts([], random(16)), /another event/);
  await assert.rejects(facts([], event, await TestCamera.make(owner)), /another device/);
  await assert.rejects(facts([[3, 1001]]), /1001/);
  await assert.rejects(facts([[5, [[0, 9000, 0, 1001, 1]]]]), /outside/);
  await assert.rejects(facts([[9, 0]]), /unknown key/);
});

test("the picture key of a seed is an age identity", async () => {
  assert.match(owner.recipient, /^age1[0-9a-z]{58}$/);
  assert.equal(hex(await sha256(owner.keys.spki)), hex(owner.keys.id));
});
