// What the page signs, for Go to read: signed_test.go parses what testdata/signed.json holds. To write it anew:
// SIGNET_WRITE_SIGNED=1 npm test

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { bech32 } from "@scure/base";
import { fromBase64, fromHex, hex, utf8 } from "../src/bytes.ts";
import { joinCardText, ownerCardText, viewerCardText } from "../src/cards.ts";
import { codeText } from "../src/code.ts";
import { signLost, signRelease } from "../src/ending.ts";
import { grant, grantRenewal } from "../src/grant.ts";
import { openRoot } from "../src/certificate.ts";
import { parseOffer } from "../src/offer.ts";
import { deriveOwner } from "../src/owner.ts";
import { parsePolicy, scopes, signPolicy, untilRemoved } from "../src/policy.ts";
import { recipientOf, toX25519 } from "../src/recipient.ts";
import { sealSettings } from "../src/settings.ts";
import { TestDevice, TestFleet } from "./device.ts";
import { random, TestOwner } from "./kit.ts";

const path = "testdata/signed.json";
const kept = JSON.parse(readFileSync("testdata/root.json", "utf8")) as { seed: string; root: string };
const base64 = (b: Uint8Array) => Buffer.from(b).toString("base64");

/** make signs one of each, for the owner of testdata/root.json and a fleet that is thrown away. */
async function make(): Promise<Record<string, string>> {
  const keys = await deriveOwner(fromHex(kept.seed));
  const rootDer = fromBase64(kept.root);
  const root = await openRoot(rootDer, keys.id);
  const by = { keys, root: rootDer };
  const recipient = await recipientOf(keys.picture);
  const picture = toX25519(recipient);
  const fleet = await TestFleet.make();
  const device = await TestDevice.make(fleet);
  const offered = await device.offer({ owner: keys.id, epoch: 7n, level: "key in a TPM 2.0" }, random(16));
  const offer = await parseOffer(offered.raw, fleet.fleet);
  const settings = await sealSettings(
    { name: "Haus am See", cameras: new Map([[0, { records: false }], [1, { name: "Yard", clips: true, live: false }]]), viewers: new Map([[hex(keys.id), "Ada"]]) },
    offer.settings,
    recipient,
  );
  const claim = await grant(by, offer, { recipients: [recipient], viewers: [], settings: settings! });
  const friend = await TestOwner.make();
  const viewers = [
    { spki: friend.keys.spki, scope: scopes.clips | scopes.live, notAfterMs: untilRemoved, recipient: friend.recipient, since: 2n },
    { spki: keys.spki, scope: scopes.live, notAfterMs: Date.UTC(2031, 1, 2), since: 1n },
  ];
  const policy = await parsePolicy(await signPolicy({ ...claim.policy, version: 2n, viewers, renewals: 1 }, keys), root);
  const again = await device.offer({ owner: keys.id, epoch: 7n, renews: offered.hash });
  const renewal = await grantRenewal(by, await parseOffer(again.raw, fleet.fleet), policy);
  const ownership = { device: device.id, owner: keys.id, epoch: 7n, offer: offered.hash };
  const settingsKey = new Uint8Array(await crypto.subtle.exportKey("pkcs8", offered.settings.privateKey)).subarray(-32);
  const code = {
    owner: keys.id, secret: random(16), notAfter: 1900000000, picture, cloud: "cloud.example:8883", fleet: fleet.hash.slice(0, 16),
    wifi: { ssid: utf8("attic"), passphrase: utf8("correct horse") },
  };
  return {
    fleet: base64(fleet.der),
    offer: base64(offered.raw),
    renewalOffer: base64(again.raw),
    settingsIdentity: bech32.encodeFromBytes("age-secret-key-", settingsKey).toUpperCase(),
    friend: base64(friend.keys.spki),
    next: base64(friend.keys.id),
    grant: base64(claim.raw),
    policy: base64(policy.raw),
    renewal: base64(renewal.raw),
    release: base64(await signRelease({ ...ownership, next: friend.keys.id }, keys)),
    lost: base64(await signLost({ ...ownership, atMs: 1772366400000 }, keys)),
    code: codeText(code),
    secret: base64(code.secret),
    viewerCard: viewerCardText({ spki: keys.spki, picture, name: "Ada" }),
    ownerCard: ownerCardText({ owner: keys.id }),
    joinCard: joinCardText({ key: picture }),
  };
}

test("signed: one of each statement that the page makes is kept for Go to read", async () => {
  const fresh = await make();
  if (process.env["SIGNET_WRITE_SIGNED"]) writeFileSync(path, `${JSON.stringify(fresh, null, 1)}\n`);
  const there = JSON.parse(readFileSync(path, "utf8")) as Record<string, string>;
  assert.deepEqual(Object.keys(there), Object.keys(fresh));
});
