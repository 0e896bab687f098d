import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { equal, fromBase64, fromHex, own } from "../src/bytes.ts";
import { openRoot } from "../src/certificate.ts";
import { deriveOwner } from "../src/owner.ts";
import { makeRoot } from "../src/root.ts";

// web_test.go holds the same root against the one that Go makes.
const kept = JSON.parse(readFileSync("testdata/root.json", "utf8")) as { seed: string; root: string };

/** parts takes a certificate apart into what is signed but for its serial number, and that. */
function parts(der: Uint8Array): { serial: Uint8Array; rest: Uint8Array } {
  const tbs = der.subarray(8); // two heads of four bytes each: certificate, and what is signed
  const serial = tbs.subarray(7, 7 + tbs[6]!); // after [0] version and the serial's head
  const length = 256 * der[6]! + der[7]!;
  return { serial, rest: tbs.subarray(7 + tbs[6]!, length) };
}

test("root: what the page makes is what Go makes, but for serial number and signature", async () => {
  const keys = await deriveOwner(fromHex(kept.seed));
  const fresh = await makeRoot(keys);
  const old = fromBase64(kept.root);
  assert.ok((await openRoot(fresh, keys.id)) && (await openRoot(old, keys.id)));
  assert.deepEqual(parts(fresh).rest, parts(old).rest);
  const again = await makeRoot(keys);
  assert.ok(!equal(parts(fresh).serial, parts(again).serial), "serial numbers are random");
  assert.ok(parts(fresh).serial[0]! < 0x80, "and positive");
  await assert.rejects(openRoot(own(fresh).fill(0, 60, 61), keys.id));
});
