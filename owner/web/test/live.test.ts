import assert from "node:assert/strict";
import { before, test } from "node:test";
import { type Bytes, equal, fromHex, hex, sha256 } from "../src/bytes.ts";
import { FrameAssembler } from "../src/chunks.ts";
import { fingerprint, makeRequest, readAnswer, Refused, type ViewerRequest } from "../src/live.ts";
import { Gate } from "../src/verify.ts";
import { cbor, type Item } from "./cbor.ts";
import { random, signed, TestCamera, TestOwner } from "./kit.ts";

const print = (byte: string) => Array.from({ length: 32 }, () => byte).join(":");
const sdpOf = (byte: string) => `v=0\r\na=fingerprint:sha-256 ${print(byte)}\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=fingerprint:sha-256 ${print(byte)}\r\n`;

let owner: TestOwner;
let camera: TestCamera;
let gate: Gate;
let request: ViewerRequest;

before(async () => {
  owner = await TestOwner.make();
  camera = await TestCamera.make(owner);
  gate = new Gate(owner.root, async (x5t) => (x5t === hex(await camera.x5t()) ? camera.certificate : null));
  request = await makeRequest(owner.keys, { device: camera.device, epoch: camera.epoch, number: 1 }, sdpOf("AB"));
});

async function answer(change: [number, Item | undefined][] = [], by = camera, purpose = "signet/v1 viewer-answer"): Promise<Bytes> {
  const body = new Map<Item, Item>([
    [0, 1], [1, camera.device], [2, camera.epoch], [3, request.nonce], [4, await sha256(request.raw)], [5, sdpOf("CD")], [6, fromHex("cd".repeat(32))],
  ]);
  for (const [key, value] of change) {
    if (value === undefined) body.delete(key);
    else body.set(key, value);
  }
  return signed(await by.header(), cbor(body), purpose, by.key.privateKey);
}

test("the camera's answer to the very request is taken", async () => {
  assert.equal((await readAnswer(await answer(), request, gate)).sdp, sdpOf("CD"));
});

test("every other answer is refused", async () => {
  const other = await TestCamera.make(owner);
  const all = new Gate(owner.root, async (x5t) => (x5t === hex(await other.x5t()) ? other.certificate : camera.certificate));
  const cases: [RegExp, Promise<Bytes>][] = [
    [/another request/, answer([[3, random(16)]])],
    [/another request/, answer([[4, random(32)]])],
    [/another DTLS certificate/, answer([[6, random(32)]])],
    [/not its certificate's/, answer([[1, random(16)]])],
    [/not its certificate's/, answer([[2, 2]])],
    [/not its certificate's/, answer([], other)],
    [/answered instead/, answer([[1, other.device]], other)],
    [/does not verify/, answer([], camera, "signet/v1 record")],
    [/both/, answer([[7, "no"]])],
    [/SDP/, answer([[5, undefined]])],
    [/fingerprint/, answer([[6, undefined]])],
    [/unknown key/, answer([[8, 1]])],
  ];
  for (const [why, raw] of cases) await assert.rejects(readAnswer(await raw, request, all), why);
});

test("a signed refusal is told in the camera's words", async () => {
  const no = await answer([[5, undefined], [6, undefined], [7, "another viewer is watching"]]);
  await assert.rejects(readAnswer(no, request, gate), (err) => err instanceof Refused && err.message === "another viewer is watching");
});

test("an SDP names exactly one fingerprint", () => {
  assert.ok(equal(fingerprint(sdpOf("0a")), fromHex("0a".repeat(32))));
  assert.throws(() => fingerprint("v=0\r\n"), /exactly one/);
  assert.throws(() => fingerprint(sdpOf("0a") + sdpOf("0b")), /exactly one/);
  assert.throws(() => fingerprint(`a=fingerprint:sha-1 ${print("0a")}\r\n`), /exactly one/);
  assert.throws(() => fingerprint("a=fingerprint:sha-256 0A:0B\r\n"), /not a SHA-256/);
});

function chunk(frame: number, index: number, count: number, bytes: number[]): Uint8Array {
  const message = new Uint8Array(16 + bytes.length);
  const view = new DataView(message.buffer);
  view.setUint32(0, frame);
  view.setUint16(4, index);
  view.setUint16(6, count);
  view.setBigUint64(8, 1234n);
  message.set(bytes, 16);
  return message;
}

test("frames are put together in any order; the newest wins", () => {
  const a = new FrameAssembler();
  assert.equal(a.push(chunk(1, 1, 2, [3, 4])), null);
  const first = a.push(chunk(1, 0, 2, [1, 2]))!;
  assert.deepEqual([...first.jpeg], [1, 2, 3, 4]);
  assert.equal(first.capturedMs, 1234);
  assert.equal(a.push(chunk(1, 0, 2, [1, 2])), null, "a frame is given once");
  assert.equal(a.push(chunk(2, 0, 2, [1])), null);
  assert.deepEqual([...a.push(chunk(3, 0, 1, [9]))!.jpeg], [9]);
  assert.equal(a.push(chunk(2, 1, 2, [2])), null, "what is older is dropped");
  assert.equal(a.dropped, 1);
});

test("frame numbers wrap around", () => {
  const a = new FrameAssembler();
  assert.ok(a.push(chunk(0xffffffff, 0, 1, [1])));
  assert.ok(a.push(chunk(0, 0, 1, [1])));
  assert.equal(a.push(chunk(0xffffffff, 0, 1, [1])), null);
});

test("messages that are none are dropped, and nothing piles up", () => {
  const a = new FrameAssembler();
  for (const bad of [new Uint8Array(0), new Uint8Array(16), chunk(1, 0, 0, [1]), chunk(1, 2, 2, [1]), chunk(1, 0, 300, [1]), new Uint8Array(17000)]) {
    assert.equal(a.push(bad), null);
  }
  for (let n = 1; n < 1000; n++) a.push(chunk(n, 0, 2, [1]));
  assert.equal(a.dropped, 995);
  assert.equal(a.push(chunk(999, 0, 3, [1])), null, "a frame does not change its count");
  assert.ok(a.push(chunk(999, 1, 2, [2])));
});
