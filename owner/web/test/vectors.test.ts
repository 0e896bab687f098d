// The golden vectors that package certs wrote: this implementation accepts and refuses the same bytes, and reads the
// same fields out of them.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { bech32 } from "@scure/base";
import { Decrypter, identityToRecipient } from "age-encryption";
import { type Bytes, equal, fromHex, hex, sha256, uuid } from "../src/bytes.ts";
import * as cbor from "../src/cbor.ts";
import { openRoot, verifyEventCertificate } from "../src/certificate.ts";
import { parseFacts } from "../src/facts.ts";
import { maxJoinAnswer } from "../src/join.ts";
import { parseAnswer } from "../src/live.ts";
import { deriveOwner } from "../src/owner.ts";
import { parseSeedText } from "../src/recovery.ts";
import { gapReasons, type Position, qualities } from "../src/record.ts";
import { check, parse } from "../src/statement.ts";
import { Gate } from "../src/verify.ts";
import { claimJudges } from "./claims.ts";

export interface Vector {
  name: string;
  kind: string;
  valid: boolean;
  why?: string;
  owner?: string;
  event?: string;
  root?: string;
  identity?: string;
  fleet?: string;
  secret?: string;
  statement: string;
  fields?: unknown;
}

export type Judge = (v: Vector, statement: Bytes) => Promise<unknown>;

const position = (p: Position) => [String(p.boot), String(p.n)];

async function gateOf(v: Vector): Promise<Gate> {
  const event = fromHex(v.event!);
  return new Gate(await openRoot(fromHex(v.root!), fromHex(v.owner!)), async () => event);
}

const judges: Record<string, Judge> = {
  async record(v, statement) {
    const verdict = await (await gateOf(v)).verify(statement);
    if ("refusal" in verdict) throw new Error(verdict.refusal.detail);
    const r = verdict.record;
    return {
      device: uuid(r.device), owner: hex(r.owner), epoch: String(r.epoch), position: position(r.position), bootId: hex(r.bootId),
      monoMs: String(r.monoMs), wallMs: r.wallMs, quality: qualities.indexOf(r.quality), type: r.type,
      policyVersion: String(r.policy), firmware: hex(r.firmware), x5t: hex(r.certificate.x5t), hash: r.hash,
      ...(r.event && { event: uuid(r.event) }),
      ...(r.media.length > 0 && {
        media: r.media.map((m) => ({
          kind: m.kind, hash: hex(m.hash), size: m.size, mime: m.mime,
          ...(m.span && { span: [m.span.from, m.span.to] }),
          ...(m.index !== undefined && { index: String(m.index) }),
        })),
      }),
      ...(r.previous && { previous: position(r.previous) }),
      ...(r.gap && { gap: { from: position(r.gap.from), to: position(r.gap.to), reason: gapReasons.indexOf(r.gap.reason) + 1 } }),
      ...(r.chain && { chain: [hex(r.chain.event), hex(r.chain.root)] }),
      ...(r.offer && { offer: hex(r.offer) }),
      ...(r.closing && { closing: hex(r.closing) }),
    };
  },

  async "event-certificate"(v, statement) {
    const c = await verifyEventCertificate(statement, await openRoot(fromHex(v.root!), fromHex(v.owner!)));
    return { device: uuid(c.device), epoch: String(c.epoch), level: c.level, keyId: hex(c.keyId), x5t: hex(c.x5t) };
  },

  async "viewer-answer"(v, statement) {
    const a = await parseAnswer(statement, await gateOf(v));
    return {
      device: uuid(a.device), epoch: String(a.epoch), nonce: hex(a.nonce), request: hex(a.request),
      ...(a.refusal !== undefined ? { refusal: a.refusal } : { sdp: a.connection!.sdp, fingerprint: hex(a.connection!.fingerprint) }),
    };
  },

  // The page signs these two and reads neither: what follows is how the other side reads them.
  async "viewer-request"(_, raw) {
    const { f, spki, kid } = await signedByKeyInside(raw, "signet/v1 viewer-request", 8, 7);
    const request = {
      device: uuid(cbor.bytes(f.get(1), "device", 16)), epoch: String(cbor.uint(f.get(2), "epoch")), nonce: hex(cbor.bytes(f.get(3), "nonce", 16)),
      atMs: cbor.small(f.get(4), "time", 253402300799999), sdp: cbor.text(f.get(5), "SDP", 16384), fingerprint: hex(cbor.bytes(f.get(6), "fingerprint", 32)),
      spki: hex(spki), viewer: hex(kid), hash: hex(await sha256(raw)), camera: cbor.small(f.get(8), "camera", 7),
    };
    if (request.epoch === "0" || request.sdp === "") throw new Error("request: epoch 0 or no SDP");
    return request;
  },

  async "log-in"(_, raw) {
    const { f, spki, kid } = await signedByKeyInside(raw, "signet/v1 log-in", 5, 4);
    if (!equal(cbor.bytes(f.get(1), "owner", 32), kid)) throw new Error("log-in: of another owner");
    const origin = cbor.text(f.get(3), "origin", 256);
    if (!/^[ -~]+$/.test(origin)) throw new Error("log-in: its origin is not printable");
    return { owner: hex(kid), nonce: hex(cbor.bytes(f.get(2), "nonce", 32)), origin, spki: hex(spki), cloud: hex(cbor.bytes(f.get(5), "cloud", 32)) };
  },

  async facts(_, plaintext) {
    const f = parseFacts(plaintext);
    const c = f.camera;
    return {
      device: uuid(f.device),
      ...(f.event && { event: uuid(f.event) }),
      ...(f.score !== undefined && { score: Math.round(f.score * 1000) }),
      ...(f.reason && { reason: f.reason }),
      ...(f.zone && { zone: f.zone }),
      ...(f.boxes.length > 0 && { boxes: f.boxes.map((b) => [b.atMs, b.x, b.y, b.w, b.h]) }),
      ...(c && { camera: { name: c.name, driver: c.driver, format: c.format, width: c.width, height: c.height, fpsX1000: Math.round(c.fps * 1000), generated: c.generated, number: c.number } }),
      ...(f.motion && { motion: [f.motion.from, f.motion.to] }),
    };
  },

  async "join-answer"(v, file) {
    if (file.length > maxJoinAnswer) throw new Error("too large");
    const decrypter = new Decrypter();
    decrypter.addIdentity(v.identity!);
    return { seed: hex(parseSeedText(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(await decrypter.decrypt(file)))) };
  },

  async age(v, file) {
    const decrypter = new Decrypter();
    decrypter.addIdentity(v.identity!);
    return { plaintext: hex(await decrypter.decrypt(file)) };
  },

  async seed(v, seed) {
    const keys = await deriveOwner(seed);
    const { scalar, identity } = v.fields as { scalar: string; identity: string };
    // The private keys are not extractable: what they do must be what the given ones do.
    assert.equal(await identityToRecipient(bech32.encodeFromBytes("age-secret-key-", bech32.decodeToBytes(identity).bytes).toUpperCase()), await identityToRecipient(keys.picture));
    const message = new Uint8Array([1, 2, 3]);
    const publicKey = await crypto.subtle.importKey("spki", keys.spki, { name: "ECDSA", namedCurve: "P-256" }, false, ["verify"]);
    const es256 = { name: "ECDSA", hash: "SHA-256" };
    assert.ok(await crypto.subtle.verify(es256, publicKey, await crypto.subtle.sign(es256, keys.signing, message), message));
    return { owner: hex(keys.id), spki: hex(keys.spki), recipient: await identityToRecipient(keys.picture), scalar, identity };
  },
};

async function signedByKeyInside(raw: Bytes, purpose: "signet/v1 viewer-request" | "signet/v1 log-in", last: number, keyAt = last) {
  const statement = parse(raw, 65536);
  if (statement.signer.by !== "kid") throw new Error("statement: does not name its key by id");
  const f = cbor.fields(cbor.decode(statement.payload, 65536), "statement", Array.from({ length: last + 1 }, (_, i) => i));
  if (f.get(0) !== 1) throw new Error("statement: its format is not spoken here");
  const spki = cbor.bytesUpTo(f.get(keyAt), "key", 256);
  const key = await crypto.subtle.importKey("spki", spki, { name: "ECDSA", namedCurve: "P-256" }, true, ["verify"]);
  if (!equal(new Uint8Array(await crypto.subtle.exportKey("spki", key)), spki)) throw new Error("key: not in its one encoding");
  if (!equal(await sha256(spki), statement.signer.kid)) throw new Error("statement: names another key");
  if (!(await check(statement, purpose, key))) throw new Error("statement: its signature does not verify");
  return { f, spki, kid: statement.signer.kid };
}

Object.assign(judges, claimJudges);
const all = JSON.parse(readFileSync("../../certs/testdata/vectors.json", "utf8")) as Vector[];

test("vectors: every kind has a judge", () => {
  assert.deepEqual([...new Set(all.map((v) => v.kind))].sort(), Object.keys(judges).sort());
});

for (const [kind, judge] of Object.entries(judges)) {
  test(`vectors: ${kind}`, async () => {
    const vectors = all.filter((v) => v.kind === kind);
    assert.ok(vectors.some((v) => v.valid) && vectors.some((v) => !v.valid), "there are vectors of both sorts");
    const wrong: string[] = [];
    for (const v of vectors) {
      let fields: unknown;
      try {
        fields = await judge(v, fromHex(v.statement));
      } catch (err) {
        if (v.valid) wrong.push(`${v.name}: refused: ${err}`);
        continue;
      }
      if (!v.valid) wrong.push(`${v.name}: accepted, though ${v.why}`);
      else assert.deepEqual(fields, v.fields, v.name);
    }
    assert.deepEqual(wrong, []);
  });
}
