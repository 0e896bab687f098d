import assert from "node:assert/strict";
import { before, test } from "node:test";
import { inspect } from "node:util";
import { hex, own } from "../src/bytes.ts";
import { Gate, type Verdict } from "../src/verify.ts";
import { cbor, head, type Item, join, Raw } from "./cbor.ts";
import { random, signed, TestCamera, TestOwner } from "./kit.ts";

let owner: TestOwner;
let stranger: TestOwner;
let camera: TestCamera;
let gate: Gate;
const event = random(16);

before(async () => {
  owner = await TestOwner.make();
  stranger = await TestOwner.make();
  camera = await TestCamera.make(owner);
  gate = new Gate(owner.root, async (x5t) => (x5t === hex(await camera.x5t()) ? camera.certificate : null));
});

function refusedAs(verdict: Verdict, reason: string, detail = /./): void {
  assert.ok("refusal" in verdict, "was believed");
  assert.equal(verdict.refusal.reason, reason, verdict.refusal.detail);
  assert.match(verdict.refusal.detail, detail);
}

test("a record of this owner's camera is believed, field by field", async () => {
  const media = await camera.seal({ kind: 3, plaintext: random(100), mime: "video/mp4", span: [-5000, -1000], index: 0 });
  const raw = await camera.sign(camera.body(4, [[9, event], [11, [media]]], 1760000000123));
  const verdict = await gate.verify(raw);
  assert.ok("record" in verdict, inspect(verdict));
  const r = verdict.record;
  assert.equal(r.type, "part");
  assert.deepEqual(r.event, event);
  assert.deepEqual(r.device, camera.device);
  assert.equal(r.wallMs, 1760000000123);
  assert.equal(r.quality, "synchronised");
  assert.deepEqual(r.media[0]!.span, { from: -5000, to: -1000 });
  assert.equal(r.media[0]!.index, 0n);
  assert.equal(r.policy, 1n);
  assert.ok(Object.isFrozen(r));
});

test("online brings its own certificate", async () => {
  const silent = new Gate(owner.root, async () => null);
  assert.ok("record" in (await silent.verify(await camera.online("Hall", false))));
  assert.ok("record" in (await silent.verify(await camera.sign(camera.body(3, [[9, event]])))), "the certificate is kept");
});

test("a record of another owner is foreign, whoever carries it", async () => {
  const other = await TestCamera.make(stranger);
  const verdict = await gate.verify(await other.online("Not yours", false));
  refusedAs(verdict, "foreign");
  assert.ok("refusal" in verdict);
  assert.equal(verdict.refusal.claims?.owner, hex(stranger.keys.id));
});

test("a stranger's camera that names this owner ends at another root", async () => {
  const other = await TestCamera.make(stranger);
  const body = camera.body(2, [[15, [other.certificate, stranger.rootDer]]]);
  const raw = await signed(await other.header(), cbor(body), "signet/v1 record", other.key.privateKey);
  refusedAs(await gate.verify(raw), "bad-certificate", /not signed by its owner's key/);
});

test("one camera cannot speak for another, nor one epoch for another", async () => {
  const other = await TestCamera.make(owner);
  const renewed = await TestCamera.make(owner, camera.device, 2n);
  for (const impostor of [other, renewed]) {
    const body = camera.body(3, [[9, event]]);
    const raw = await signed(await impostor.header(), cbor(body), "signet/v1 record", impostor.key.privateKey);
    const all = new Gate(owner.root, async () => impostor.certificate);
    refusedAs(await all.verify(raw), "other-camera");
  }
});

test("the certificate must be the one that is named, and of its form", async () => {
  const raw = await camera.sign(camera.body(3, [[9, event]]));
  const other = await TestCamera.make(owner, camera.device);
  refusedAs(await new Gate(owner.root, async () => null).verify(raw), "no-certificate");
  refusedAs(await new Gate(owner.root, async () => other.certificate).verify(raw), "bad-certificate", /not the one/);
  refusedAs(await new Gate(owner.root, async () => random(300)).verify(raw), "bad-certificate", /not a certificate/);
  refusedAs(await new Gate(owner.root, async () => join(camera.certificate, new Uint8Array(1))).verify(raw), "bad-certificate");
  const spoiled: [RegExp, Parameters<TestOwner["certify"]>[3]][] = [
    [/is a CA/, { ca: true }],
    [/may not sign/, { usage: 32 }],
    [/exactly one device/, { uri: "urn:uuid:nonsense" }],
    [/exactly one device/, { uri: `https://example.org/${hex(camera.device)}` }],
    [/critical/, { critical: "1.2.3.4" }],
    [/issued by another/, { issuer: "CN=Somebody" }],
  ];
  for (const [detail, extra] of spoiled) {
    const bad = await owner.certify(camera.key.publicKey, camera.device, 1n, extra);
    const wearer = new TestCamera(owner, camera.device, 1n, camera.key, bad);
    refusedAs(await new Gate(owner.root, async () => bad).verify(await wearer.sign(wearer.body(3, [[9, event]]))), "bad-certificate", detail);
  }
});

test("a source that cannot say is asked again", async () => {
  let asked = 0;
  const flaky = new Gate(owner.root, async () => {
    if (asked++ === 0) throw new Error("unreachable");
    return camera.certificate;
  });
  const raw = await camera.sign(camera.body(3, [[9, event]]));
  await assert.rejects(flaky.verify(raw), /unreachable/);
  assert.ok("record" in (await flaky.verify(raw)));
});

test("no signature serves twice", async () => {
  for (const purpose of ["signet/v1 offer", "signet/v1 viewer-answer", "signet/v1 log-in", ""]) {
    const raw = await signed(await camera.header(), cbor(camera.body(3, [[9, event]])), purpose, camera.key.privateKey);
    refusedAs(await gate.verify(raw), "bad-signature");
  }
});

test("every flipped bit of a record is refused", async () => {
  const raw = await camera.sign(camera.body(3, [[9, event]]));
  assert.ok("record" in (await gate.verify(raw)));
  for (let bit = 0; bit < 8 * raw.length; bit++) {
    const bent = own(raw);
    bent[bit >> 3]! ^= 1 << (bit & 7);
    assert.ok("refusal" in (await gate.verify(bent)), `bit ${bit} of byte ${bit >> 3} does not matter`);
  }
});

test("every cut and every extension of a record is refused", async () => {
  const raw = await camera.sign(camera.body(3, [[9, event]]));
  for (let size = 0; size < raw.length; size++) refusedAs(await gate.verify(raw.subarray(0, size)), "unreadable");
  refusedAs(await gate.verify(join(raw, new Uint8Array(1))), "unreadable");
  refusedAs(await gate.verify(join(raw, new Uint8Array(20000))), "unreadable", /more than 16384/);
});

test("only one encoding of a statement is read", async () => {
  const header = (await camera.header()) as Map<Item, Item>;
  const body = camera.body(3, [[9, event]]);
  const key = camera.key.privateKey;
  const record = (h: Item, b: Uint8Array) => signed(h, b, "signet/v1 record", key);
  const good = await record(header, cbor(body));
  assert.ok("record" in (await gate.verify(good)));

  refusedAs(await gate.verify(good.subarray(1)), "unreadable", /tagged/);
  refusedAs(await gate.verify(join(new Uint8Array([0xd8, 18]), good.subarray(1))), "unreadable", /tagged/);
  refusedAs(await gate.verify(join(new Uint8Array([0xd2]), good)), "unreadable", /tag/);
  refusedAs(await gate.verify(await signed(header, cbor(body), "signet/v1 record", key, false)), "unreadable", /half the order/);

  const unsorted = join(head(5, body.size), ...[...body].reverse().flatMap(([k, v]) => [cbor(k), cbor(v)]));
  refusedAs(await gate.verify(await record(header, unsorted)), "unreadable", /determin/);
  const twice = join(head(5, body.size + 1), ...[...body, [12, new Uint8Array(32)] as const].flatMap(([k, v]) => [cbor(k), cbor(v)]));
  refusedAs(await gate.verify(await record(header, twice)), "unreadable", /repeat/);
  const long = new Map(body).set(6, new Raw(head(0, 7, 8)));
  refusedAs(await gate.verify(await record(header, cbor(long))), "unreadable", /CBOR/);
  const float = new Map(body).set(6, new Raw(new Uint8Array([0xf9, 0x3c, 0x00])));
  refusedAs(await gate.verify(await record(header, cbor(float))), "unreadable", /determin/);
  const endless = join(new Uint8Array([0xbf]), cbor(body).subarray(1), new Uint8Array([0xff]));
  refusedAs(await gate.verify(await record(header, endless)), "unreadable", /CBOR/);
  const tagged = new Map(body).set(6, new Raw(join(head(6, 1), cbor(7))));
  refusedAs(await gate.verify(await record(header, cbor(tagged))), "unreadable", /tag/);
  const illFormed = new Map(body).set(11, [new Map<Item, Item>([[1, 1], [2, random(32)], [3, 9], [4, new Raw(new Uint8Array([0x62, 0xc3, 0x28]))]])]);
  refusedAs(await gate.verify(await record(header, cbor(illFormed))), "unreadable", /determin/);
});

test("only the one header is read", async () => {
  const body = cbor(camera.body(3, [[9, event]]));
  const x5t: Item = [-16, await camera.x5t()];
  const headers: [RegExp, [Item, Item][]][] = [
    [/ES256/, [[1, -8], [34, x5t]]],
    [/key 1 is missing/, [[34, x5t]]],
    [/exactly one key/, [[1, -7]]],
    [/exactly one key/, [[1, -7], [4, random(32)], [34, x5t]]],
    [/unknown key/, [[1, -7], [2, [99]], [34, x5t]]],
    [/event certificate/, [[1, -7], [4, random(32)]]],
    [/not SHA-256/, [[1, -7], [34, [-15, random(32)]]]],
    [/instead of 32/, [[1, -7], [34, [-16, random(20)]]]],
  ];
  for (const [detail, header] of headers) {
    refusedAs(await gate.verify(await signed(new Map(header), body, "signet/v1 record", camera.key.privateKey)), "unreadable", detail);
  }
  const protect = cbor(await camera.header());
  const unprotected = join(head(6, 18), cbor([protect, new Map<Item, Item>([[4, random(4)]]), body, random(64)]));
  refusedAs(await gate.verify(unprotected), "unreadable", /unprotected/);
});

test("each field of a record has one type and range", async () => {
  const media: [Item, Item][] = [[1, 1], [2, random(32)], [3, 9], [4, "image/jpeg"]];
  const withMedia = (...entries: [Item, Item][]): [number, Item] => [11, [new Map<Item, Item>([...media, ...entries])]];
  const bad: [string, [number, Item][]][] = [
    ["format", [[0, 2]]],
    ["short device", [[1, random(15)]]],
    ["device of text", [[1, "0123456789abcdef"]]],
    ["epoch 0", [[3, 0]]],
    ["negative epoch", [[3, -1]]],
    ["boot 0", [[4, [0, 1]]]],
    ["position of three", [[4, [1, 1, 1]]]],
    ["quality", [[7, [1, 3]]]],
    ["type 0", [[8, 0]]],
    ["type 9", [[8, 9]]],
    ["no event", [[9, null]]],
    ["empty media list", [[11, []]]],
    ["17 media", [[11, Array.from({ length: 17 }, () => new Map<Item, Item>(media))]]],
    ["unknown kind", [withMedia([1, 4])]],
    ["index on thumbnail", [withMedia([6, 0])]],
    ["part without index", [withMedia([1, 3])]],
    ["large thumbnail", [withMedia([3, 65537])]],
    ["large part", [withMedia([1, 3], [3, 8388609], [6, 0])]],
    ["empty MIME type", [withMedia([4, ""])]],
    ["long MIME type", [withMedia([4, "x".repeat(128)])]],
    ["backwards span", [withMedia([5, [1, 0]])]],
    ["unknown media key", [withMedia([7, 0])]],
    ["firmware", [[12, random(31)]]],
    ["previous in started", [[13, [1, 1]]]],
    ["gap in started", [[14, [[1, 1], [1, 2], 1]]]],
    ["chain in started", [[15, [camera.certificate, owner.rootDer]]]],
    ["offer in started", [[16, random(10)]]],
    ["unknown key", [[17, 1]]],
    ["text key", [["x" as unknown as number, 1]]],
    ["online without chain", [[8, 2]]],
    ["gap without range", [[8, 6]]],
    ["gap backwards", [[8, 6], [14, [[1, 2], [1, 1], 1]]]],
    ["gap over boots", [[8, 6], [14, [[1, 2], [2, 1], 1]]]],
    ["nesting", [[6, new Raw(join(new Uint8Array(15000).fill(0x81), cbor(0)))]]],
  ];
  for (const [what, changes] of bad) {
    const body = camera.body(3, [[9, event]]);
    for (const [key, value] of changes) {
      if (value === null) body.delete(key);
      else body.set(key, value);
    }
    const verdict = await gate.verify(await camera.sign(body));
    assert.ok("refusal" in verdict && verdict.refusal.reason === "unreadable", `${what}: ${inspect(verdict)}`);
  }
  const largest = camera.body(3, [[9, event], [6, 2n ** 64n - 1n], [4, [2n ** 64n - 1n, 2n ** 64n - 1n]]]);
  const verdict = await gate.verify(await camera.sign(largest));
  assert.ok("record" in verdict, `numbers have 64 bits: ${inspect(verdict)}`);
  assert.equal(verdict.record.position.n, 2n ** 64n - 1n);
});
