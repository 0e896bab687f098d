// Statements that the page does not read (claim codes, offers, grants, policies, receipts), read here a second time, so
// that their golden vectors are checked by more than the code that wrote them.

import "reflect-metadata";
import * as x509 from "@peculiar/x509";
import { Encrypter } from "age-encryption";
import { type Bytes, equal, fromBase64, fromHex, hex, own, sha256, uuid } from "../src/bytes.ts";
import * as cbor from "../src/cbor.ts";
import { deviceOf, importKey, openRoot, parseCertificate, signedBy, usage, verifyEventCertificate } from "../src/certificate.ts";
import { check, parse, type Purpose, type Statement } from "../src/statement.ts";
import type { Judge } from "./vectors.test.ts";

const maxStatement = 65536;
const maxUnixMs = 253402300799999;
const clientAuth = "1.3.6.1.5.5.7.3.2";
const receiptUrn = "urn:signet:receipts";

const keyIdOf = (spki: BufferSource) => sha256(own(new Uint8Array(spki as ArrayBuffer)));
const positive = (v: cbor.Value | undefined, what: string) => {
  const n = cbor.uint(v, what);
  if (n === 0n) throw new Error(`${what}: 0`);
  return n;
};

async function body(raw: Bytes, limit: number, purpose: Purpose, key: (s: Statement) => Promise<CryptoKey>, required: number[], optional: number[] = []) {
  const statement = parse(raw, limit);
  if (!(await check(statement, purpose, await key(statement)))) throw new Error("signature does not verify");
  const f = cbor.fields(cbor.decode(statement.payload, limit), "body", required, optional);
  if (f.get(0) !== 1) throw new Error("its format is not spoken here");
  return { f, statement };
}

function kidOf(s: Statement): Bytes {
  if (s.signer.by !== "kid") throw new Error("does not name its key by id");
  return s.signer.kid;
}

/** leaf verifies a certificate of the fleet that stands in the header. */
async function leaf(s: Statement, fleet: Bytes): Promise<x509.X509Certificate> {
  if (s.signer.by !== "chain") throw new Error("does not carry its certificate");
  const ca = parseCertificate(fleet, "fleet");
  const cert = parseCertificate(s.signer.certificate, "certificate");
  if (!equal(new Uint8Array(cert.issuerName.toArrayBuffer()), new Uint8Array(ca.subjectName.toArrayBuffer()))) throw new Error("of another fleet");
  if (!(await signedBy(cert, await importKey(own(new Uint8Array(ca.publicKey.rawData)))))) throw new Error("not signed by the fleet");
  if (cert.getExtension(x509.BasicConstraintsExtension)?.ca || !usage(cert, x509.KeyUsageFlags.digitalSignature)) throw new Error("not a signer");
  return cert;
}

const usages = (cert: x509.X509Certificate) => cert.getExtension(x509.ExtendedKeyUsageExtension)?.usages ?? [];

function recipients(value: cbor.Value | undefined): string[] {
  const all = cbor.list(value, "recipients", 1, 16).map((v) => cbor.text(v, "recipient", 4096));
  for (const r of all) {
    if (!/^age1(pq1)?[02-9ac-hj-np-z]+$/.test(r)) throw new Error("not an age recipient");
    new Encrypter().addRecipient(r);
  }
  if (new Set(all.map((r) => r.startsWith("age1pq1"))).size !== 1) throw new Error("recipients of two kinds");
  return all;
}

async function policy(raw: Bytes, owner: Bytes, key: CryptoKey) {
  const { f, statement } = await body(raw, maxStatement, "signet/v1 policy", async () => key, [0, 1, 2, 3, 4, 5, 6], [7]);
  if (!equal(kidOf(statement), owner) || !equal(cbor.bytes(f.get(2), "owner", 32), owner)) throw new Error("of another owner");
  const viewers = [];
  for (const value of f.has(7) ? cbor.list(f.get(7), "viewers", 1, 16) : []) {
    const v = cbor.fields(value, "viewer", [1, 2, 3]);
    const spki = cbor.bytesUpTo(v.get(1), "viewer's key", 256);
    await importKey(spki);
    const scope = cbor.small(v.get(2), "scope", 3);
    if (scope === 0) throw new Error("scope: 0");
    viewers.push({ spki: hex(spki), scope, notAfterMs: cbor.small(v.get(3), "not after", maxUnixMs) });
  }
  if (new Set(viewers.map((v) => v.spki)).size !== viewers.length) throw new Error("a viewer stands twice");
  return {
    device: uuid(cbor.bytes(f.get(1), "device", 16)), owner: hex(owner), epoch: String(positive(f.get(3), "epoch")),
    offerHash: hex(cbor.bytes(f.get(4), "offer", 32)), version: String(positive(f.get(5), "version")), recipients: recipients(f.get(6)),
    ...(viewers.length > 0 && { viewers }),
  };
}

async function request(der: Bytes): Promise<{ device: Bytes; spki: Bytes }> {
  const csr = new x509.Pkcs10CertificateRequest(der);
  const { name, hash } = csr.signatureAlgorithm as EcdsaParams;
  if (name !== "ECDSA" || (hash as Algorithm).name !== "SHA-256" || !(await csr.verify())) throw new Error("request is not signed by its key");
  const spki = own(new Uint8Array(csr.publicKey.rawData));
  await importKey(spki);
  return { device: deviceOf(csr), spki };
}

export const claimJudges: Record<string, Judge> = {
  async "claim-code"(_, statement) {
    const text = new TextDecoder().decode(statement);
    if (!/^SIGNET-CLAIM-1:[A-Za-z0-9_-]+$/.test(text)) throw new Error("not a claim code");
    const f = cbor.fields(cbor.decode(fromBase64(text.slice(15)), 8192), "code", [0, 1, 2, 3, 4]);
    if (f.get(0) !== 1) throw new Error("its format is not spoken here");
    return {
      owner: hex(cbor.bytes(f.get(1), "owner", 32)), secret: hex(cbor.bytes(f.get(2), "secret", 16)),
      notAfterMs: cbor.small(f.get(3), "not after", maxUnixMs), recipients: recipients(f.get(4)),
    };
  },

  async offer(v, raw) {
    let cert: x509.X509Certificate | undefined;
    const key = async (s: Statement) => {
      cert = await leaf(s, fromHex(v.fleet!));
      if (usages(cert).join() !== clientAuth) throw new Error("not a device's certificate");
      return importKey(own(new Uint8Array(cert.publicKey.rawData)));
    };
    const { f } = await body(raw, 262144, "signet/v1 offer", key, [0, 1, 2, 3, 4], [5]);
    const csr = cbor.someBytes(f.get(4), "request", 4096);
    const asked = await request(csr);
    const device = cbor.bytes(f.get(1), "device", 16);
    if (!equal(deviceOf(cert!), device) || !equal(asked.device, device)) throw new Error("of another device");
    if (equal(asked.spki, new Uint8Array(cert!.publicKey.rawData))) throw new Error("the event key is the device key");
    return {
      device: uuid(device), owner: hex(cbor.bytes(f.get(2), "owner", 32)), epoch: String(positive(f.get(3), "epoch")), csr: hex(csr),
      eventKeyId: hex(await keyIdOf(asked.spki)), deviceCertificate: hex(new Uint8Array(cert!.rawData)), hash: hex(await sha256(raw)),
      ...(f.has(5) && { view: hex(cbor.someBytes(f.get(5), "view", 262144)) }),
    };
  },

  async grant(v, raw) {
    const owner = fromHex(v.owner!);
    if (!equal(kidOf(parse(raw, maxStatement)), owner)) throw new Error("of another owner");
    const inside = cbor.decode(parse(raw, maxStatement).payload, maxStatement) as Map<number, cbor.Value>;
    const root = await openRoot(cbor.bytesUpTo(inside.get(6), "root", 4096), owner);
    const { f } = await body(raw, maxStatement, "signet/v1 grant", async () => root.key, [0, 1, 2, 3, 4, 5, 6, 7]);
    const event = cbor.bytesUpTo(f.get(5), "event certificate", 4096);
    const cert = await verifyEventCertificate(event, root);
    const rawPolicy = cbor.bytesUpTo(f.get(7), "policy", maxStatement);
    const p = await policy(rawPolicy, owner, root.key);
    const fields = {
      device: uuid(cbor.bytes(f.get(1), "device", 16)), owner: hex(cbor.bytes(f.get(2), "owner", 32)), epoch: String(positive(f.get(3), "epoch")),
      offerHash: hex(cbor.bytes(f.get(4), "offer", 32)),
    };
    if (fields.owner !== v.owner || p.device !== fields.device || p.epoch !== fields.epoch || p.offerHash !== fields.offerHash) throw new Error("its parts differ");
    if (uuid(cert.device) !== fields.device || String(cert.epoch) !== fields.epoch) throw new Error("its certificate differs");
    return { ...fields, event: hex(event), eventKeyId: hex(cert.keyId), root: hex(cbor.bytesUpTo(f.get(6), "root", 4096)), policy: hex(rawPolicy) };
  },

  async policy(v, raw) {
    const owner = fromHex(v.owner!);
    return policy(raw, owner, (await openRoot(fromHex(v.root!), owner)).key);
  },

  async receipt(v, raw) {
    const key = async (s: Statement) => {
      const cert = await leaf(s, fromHex(v.fleet!));
      const names = cert.getExtension(x509.SubjectAlternativeNameExtension)?.names.items ?? [];
      if (usages(cert).length > 0 || names.length !== 1 || names[0]!.value !== receiptUrn) throw new Error("not for receipts");
      return importKey(own(new Uint8Array(cert.publicKey.rawData)));
    };
    const { f } = await body(raw, maxStatement, "signet/v1 receipt", key, [0, 1, 2, 3, 4], [5]);
    const bound = cbor.list(f.get(2), "ranges", 0, 256).map((value) => {
      const [boot, from, to] = cbor.list(value, "range", 3, 3);
      const range = [positive(boot, "boot"), cbor.uint(from, "from"), cbor.uint(to, "to")] as const;
      if (range[2] < range[1]) throw new Error("range: backwards");
      return range.map(String);
    });
    const refused = cbor.list(f.get(3), "refusals", 0, 256).map((value) => {
      const [boot, n, reason] = cbor.list(value, "refusal", 3, 3);
      return [String(positive(boot, "boot")), String(cbor.uint(n, "n")), cbor.words(reason, "reason")];
    });
    const spreadMs = f.has(5) ? cbor.small(f.get(5), "spread", 3600000) : 0;
    if (f.has(5) && spreadMs === 0) throw new Error("spread: 0");
    return { device: uuid(cbor.bytes(f.get(1), "device", 16)), bound, refused, atMs: cbor.small(f.get(4), "time", maxUnixMs), spreadMs };
  },
};
