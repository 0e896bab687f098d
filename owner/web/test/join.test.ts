import assert from "node:assert/strict";
import { test } from "node:test";
import { hex } from "../src/bytes.ts";
import { answerDigits, answerJoin, joinDigits, Joining } from "../src/join.ts";
import type { StoredOwner } from "../src/keystore.ts";
import { recoveryFile } from "../src/recovery.ts";
import { toWords } from "../src/recoverywords.ts";
import { TestOwner } from "./kit.ts";

test("joining: the digits are those that signet-owner shows", async () => {
  const key = new Uint8Array(32);
  key[0] = 9; // owner/recovery/recovery_test.go has the same card
  assert.equal(await joinDigits({ key }), "770555");
  const owner = new Uint8Array(32);
  owner[0] = 7;
  assert.equal(await answerDigits({ key }, owner), "910566");
  owner[31] = 1;
  assert.notEqual(await answerDigits({ key }, owner), "910566");
  key[31] = 1;
  assert.notEqual(await joinDigits({ key }), "770555");
});

test("joining: the seed goes to the card, from this owner's recovery alone", async () => {
  const owner = await TestOwner.make();
  const stranger = await TestOwner.make();
  const stored = { id: hex(owner.keys.id), keys: owner.keys, root: owner.rootDer, addedMs: 1, came: "made" } as StoredOwner;
  const joining = await Joining.begin();
  const file = recoveryFile(owner.seed, owner.keys.id, new Date());
  const joined = await joining.open(await answerJoin(joining.card, file, stored));
  assert.equal(joined.id, stored.id);
  await assert.rejects(answerJoin(joining.card, toWords(stranger.seed).join(" "), stored), /recovery of owner/);
  const other = await Joining.begin();
  assert.notEqual(other.id, joining.id);
  await assert.rejects(joining.open(await answerJoin(other.card, file, stored)), /not sealed to this browser/);
});
