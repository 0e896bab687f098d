import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { CloudError, Session } from "../src/session.ts";
import { FakeCloud } from "./cloud.ts";
import { cbor, head, join } from "./cbor.ts";
import { random, TestOwner } from "./kit.ts";

const cloud = new FakeCloud();
const raws = Array.from({ length: 5 }, () => random(40));
let base: string;
let owner: TestOwner;
let session: Session;

before(async () => {
  base = await cloud.listen();
  owner = await TestOwner.make();
  cloud.codes.set("once", owner);
  await fetch(`${base}/handover`, { method: "POST", body: JSON.stringify({ code: "once" }) });
  for (const raw of raws) cloud.deliver(raw, 1);
  session = new Session(owner.keys, base, base);
});

after(() => cloud.close());

test("session: an item of a page that is none is passed on in its place, and what follows is not held up", async () => {
  const none = {
    text: cbor("nonsense"),
    short: cbor([3, random(4)]),
    long: cbor([3, random(4), 1, 1]),
    "of other types": cbor(["3", random(4), 1]),
    "in a longer encoding": join(head(4, 3), new Uint8Array([0x18, 0x03]), cbor(random(4)), cbor(1)),
  };
  for (const [what, bytes] of Object.entries(none)) {
    for (const seq of [1, 3, 5]) {
      cloud.spoilt.clear();
      cloud.spoilt.set(seq, bytes);
      const items = await session.records({ limit: 10 });
      const expected = raws.map((raw, i) => (i + 1 === seq ? bytes : raw));
      assert.deepEqual(items.map((item) => item.raw), expected, `${what} at ${seq}`);
      assert.deepEqual(items.map((item) => item.seq), { 1: [2, 2, 3, 4, 5], 3: [1, 2, 2, 4, 5], 5: [1, 2, 3, 4, 4] }[seq], `${what} at ${seq}`);
    }
  }
});

test("session: after bytes that are no CBOR nothing of a page can be read, what came before can", async () => {
  cloud.spoilt.clear();
  cloud.spoilt.set(3, new Uint8Array([0xff]));
  assert.deepEqual((await session.records({ limit: 10 })).map((item) => item.seq), [1, 2, 2]);
  cloud.spoilt.set(1, new Uint8Array([0xff]));
  assert.deepEqual((await session.records({ limit: 10 })).map((item) => item.seq), [0]);
  cloud.spoilt.clear();
});

test("session: nothing is signed before it is known for which cloud", async () => {
  const { fetch } = globalThis;
  cloud.asked.length = 0;
  for (const config of ["{}", '{"cloud":"c1"}', '{"cloud":7}', "[]"]) {
    globalThis.fetch = async (url, init) => (String(url).endsWith("/config.json") ? new Response(config) : fetch(url, init));
    const told = new Session(owner.keys, base, base).presence().finally(() => (globalThis.fetch = fetch));
    await assert.rejects(told, (err) => err instanceof CloudError && /which cloud/.test(err.message), config);
  }
  assert.deepEqual(cloud.asked, []);
});
