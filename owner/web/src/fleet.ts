// The fleet: the camera maker's certificate authority. It says which devices are real, and has no say in whose an event
// is. Its certificate is believed for its hash, which whoever serves this page has pinned.

import "reflect-metadata"; // @peculiar/x509 wants it first
import * as x509 from "@peculiar/x509";
import { type Bytes, equal, own, sha256 } from "./bytes.ts";
import { derLength, deviceOf, importKey, type KeyLevel, levelOf, name, parseCertificate, signedBy, usage } from "./certificate.ts";

const clientAuth = "1.3.6.1.5.5.7.3.2";
const maxCrl = 1 << 20; // bytes; each revoked device takes about 40

/** Fleet is a CA's certificate whose hash is the pinned one. Only openFleet makes one. */
export interface Fleet {
  readonly hash: Bytes; // SHA-256 of the certificate
  readonly key: CryptoKey;
  readonly subject: string; // DER in hex
  readonly keyId: string; // its subject key identifier, in hex; empty if it has none
}

/** DeviceCertificate is the fleet's word that a key is a device's. */
export interface DeviceCertificate {
  readonly device: Bytes;
  readonly level: KeyLevel;
  readonly key: CryptoKey;
  readonly spki: Bytes;
  readonly serial: string; // hex, without leading zeros
}

export async function openFleet(der: Bytes, pinned: Bytes): Promise<Fleet> {
  const hash = await sha256(der);
  if (!equal(hash, pinned)) throw new Error("fleet: not the certificate that is pinned");
  const cert = parseCertificate(der, "fleet");
  if (!cert.getExtension(x509.BasicConstraintsExtension)?.ca) throw new Error("fleet: not a CA");
  return {
    hash,
    key: await importKey(own(new Uint8Array(cert.publicKey.rawData))),
    subject: name(cert.subjectName),
    keyId: cert.getExtension(x509.SubjectKeyIdentifierExtension)?.keyId ?? "",
  };
}

/** verifyDevice checks a device certificate's path to the fleet, and all but its revocation. */
export async function verifyDevice(der: Bytes, fleet: Fleet): Promise<DeviceCertificate> {
  const what = "device certificate";
  const cert = parseCertificate(der, what);
  if (name(cert.issuerName) !== fleet.subject) throw new Error(`${what}: of another fleet`);
  if (!(await signedBy(cert, fleet.key))) throw new Error(`${what}: not signed by the fleet`);
  const constraints = cert.getExtension(x509.BasicConstraintsExtension);
  if (!constraints || constraints.ca) throw new Error(`${what}: it is a CA, or does not say`);
  const uses = cert.getExtension(x509.ExtendedKeyUsageExtension)?.usages ?? [];
  if (!usage(cert, x509.KeyUsageFlags.digitalSignature) || uses.length !== 1 || uses[0] !== clientAuth) {
    throw new Error(`${what}: not one of a device`);
  }
  const spki = own(new Uint8Array(cert.publicKey.rawData));
  return {
    device: deviceOf(cert),
    level: levelOf(cert.subjectName),
    key: await importKey(spki),
    spki,
    serial: plainSerial(cert.serialNumber),
  };
}

/** RevocationList is the fleet's X.509 CRL: devices that are taken no more. */
export interface RevocationList {
  has(serial: string): boolean;
}

export const noneRevoked: RevocationList = { has: () => false };

/** parseCrl reads a list that the fleet has signed. Its dates play no part: clocks lie. */
export async function parseCrl(der: Bytes, fleet: Fleet): Promise<RevocationList> {
  if (der.length > maxCrl) throw new Error(`revocation list: ${der.length} bytes, more than ${maxCrl}`);
  if (derLength(der) !== der.length) throw new Error("revocation list: not one, or bytes follow it");
  let crl: x509.X509Crl;
  let issuer: string;
  let serials: Set<string>;
  try {
    crl = new x509.X509Crl(der, { berOptions: { maxNodes: maxCrl } });
    issuer = crl.extensions.find((e) => e instanceof x509.AuthorityKeyIdentifierExtension)?.keyId ?? "";
    serials = new Set(crl.entries.map((e) => plainSerial(e.serialNumber)));
  } catch {
    throw new Error("revocation list: not one");
  }
  // Of a list without this date the parser leaves out the entries; the fleet's all have it.
  if (!crl.nextUpdate) throw new Error("revocation list: does not say when the next one comes");
  // A critical extension makes it a delta list, or one of some certificates only (RFC 5280, section 5.2).
  if ([...crl.extensions, ...crl.entries.flatMap((e) => e.extensions)].some((e) => e.critical)) {
    throw new Error("revocation list: has a critical extension, which is not understood here");
  }
  if (name(crl.issuerName) !== fleet.subject || issuer !== fleet.keyId) throw new Error("revocation list: of another fleet");
  const { name: algorithm, hash } = crl.signatureAlgorithm;
  if (algorithm !== "ECDSA" || hash.name !== "SHA-256" || !(await crl.verify({ publicKey: fleet.key }))) {
    throw new Error("revocation list: not signed by the fleet");
  }
  return serials.size === 0 ? noneRevoked : { has: (serial) => serials.has(serial) };
}

function plainSerial(hex: string): string {
  return hex.toLowerCase().replace(/^0+(?=.)/, "");
}
