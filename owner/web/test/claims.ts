// Judges of the golden vectors of claims, policies and ends. What the page reads is read by the page's own code; grants and
// receipts, which it does not read, are read here a second time, so that they are checked by more than the code that wrote them.

import "reflect-metadata";
import * as x509 from "@peculiar/x509";
import { type Bytes, equal, fromHex, hex, own, sha256, uuid } from "../src/bytes.ts";
import { parseJoinCard, joinId, parseOwnerCard, parseViewerCard } from "../src/cards.ts";
import * as cbor from "../src/cbor.ts";
import { importKey, openRoot, parseCertificate, signedBy, usage, verifyEventCertificate } from "../src/certificate.ts";
import { parseCode } from "../src/code.ts";
import { type Ownership, parseClosing, parseLost, parseRelease } from "../src/ending.ts";
import { type Fleet, openFleet } from "../src/fleet.ts";
import { type Offer, checkMessage, parseOffer, parseOfferMessage, proves } from "../src/offer.ts";
import { parsePolicy } from "../src/policy.ts";
import { fromX25519 } from "../src/recipient.ts";
import { parseSettings } from "../src/settings.ts";
import { check, maxStatement, parse, type Purpose, type Statement } from "../src/statement.ts";
import type { Judge, Vector } from "./vectors.test.ts";

const maxUnixMs = 253402300799999;
const receiptUrn = "urn:signet:receipts";

const text = (statement: Bytes) => new TextDecoder().decode(statement);
const keyIdOf = (spki: BufferSource) => sha256(own(new Uint8Array(spki as ArrayBuffer)));
const fleetOf = async (v: Vector): Promise<Fleet> => openFleet(fromHex(v.fleet!), await sha256(fromHex(v.fleet!)));
const rootOf = (v: Vector) => openRoot(fromHex(v.root!), fromHex(v.owner!));

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

const ownershipOf = (o: Ownership) => ({ device: uuid(o.device), owner: hex(o.owner), epoch: String(o.epoch), offerHash: hex(o.offer) });

/** offerFields takes from the bytes what the page has no use for. */
function offerFields(o: Offer, raw: Uint8Array): Record<string, unknown> {
  const { signer, payload } = parse(raw, 8192);
  const csr = (cbor.decode(payload, 8192) as Map<number, cbor.Value>).get(4) as Uint8Array;
  return {
    device: uuid(o.device), owner: hex(o.owner), epoch: String(o.epoch), csr: hex(csr), eventLevel: o.eventLevel, deviceLevel: o.by.level,
    settings: hex(o.settings), hash: hex(o.hash), ...(signer.by === "chain" && { deviceCertificate: hex(signer.certificate) }),
    ...(o.view && { view: hex(o.view) }), ...(o.renews && { renews: hex(o.renews) }),
  };
}

const withEventKey = async (o: Offer, raw: Uint8Array) => ({ ...offerFields(o, raw), eventKeyId: hex(await keyIdOf(o.eventKey)) });

export const claimJudges: Record<string, Judge> = {
  async "claim-code"(_, statement) {
    const c = parseCode(text(statement));
    return {
      owner: hex(c.owner), secret: hex(c.secret), notAfter: c.notAfter, picture: hex(c.picture), recipient: fromX25519(c.picture),
      ...(c.cloud !== undefined && { cloud: c.cloud }), ...(c.fleet && { fleet: hex(c.fleet) }),
      ...(c.wifi && { wifi: { ssid: hex(c.wifi.ssid), passphrase: hex(c.wifi.passphrase) } }),
    };
  },

  async "viewer-card"(_, statement) {
    const c = await parseViewerCard(text(statement));
    return { spki: hex(c.spki), key: hex(await keyIdOf(c.spki)), picture: hex(c.picture), recipient: fromX25519(c.picture), ...(c.name && { name: c.name }) };
  },

  async "owner-card"(_, statement) {
    const c = parseOwnerCard(text(statement));
    return { owner: hex(c.owner), ...(c.name && { name: c.name }) };
  },

  async "join-card"(_, statement) {
    const c = parseJoinCard(text(statement));
    return { key: hex(c.key), id: hex(await joinId(c)) };
  },

  async offer(v, raw) {
    return withEventKey(await parseOffer(raw, await fleetOf(v)), raw);
  },

  async "offer-message"(v, raw) {
    const m = parseOfferMessage(raw);
    const offer = await parseOffer(m.offer, await fleetOf(v));
    await checkMessage(m, offer);
    if (v.secret && !(await proves(m, fromHex(v.secret)))) throw new Error("it does not prove the secret");
    return {
      offer: await withEventKey(offer, m.offer), ...(v.secret && { proof: hex(m.proof!) }), ...(m.view && { viewSize: m.view.length }),
    };
  },

  async release(v, raw) {
    const r = await parseRelease(raw, await rootOf(v));
    return { ...ownershipOf(r), ...(r.next && { next: hex(r.next) }) };
  },

  async lost(v, raw) {
    const l = await parseLost(raw, await rootOf(v));
    return { ...ownershipOf(l), atMs: l.atMs };
  },

  async closing(v, raw) {
    const c = await parseClosing(raw, await fleetOf(v));
    return { ...ownershipOf(c), last: [String(c.last.boot), String(c.last.n)], cause: c.cause, ...(c.release && { release: hex(c.release) }) };
  },

  async settings(_, plain) {
    const s = parseSettings(plain);
    return {
      name: s.name ?? "",
      ...(s.cameras.size > 0 && { cameras: Object.fromEntries(s.cameras) }),
      ...(s.viewers.size > 0 && { viewers: Object.fromEntries(s.viewers) }),
    };
  },

  async grant(v, raw) {
    const owner = fromHex(v.owner!);
    if (!equal(kidOf(parse(raw, maxStatement)), owner)) throw new Error("of another owner");
    const inside = cbor.decode(parse(raw, maxStatement).payload, maxStatement) as Map<number, cbor.Value>;
    const root = await openRoot(cbor.bytesUpTo(inside.get(6), "root", 4096), owner);
    const { f } = await body(raw, maxStatement, "signet/v1 grant", async () => root.key, [0, 1, 2, 3, 4, 5, 6, 7], [8]);
    const event = cbor.bytesUpTo(f.get(5), "event certificate", 4096);
    const cert = await verifyEventCertificate(event, root);
    const rawPolicy = cbor.bytesUpTo(f.get(7), "policy", maxStatement);
    const p = await parsePolicy(rawPolicy, root);
    const offer = cbor.bytes(f.get(4), "offer", 32);
    const renews = f.has(8) ? cbor.bytes(f.get(8), "renewed offer", 32) : undefined;
    const device = cbor.bytes(f.get(1), "device", 16);
    const epoch = cbor.positive(f.get(3), "epoch");
    if (!equal(cbor.bytes(f.get(2), "owner", 32), owner)) throw new Error("of another owner");
    if (!equal(p.device, device) || p.epoch !== epoch || !equal(p.offer, renews ?? offer)) throw new Error("its parts differ");
    if (!equal(cert.device, device) || cert.epoch !== epoch) throw new Error("its certificate differs");
    if (renews && equal(renews, offer)) throw new Error("an offer that renews itself");
    return {
      device: uuid(device), owner: hex(owner), epoch: String(epoch), offerHash: hex(offer), event: hex(event), eventKeyId: hex(cert.keyId),
      root: hex(cbor.bytesUpTo(f.get(6), "root", 4096)), policy: hex(rawPolicy), ...(renews && { renews: hex(renews) }),
    };
  },

  async policy(v, raw) {
    const p = await parsePolicy(raw, await rootOf(v));
    const viewers = p.viewers.map((w) => ({
      spki: hex(w.spki), scope: w.scope, notAfterMs: w.notAfterMs, since: String(w.since), ...(w.recipient && { recipient: w.recipient }),
    }));
    return {
      ...ownershipOf(p), version: String(p.version), recipients: p.recipients, ...(viewers.length > 0 && { viewers }),
      ...(p.settings && { settings: hex(p.settings) }), ...(p.renewals > 0 && { renewals: p.renewals }),
    };
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
      const range = [cbor.positive(boot, "boot"), cbor.uint(from, "from"), cbor.uint(to, "to")] as const;
      if (range[2] < range[1]) throw new Error("range: backwards");
      return range.map(String);
    });
    const refused = cbor.list(f.get(3), "refusals", 0, 256).map((value) => {
      const [boot, n, reason] = cbor.list(value, "refusal", 3, 3);
      return [String(cbor.positive(boot, "boot")), String(cbor.uint(n, "n")), cbor.words(reason, "reason")];
    });
    const spreadMs = f.has(5) ? cbor.small(f.get(5), "spread", 3600000) : 0;
    if (f.has(5) && spreadMs === 0) throw new Error("spread: 0");
    return { device: uuid(cbor.bytes(f.get(1), "device", 16)), bound, refused, atMs: cbor.small(f.get(4), "time", maxUnixMs), spreadMs };
  },
};
