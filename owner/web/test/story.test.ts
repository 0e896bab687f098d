import assert from "node:assert/strict";
import { test } from "node:test";
import { delay } from "../src/backoff.ts";
import { hex } from "../src/bytes.ts";
import { Lenses } from "../src/lenses.ts";
import { Positions } from "../src/positions.ts";
import { EventReader } from "../src/sse.ts";
import { type Change, Story } from "../src/story.ts";
import { Gate } from "../src/verify.ts";
import { clipText } from "../src/view/card.ts";
import { pictureOf, playTime } from "../src/view/format.ts";
import type { Item } from "./cbor.ts";
import { random, TestCamera, TestOwner } from "./kit.ts";

const hall = { name: "Hall", driver: "replay", format: "MJPG", width: 640, height: 360, fps: 14.992, generated: false, number: 0 };
const at = (boot: number, n: number) => ({ boot: BigInt(boot), n: BigInt(n) });

test("positions tell duplicates, forks and holes", () => {
  const p = new Positions();
  assert.equal(p.place(at(1, 0), "a"), "new");
  assert.equal(p.place(at(1, 0), "a"), "duplicate");
  assert.equal(p.place(at(1, 0), "b"), "fork");
  p.place(at(1, 5), "c");
  p.place(at(1, 9), "d");
  assert.deepEqual(p.holes(), [{ boot: 1n, from: 1n, to: 4n }, { boot: 1n, from: 6n, to: 8n }]);
  p.explain(at(1, 2), at(1, 6));
  assert.deepEqual(p.holes(), [{ boot: 1n, from: 1n, to: 1n }, { boot: 1n, from: 7n, to: 8n }]);
  p.place(at(2, 3), "e");
  assert.equal(p.holes().length, 2, "what is older than all of a boot is not missed");
  p.ended(at(1, 11));
  assert.deepEqual(p.holes()[2], { boot: 1n, from: 10n, to: 11n });
  assert.equal(p.newestBoot, 2n);
});

const named = (story: Story, event: Uint8Array) => [...story.moments.values()].find((m) => m.id === hex(event))!;

async function teller() {
  const owner = await TestOwner.make();
  const camera = await TestCamera.make(owner);
  const gate = new Gate(owner.root, async () => camera.certificate);
  const story = new Story();
  let seq = 0;
  const tell = async (raw: Uint8Array): Promise<Change | null> => {
    const verdict = await gate.verify(raw);
    assert.ok("record" in verdict);
    return story.add({ seq: ++seq, record: verdict.record, receivedMs: 5000 });
  };
  return { camera, story, tell, last: () => seq };
}

test("an event is told by its records", async () => {
  const { camera, story, tell, last } = await teller();
  const event = random(16);
  const started = await camera.sign(camera.body(3, [[9, event]], 1000000));
  assert.ok((await tell(started))!.begun);
  const moment = named(story, event);
  assert.equal(moment.state, "running");
  assert.equal(moment.durationMs(1004000), 4000);
  assert.equal(moment.lagMs(1004000), undefined, "nothing is known yet");

  const piece = await camera.seal({ kind: 3, plaintext: random(9), mime: "video/mp4", span: [-2000, 2000], index: 0 });
  await tell(await camera.sign(camera.body(4, [[9, event], [11, [piece]]], 1002000)));
  assert.equal(moment.clip.length, 1);
  assert.equal(moment.lagMs(1004000), undefined, "it was not uploaded");
  assert.equal(story.arrived(last(), hex(moment.clip[0]!.media.hash), 1003000), moment);
  assert.equal(story.arrived(last(), "00", 1003000), null);
  assert.equal(moment.lagMs(1005000), 3000);

  assert.equal(await tell(started), null, "a duplicate is shown once");
  await tell(await camera.sign(camera.body(5, [[9, event]], 1009000)));
  assert.equal(moment.state, "ended");
  assert.equal(moment.durationMs(2000000), 9000);
  assert.equal(moment.camera.holes().length, 0);
});

test("a lens's video is what its newest clip part says", async () => {
  const { camera, story, tell } = await teller();
  const part = async (mime: string) => camera.sign(camera.body(4, [[9, random(16)], [11, [await camera.seal({ kind: 3, plaintext: random(9), mime, index: 0 })]]]));
  const of = async (raw: Uint8Array, number: number) => {
    const { camera: device, moment } = (await tell(raw))!;
    moment!.facts = { device: camera.device, boxes: [], camera: { ...hall, number } };
    device.tellVideo(moment!);
  };
  const first = await part('video/mp4; codecs="mp4v.6C"');
  await of(await part("video/mp4"), 0);
  const { lenses } = [...story.cameras.values()][0]!;
  assert.equal(lenses.at(0).video, undefined);
  await of(await part('video/mp4; codecs="avc1.42C01E"'), 0);
  assert.equal(lenses.at(0).video, "H.264");
  await of(first, 0);
  assert.equal(lenses.at(0).video, "H.264", "an older part came late");
  await of(await part('video/mp4; codecs="mp4v.6C"'), 1);
  assert.equal(lenses.at(0).video, "H.264", "another lens's part");
  assert.equal(lenses.at(1).video, "MJPEG");
  await of(await part('video/mp4; codecs="mp4v.6C"'), 0);
  assert.equal(lenses.at(0).video, "MJPEG");
});

test("cameras of one device are told apart where there are several", () => {
  const lenses = new Lenses();
  const named = (name: string, number: number) => ({ ...hall, name, number });
  lenses.tell(named("Hall", 0), false);
  lenses.tell(named("Old", 3), false);
  assert.ok(lenses.several());
  lenses.tell(named("Hall", 0), true);
  assert.deepEqual(lenses.list.map((l) => l.number), [0], "the device itself knows best");
  assert.ok(!lenses.several(named("Hall", 0)));
  assert.ok(lenses.several(named("Old", 3)), "an event of a camera that is not there any more");
  assert.equal(lenses.nameOf(named("Old", 3)), "Old");
  lenses.tell(named("Yard", 2), false);
  assert.ok(!lenses.several(), "an event tells nothing new");
  lenses.tell(named("C270", 2), true);
  lenses.tell(named("C270", 1), true);
  lenses.tell(named("", 4), true);
  assert.deepEqual(lenses.list.map((l) => lenses.nameOf(l.facts!)), ["Hall", "C270 2", "C270 3", "Camera 5"]);
  assert.equal(lenses.nameOf(named("Renamed since", 0)), "Hall");
});

test("the camera line tells formats and rates as people do", () => {
  const facts = hall;
  assert.equal(pictureOf(facts, undefined), "640×360 · MJPEG · 15\u00a0frames/s");
  assert.equal(pictureOf({ ...facts, format: "H264", fps: 7.54 }, undefined), "640×360 · H.264 · 7.5\u00a0frames/s");
  assert.equal(pictureOf({ ...facts, format: "YUYV", fps: 0 }, "MJPEG"), "640×360 · MJPEG");
  assert.equal(pictureOf(facts, "H.264"), "H.264 · motion looked for in 640×360, 15\u00a0frames/s");
  assert.equal(pictureOf(undefined, "H.264"), "H.264");
});

test("a clip's length is told apart from the event's", async () => {
  assert.equal(playTime(14_900), "0:15", "as length does: 15 s");
  const { camera, story, tell } = await teller();
  const event = random(16);
  const parts = await Promise.all([0, 1].map((index) => camera.seal({ kind: 3, plaintext: random(9), mime: "video/mp4", span: [-2000 + 4000 * index, 2000 + 4000 * index], index })));
  for (const piece of parts) await tell(await camera.sign(camera.body(4, [[9, event], [11, [piece]]])));
  const moment = named(story, event);
  assert.equal(clipText(moment), "2 parts", "while it runs");
  await tell(await camera.sign(camera.body(5, [[9, event]])));
  assert.equal(clipText(moment), "clip 8 s, 2 parts");
  moment.clip[0]!.arrived = true;
  moment.clip[1]!.arrived = false;
  assert.equal(clipText(moment), "1 of 2 parts");
});

test("a later boot interrupts what was running, in either order", async () => {
  const { camera, story, tell } = await teller();
  const [first, second] = [random(16), random(16)];
  await tell(await camera.sign(camera.body(3, [[9, first]])));
  camera.boot = 2n;
  const change = (await tell(await camera.online("Hall", false)))!;
  assert.deepEqual(change.interrupted.map((m) => m.id), [hex(first)]);
  assert.equal(named(story, first).state, "interrupted");
  camera.boot = 1n;
  await tell(await camera.sign(camera.body(3, [[9, second]])));
  assert.equal(named(story, second).state, "interrupted", "it came late");
  camera.n += 5n;
  await tell(await camera.sign(camera.body(5, [[9, first]])));
  assert.equal(named(story, first).state, "ended", "its end came after all");
});

test("a camera cannot change an event of another camera", async () => {
  const owner = await TestOwner.make();
  const [a, b] = [await TestCamera.make(owner), await TestCamera.make(owner)];
  const story = new Story();
  const event = random(16);
  for (const camera of [a, b]) {
    const verdict = await new Gate(owner.root, async () => camera.certificate).verify(await camera.sign(camera.body(camera === a ? 3 : 5, [[9, event]])));
    assert.ok("record" in verdict);
    story.add({ seq: 1, record: verdict.record, receivedMs: 0 });
  }
  assert.equal(named(story, event).state, "running");
});

test("a camera without a clock is shown by arrival", async () => {
  const { camera, story, tell } = await teller();
  const event = random(16);
  const body = camera.body(3, [[9, event], [7, [12, 0]] as [number, Item]]);
  await tell(await camera.sign(body));
  const moment = named(story, event);
  assert.equal(moment.startMs, 5000);
  assert.ok(!moment.clockSet);
});

test("server-sent events are read, however they are cut", () => {
  const stream = ": hello\r\n\r\nevent: record\nid: 7\ndata: ab\ndata: cd\n\nevent: status\r\ndata: {}\r\n\r\ndata: x\r\r";
  const whole = new EventReader().push(stream + "\n");
  assert.deepEqual(whole, [
    { event: "record", data: "ab\ncd", id: "7" },
    { event: "status", data: "{}", id: "7" },
    { event: "message", data: "x", id: "7" },
  ]);
  for (let cut = 1; cut < stream.length; cut++) {
    const reader = new EventReader();
    assert.deepEqual([...reader.push(stream.slice(0, cut)), ...reader.push(stream.slice(cut) + "\n")], whole, `cut at ${cut}`);
  }
  assert.throws(() => new EventReader().push("x".repeat(2 << 20)), /endless/);
});

test("delays grow, are jittered, and end at half a minute", () => {
  assert.equal(delay(0, () => 0), 500);
  assert.equal(delay(0, () => 1), 1000);
  assert.equal(delay(100, () => 1), 30000);
  assert.ok(delay(100, () => 0) < delay(100, () => 0.5));
});
