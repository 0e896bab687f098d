import assert from "node:assert/strict";
import { test } from "node:test";
import { identityToRecipient } from "age-encryption";
import { own } from "../src/bytes.ts";
import { openRoot } from "../src/certificate.ts";
import { deriveOwner } from "../src/owner.ts";
import { random, TestOwner } from "./kit.ts";

test("a seed gives the same keys again, non-extractable, and is overwritten", async () => {
  const seed = random(32);
  const copy = own(seed);
  const a = await deriveOwner(seed);
  const b = await deriveOwner(copy);
  assert.deepEqual(a.id, b.id);
  assert.equal(await identityToRecipient(a.picture), await identityToRecipient(b.picture));
  assert.ok(seed.every((byte) => byte === 0) && copy.every((byte) => byte === 0), "the seed is still there");
  assert.ok(!a.signing.extractable && !a.picture.extractable);
  await assert.rejects(crypto.subtle.exportKey("pkcs8", a.signing));
});

test("a seed of another length is refused and overwritten", async () => {
  const seed = random(31);
  await assert.rejects(deriveOwner(seed), /31 bytes/);
  assert.ok(seed.every((byte) => byte === 0));
});

test("a root is taken only for its own owner", async () => {
  const owner = await TestOwner.make();
  const stranger = await TestOwner.make();
  assert.deepEqual((await openRoot(owner.rootDer, owner.keys.id)).owner, owner.keys.id);
  await assert.rejects(openRoot(stranger.rootDer, owner.keys.id), /not this owner's/);
  const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
  await assert.rejects(openRoot(await owner.certify(pair.publicKey, random(16), 1n), owner.keys.id), /not this owner's/);
});
