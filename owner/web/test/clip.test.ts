import assert from "node:assert/strict";
import { test } from "node:test";
import { own } from "../src/bytes.ts";
import { Clip } from "../src/clip.ts";
import type { Plaintext } from "../src/media.ts";
import { parsePart } from "../src/mp4.ts";
import { random } from "./kit.ts";
import { box, part } from "./mux.ts";

const frames = (n: number) => Array.from({ length: n }, () => random(50));

function plaintext(bytes: Uint8Array<ArrayBuffer>, index: bigint, span?: { from: number; to: number }): Plaintext {
  return { bytes, mime: "video/mp4", media: { kind: "part", hash: random(32), size: 1, mime: "video/mp4", index, ...(span && { span }) } } as unknown as Plaintext;
}

test("a part of MJPEG is taken apart", () => {
  const original = frames(5);
  const p = parsePart(part(original, 200, 8000));
  assert.equal(p.codec, "mjpeg");
  assert.deepEqual([p.width, p.height], [640, 360]);
  assert.deepEqual(p.frames.map((f) => f.atMs), [0, 200, 400, 600, 800]);
  assert.deepEqual(p.frames.map((f) => f.bytes), original);
  assert.equal(p.firstMs, 8000);
});

test("a part may have several fragments", () => {
  const [a, b] = [frames(2), frames(3)];
  const second = parsePart(part(b, 100, 400));
  const p = parsePart(own(Buffer.concat([part(a, 200, 0), second.fragments])));
  assert.deepEqual(p.frames.map((f) => f.atMs), [0, 200, 400, 500, 600]);
  assert.deepEqual(p.frames.map((f) => f.bytes), [...a, ...b]);
});

test("a damaged part throws, and does nothing else", () => {
  const good = part(frames(3), 200, 0);
  for (let size = 0; size < good.length; size += 7) assert.throws(() => parsePart(own(good.subarray(0, size))));
  for (let at = 0; at < good.length; at++) {
    const bent = own(good);
    for (const value of [0, 1, 0x7f, 0xff]) {
      bent[at] = value;
      try {
        assert.ok(parsePart(bent).frames.every((f) => f.bytes.length <= good.length));
      } catch (err) {
        assert.ok(err instanceof Error && !/stack|memory/.test(err.message), String(err));
      }
    }
  }
  assert.throws(() => parsePart(own(box("moov"))), /no moof/);
  assert.throws(() => parsePart(own(random(1000))));
});

test("parts of a clip share the clock of the event, in whatever order they come", () => {
  const clip = new Clip();
  clip.add(plaintext(part(frames(10), 200, 0), 1n, { from: -1000, to: 1000 }));
  assert.equal(clip.fromMs, -1000);
  clip.add(plaintext(part(frames(10), 200, 0), 0n, { from: -3000, to: -1000 }));
  clip.add(plaintext(part(frames(5), 200, 0), 3n, { from: 3000, to: 4000 }));
  assert.deepEqual([clip.fromMs, clip.toMs], [-3000, 4000]);
  assert.equal(clip.frameAt(-3000)!.atMs, -3000);
  assert.equal(clip.frameAt(-2801)!.atMs, -3000);
  assert.equal(clip.frameAt(-2800)!.atMs, -2800);
  assert.equal(clip.frameAt(2500)!.atMs, 800, "the last frame stands where a part is missing");
  assert.equal(clip.step(-1000, 1), -800);
  assert.equal(clip.step(-1000, -1), -1200);
  assert.equal(clip.add(plaintext(part(frames(1), 200, 0), 0n)).part.frames.length, 10, "an index is taken once");
});

test("a part without a span follows the one before it", () => {
  const clip = new Clip();
  clip.add(plaintext(part(frames(10), 200, 0), 0n));
  clip.add(plaintext(part(frames(10), 200, 2000), 1n));
  assert.deepEqual([clip.fromMs, clip.toMs], [0, 4000]);
});

test("the file of a clip has one header", () => {
  const clip = new Clip();
  const parts = [part(frames(3), 200, 0), part(frames(3), 200, 600)];
  parts.forEach((p, i) => clip.add(plaintext(p, BigInt(i))));
  const file = Buffer.from(clip.file());
  assert.equal(file.toString("latin1").split("moov").length - 1, 1);
  assert.equal(file.toString("latin1").split("moof").length - 1, 2);
});
