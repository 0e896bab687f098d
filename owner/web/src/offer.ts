// Offers: a camera's answer to a claim, or its request for a new event key. Its device key signs them, which the fleet
// certifies; the proof beside a claim shows that the camera has seen the code.

import "reflect-metadata"; // @peculiar/x509 wants it first
import * as x509 from "@peculiar/x509";
import { type Bytes, equal, own, sha256 } from "./bytes.ts";
import * as cbor from "./cbor.ts";
import { derLength, deviceOf, importKey, type KeyLevel, levelOf } from "./certificate.ts";
import { proofOf } from "./code.ts";
import { type DeviceCertificate, type Fleet, verifyDevice } from "./fleet.ts";
import { readX25519 } from "./recipient.ts";
import { check, maxCertificate, parse } from "./statement.ts";

export const maxOffer = 8192; // bytes of an encoded offer
const maxView = 65536;
const maxMessage = maxOffer + maxView + 64; // with the proof and the heads

/** OfferMessage is what travels; nothing in it has been checked but sizes. */
export interface OfferMessage {
  readonly offer: Bytes;
  readonly proof?: Bytes; // of a claim
  readonly view?: Bytes; // what the camera saw, sealed to the picture key of the code
}

export function parseOfferMessage(raw: Uint8Array): OfferMessage {
  const f = cbor.fields(cbor.decode(raw, maxMessage), "offer message", [1], [2, 3]);
  return {
    offer: cbor.someBytes(f.get(1), "offer", maxOffer),
    ...(f.has(2) && { proof: cbor.bytes(f.get(2), "proof", 32) }),
    ...(f.has(3) && { view: cbor.someBytes(f.get(3), "view", maxView) }),
  };
}

/** proves says whether whoever sent this has seen the code with that secret. */
export async function proves(m: OfferMessage, secret: Bytes): Promise<boolean> {
  return m.proof !== undefined && equal(await proofOf(secret, m.offer), m.proof);
}

/** checkMessage holds what an offer and what travels beside it say of each other: a claim has a proof, a renewal has none,
 * and the view is the one that the camera has signed. */
export async function checkMessage(m: OfferMessage, offer: Offer): Promise<void> {
  if ((m.proof === undefined) !== (offer.renews !== undefined)) throw new Error("offer: a proof belongs to a claim, and only there");
  const hash = m.view && (await sha256(m.view));
  if (hash && offer.view ? !equal(hash, offer.view) : hash !== undefined || offer.view !== undefined) {
    throw new Error("offer: its picture is not the one that the camera has signed");
  }
}

declare const signedByDevice: unique symbol;

/** Offer is one that a device of the fleet has signed. Only parseOffer makes one. */
export interface Offer {
  readonly device: Bytes;
  readonly owner: Bytes;
  readonly epoch: bigint;
  readonly view?: Bytes; // SHA-256 of the sealed view
  readonly settings: Bytes; // X25519 key of the camera: settings are sealed to it
  readonly renews?: Bytes; // SHA-256 of the offer that began the epoch; of a renewal only
  readonly eventKey: Bytes; // SubjectPublicKeyInfo, DER
  readonly eventLevel: KeyLevel; // the camera's word
  readonly by: DeviceCertificate; // by.level is the fleet's word
  readonly hash: Bytes; // of the encoded offer
  readonly [signedByDevice]: true;
}

/** parseOffer verifies everything: the device certificate's path to the fleet, the signature, and the request in it. */
export async function parseOffer(bytes: Uint8Array, fleet: Fleet): Promise<Offer> {
  const raw = own(bytes);
  const statement = parse(raw, maxOffer);
  if (statement.signer.by !== "chain") throw new Error("offer: does not carry its device certificate");
  const by = await verifyDevice(statement.signer.certificate, fleet);
  if (!(await check(statement, "signet/v1 offer", by.key))) throw new Error("offer: its signature does not verify");
  const f = cbor.fields(cbor.decode(statement.payload, maxOffer), "offer", [0, 1, 2, 3, 4, 6], [5, 7]);
  if (f.get(0) !== 1) throw new Error("offer: its format is not spoken here");
  const device = cbor.bytes(f.get(1), "device", 16);
  const asked = await parseRequest(cbor.someBytes(f.get(4), "request", maxCertificate));
  if (!equal(by.device, device) || !equal(asked.device, device)) throw new Error("offer: of another device than its certificate");
  if (equal(asked.spki, by.spki)) throw new Error("offer: the event key is the device key");
  if (f.has(5) && f.has(7)) throw new Error("offer: a renewal has no view");
  const offer = {
    device,
    owner: cbor.bytes(f.get(2), "owner", 32),
    epoch: cbor.uint(f.get(3), "epoch"),
    settings: readX25519(f.get(6), "settings key"),
    ...(f.has(5) && { view: cbor.bytes(f.get(5), "view", 32) }),
    ...(f.has(7) && { renews: cbor.bytes(f.get(7), "renewed offer", 32) }),
    eventKey: asked.spki,
    eventLevel: asked.level,
    by,
    hash: await sha256(raw),
  };
  if (offer.epoch === 0n) throw new Error("offer: epoch 0");
  return Object.freeze(offer) as Offer;
}

/** parseRequest reads a PKCS #10 request (RFC 2986) that the key in it has signed. */
async function parseRequest(der: Bytes): Promise<{ device: Bytes; spki: Bytes; level: KeyLevel }> {
  if (derLength(der) !== der.length) throw new Error("request: not one, or bytes follow it");
  let csr: x509.Pkcs10CertificateRequest;
  try {
    csr = new x509.Pkcs10CertificateRequest(der);
  } catch {
    throw new Error("request: not a certificate request");
  }
  const { name: algorithm, hash } = csr.signatureAlgorithm as EcdsaParams;
  const spki = own(new Uint8Array(csr.publicKey.rawData));
  await importKey(spki);
  if (algorithm !== "ECDSA" || (hash as Algorithm).name !== "SHA-256" || !(await csr.verify())) {
    throw new Error("request: not signed by its key");
  }
  return { device: deviceOf(csr), spki, level: levelOf(csr.subjectName) };
}
