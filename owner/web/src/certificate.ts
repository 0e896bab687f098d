// The path from an event certificate to exactly one root: the owner's own. Every certificate is valid from 2020 to the
// end of 9999, so that no clock plays a part: clocks lie. The epoch ends things.

import "reflect-metadata"; // @peculiar/x509 wants it first
import * as x509 from "@peculiar/x509";
import { type Bytes, equal, fromHex, hex, own, sha256 } from "./bytes.ts";
import { maxCertificate } from "./statement.ts";

declare const proven: unique symbol;

/** Where a key is kept, as its certificate says: of a device key by the fleet's word, of an event key by the camera's. */
export const keyLevels = ["key in a file", "key in a TPM 2.0"] as const;
export type KeyLevel = (typeof keyLevels)[number];

/** EventCertificate certifies the event key of one device for one epoch. Only verifyEventCertificate makes one. */
export interface EventCertificate {
  readonly device: Bytes;
  readonly epoch: bigint;
  readonly x5t: Bytes; // SHA-256 of the DER
  readonly key: CryptoKey;
  readonly keyId: Bytes; // SHA-256 of its SubjectPublicKeyInfo
  readonly level: KeyLevel;
  readonly [proven]: true;
}

/** Root is the owner's certificate of the owner's own key. */
export interface Root {
  readonly owner: Bytes; // SHA-256 of its SubjectPublicKeyInfo
  readonly key: CryptoKey;
  readonly subject: string; // the name in DER, in hex
}

/** Issuer is an owner's key that paths may end at: a root, or the key alone where its certificate was not seen. */
export type Issuer = Pick<Root, "owner" | "key"> & Partial<Root>;

const ecdsaP256 = { name: "ECDSA", namedCurve: "P-256" };
const oid = { basicConstraints: "2.5.29.19", keyUsage: "2.5.29.15", extKeyUsage: "2.5.29.37", san: "2.5.29.17" };
const attribute = { serialNumber: "2.5.4.5", organizationalUnit: "2.5.4.11" };
const notBefore = Date.UTC(2020, 0, 1);
const notAfter = Date.UTC(9999, 11, 31, 23, 59, 59);
const understood = Object.values(oid);

/** openRoot checks that the root certifies itself, is a CA for leaves only, and belongs to `owner`. */
export async function openRoot(der: Uint8Array, owner: Bytes): Promise<Root> {
  const cert = parseCertificate(der, "root");
  const spki = own(new Uint8Array(cert.publicKey.rawData));
  if (!equal(await sha256(spki), owner)) throw new Error("root: its key is not this owner's");
  const constraints = cert.getExtension(x509.BasicConstraintsExtension);
  if (!constraints?.ca || constraints.pathLength !== 0) throw new Error("root: not a CA of path length 0");
  if (!usage(cert, x509.KeyUsageFlags.keyCertSign)) throw new Error("root: may not sign certificates");
  const root = { owner, key: await importKey(spki), subject: name(cert.subjectName) };
  if (name(cert.issuerName) !== root.subject) throw new Error("root: issued by another");
  if (!(await signedBy(cert, root.key))) throw new Error("root: does not certify itself");
  return root;
}

/** verifyEventCertificate checks everything but dates; what it returns may be believed for its device and epoch. */
export async function verifyEventCertificate(der: Uint8Array, root: Issuer): Promise<EventCertificate> {
  const cert = parseCertificate(der, "event certificate");
  if (root.subject !== undefined && name(cert.issuerName) !== root.subject) throw new Error("event certificate: issued by another owner");
  if (!(await signedBy(cert, root.key))) throw new Error("event certificate: not signed by its owner's key");
  const constraints = cert.getExtension(x509.BasicConstraintsExtension);
  if (!constraints || constraints.ca) throw new Error("event certificate: it is a CA, or does not say");
  if (!usage(cert, x509.KeyUsageFlags.digitalSignature)) throw new Error("event certificate: may not sign records");
  if (cert.getExtension(x509.ExtendedKeyUsageExtension)) throw new Error("event certificate: is for more than records");
  const spki = own(new Uint8Array(cert.publicKey.rawData));
  const certificate = {
    device: deviceOf(cert),
    epoch: epochOf(cert),
    level: levelOf(cert.subjectName),
    x5t: await sha256(own(der)),
    key: await importKey(spki),
    keyId: await sha256(spki),
  };
  return Object.freeze(certificate) as EventCertificate;
}

/** parseCertificate reads a certificate of the profile that all of ours have. It proves nothing. */
export function parseCertificate(der: Uint8Array, what: string): x509.X509Certificate {
  if (der.length > maxCertificate) throw new Error(`${what}: ${der.length} bytes, more than ${maxCertificate}`);
  if (derLength(der) !== der.length) throw new Error(`${what}: not a certificate, or bytes follow it`);
  let cert: x509.X509Certificate;
  try {
    cert = new x509.X509Certificate(own(der));
  } catch {
    throw new Error(`${what}: not a certificate`);
  }
  if (cert.notBefore.getTime() !== notBefore || cert.notAfter.getTime() !== notAfter)
    throw new Error(`${what}: not valid from 2020 to 9999`);
  for (const extension of cert.extensions) {
    if (extension.critical && !understood.includes(extension.type)) {
      throw new Error(`${what}: unknown critical extension ${extension.type}`);
    }
  }
  return cert;
}

/** derLength is what the head of a DER SEQUENCE says of the whole's length; NaN if that is not its shortest head, of up to 16
 * MiB. The library reads on where bytes are missing or follow. */
export function derLength(der: Uint8Array): number {
  const [tag, first, ...rest] = der.subarray(0, 5);
  if (tag !== 0x30 || first === undefined) return NaN;
  if (first < 0x80) return 2 + first;
  const bytes = first - 0x80;
  if (bytes < 1 || bytes > 3 || rest.length < bytes) return NaN;
  const length = rest.slice(0, bytes).reduce((n, b) => 256 * n + b, 0);
  return length < (bytes === 1 ? 0x80 : 256 ** (bytes - 1)) ? NaN : 2 + bytes + length;
}

/** signedBy verifies with our own key, never with one that a certificate brings. */
export async function signedBy(cert: x509.X509Certificate, key: CryptoKey): Promise<boolean> {
  const { name: algorithm, hash } = cert.signatureAlgorithm;
  return algorithm === "ECDSA" && hash.name === "SHA-256" && cert.verify({ publicKey: key, signatureOnly: true });
}

/** usage reports whether the key may be used for this, and for nothing else. */
export function usage(cert: x509.X509Certificate, only: x509.KeyUsageFlags): boolean {
  return cert.getExtension(x509.KeyUsagesExtension)?.usages === only;
}

/** deviceOf reads the alternative name, which must be the only one. */
export function deviceOf(cert: { getExtension(oid: string): x509.Extension | null }): Bytes {
  const extension = cert.getExtension(oid.san);
  const san = extension ? new x509.SubjectAlternativeNameExtension(extension.rawData).names.items : [];
  const urn = /^urn:uuid:([0-9a-f]{8})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{12})$/.exec(san[0]?.value ?? "");
  if (san.length !== 1 || san[0]!.type !== "url" || !urn) throw new Error("certificate: does not name exactly one device");
  return fromHex(urn.slice(1).join(""));
}

/** epochOf reads the serialNumber attribute of the subject: the epoch in decimal, without leading zeros. */
function epochOf(cert: x509.X509Certificate): bigint {
  const values = cert.subjectName.getField(attribute.serialNumber);
  const epoch = values.length === 1 && /^[1-9][0-9]{0,19}$/.test(values[0]!) ? BigInt(values[0]!) : 0n;
  if (epoch === 0n || BigInt.asUintN(64, epoch) !== epoch) throw new Error("event certificate: does not name exactly one epoch");
  return epoch;
}

/** levelOf reads the one organizationalUnitName of a subject. */
export function levelOf(subject: x509.Name): KeyLevel {
  const values = subject.getField(attribute.organizationalUnit);
  const level = keyLevels.find((l) => l === values[0]);
  if (values.length !== 1 || !level) throw new Error("certificate: does not say where its key is kept");
  return level;
}

/** name is a subject's or issuer's DER, in hex: to compare, not to read. */
export function name(n: x509.Name): string {
  return hex(new Uint8Array(n.toArrayBuffer()));
}

export async function importKey(spki: Bytes, extractable = false): Promise<CryptoKey> {
  return crypto.subtle.importKey("spki", spki, ecdsaP256, extractable, ["verify"]);
}
