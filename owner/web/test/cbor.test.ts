import assert from "node:assert/strict";
import { test } from "node:test";
import * as decoder from "../src/cbor.ts";
import { cbor, head, type Item, join, Raw } from "./cbor.ts";
import { random } from "./kit.ts";

const limit = 1 << 20;

test("nesting is refused before it is followed", () => {
  const deep = (n: number) => join(new Uint8Array(n).fill(0x81), cbor(0));
  assert.throws(() => decoder.decode(deep(9), limit), /nested deeper/);
  assert.throws(() => decoder.decode(deep(500_000), limit), /nested deeper/);
  assert.equal(decoder.sequence(deep(500_000), limit).length, 1);
  assert.throws(() => decoder.decode(join(new Uint8Array(50_000).fill(0xa1), cbor(0)), limit), /nested deeper/);
  let item: Item = 0;
  for (let i = 0; i < 8; i++) item = [item, [1]];
  assert.throws(() => decoder.decode(cbor(item), limit), /nested deeper/);
  assert.ok(decoder.decode(cbor([[[[1], [2]]], [[[3]]], new Map<Item, Item>([[1, [2]]])]), limit));
});

test("heads that promise more than there is are refused", () => {
  for (const major of [2, 3, 4, 5]) {
    for (const n of [1, 255, 65535, 2 ** 32 - 1, 2n ** 53n, 2n ** 64n - 1n]) assert.throws(() => decoder.decode(head(major, n), limit));
  }
});

test("what the page encodes is what the other encoder encodes", () => {
  const items: Item[] = [0, 23, 24, 255, 256, 65536, 2 ** 32, 2n ** 53n, 2n ** 64n - 1n, -1, -24, -25, -(2n ** 63n), 1n, "", "ü", new Uint8Array(24), [], [1, [2]], true,
    new Map<Item, Item>([[34, 1], [1, -7], [-1, 2], [300, 3]])];
  for (const item of items) {
    assert.deepEqual(decoder.encode(item as decoder.Value), cbor(item));
    assert.deepEqual(decoder.encode(decoder.decode(cbor(item), limit)), cbor(item));
  }
});

test("a sequence is taken apart, up to what is no item", () => {
  const [first, second] = [cbor([1, random(20), 3]), cbor([2, random(30), 4])];
  const whole = join(first, second);
  assert.deepEqual(decoder.sequence(whole, limit), [first, second]);
  assert.deepEqual(decoder.sequence(new Uint8Array(), limit), []);
  const cut = whole.subarray(0, whole.length - 1);
  assert.deepEqual(decoder.sequence(cut, limit), [first, cut.subarray(first.length)]);
  assert.throws(() => decoder.sequence(whole, 10), /more than 10/);
});

test("readers name what they refuse", () => {
  const map = decoder.decode(cbor(new Map<Item, Item>([[1, "x"], [2, -1], [3, 70000], [4, new Raw(cbor("a\u0007"))]])), limit) as Map<number, decoder.Value>;
  assert.throws(() => decoder.bytes(map.get(1), "name", 3), /name: not a byte string/);
  assert.throws(() => decoder.uint(map.get(2), "count"), /count: negative/);
  assert.throws(() => decoder.small(map.get(3), "count", 65535), /count: 70000/);
  assert.throws(() => decoder.words(map.get(4), "reason"), /reason: has control/);
  assert.throws(() => decoder.fields(map, "body", [1, 2, 3, 4, 5]), /key 5 is missing/);
  assert.throws(() => decoder.fields(map, "body", [1, 2, 3]), /unknown key 4/);
});
