// Grants: the owner's acceptance of an offer. It certifies the event key for one device and one epoch, and brings the
// policy.

import "reflect-metadata"; // @peculiar/x509 wants it first
import * as x509 from "@peculiar/x509";
import { type Bytes, equal, hex, own, uuid } from "./bytes.ts";
import * as cbor from "./cbor.ts";
import { importKey, name, openRoot, parseCertificate, verifyEventCertificate } from "./certificate.ts";
import type { Offer } from "./offer.ts";
import type { OwnerKeys } from "./owner.ts";
import { type Policy, type PolicyBody, parsePolicy, signPolicy } from "./policy.ts";
import { maxStatement, sign } from "./statement.ts";

/** Who grants: the keys, and the root that certifies them. */
export interface Granter {
  readonly keys: OwnerKeys;
  readonly root: Bytes; // DER
}

const validity = { notBefore: new Date("2020-01-01T00:00:00Z"), notAfter: new Date("9999-12-31T23:59:59Z") };
const eventSubject = "Signet event key";

/** Granted is a grant to be sent, and what is in it. */
export interface Granted {
  readonly raw: Bytes;
  readonly offer: Offer;
  readonly policy: Policy;
}

/** grant accepts a claim. The policy becomes the first of its epoch. */
export async function grant(by: Granter, offer: Offer, policy: Pick<PolicyBody, "recipients" | "viewers" | "settings">): Promise<Granted> {
  if (offer.renews) throw new Error("grant: the offer is a renewal");
  const root = await openRoot(by.root, by.keys.id);
  const body = { device: offer.device, owner: by.keys.id, epoch: offer.epoch, offer: offer.hash, version: 1n, renewals: 0, ...policy };
  const signed = await parsePolicy(await signPolicy(body, by.keys), root);
  return { raw: await join(by, offer, signed), offer, policy: signed };
}

/** grantRenewal certifies a camera's new event key. The policy is the newest, and has asked for it. */
export async function grantRenewal(by: Granter, offer: Offer, policy: Policy): Promise<Granted> {
  if (!offer.renews) throw new Error("grant: the offer is a claim");
  if (policy.renewals === 0) throw new Error("grant: no renewal was asked for");
  const same = equal(offer.device, policy.device) && offer.epoch === policy.epoch && equal(offer.renews, policy.offer);
  if (!same) throw new Error("grant: the renewal is of another ownership than the policy");
  return { raw: await join(by, offer, policy), offer, policy };
}

async function join(by: Granter, offer: Offer, policy: Policy): Promise<Bytes> {
  if (!equal(offer.owner, by.keys.id)) throw new Error("grant: the offer is for another owner");
  const body = new Map<cbor.Value, cbor.Value>([
    [0, 1],
    [1, offer.device],
    [2, by.keys.id],
    [3, offer.epoch],
    [4, offer.hash],
    [5, await certify(by, offer)],
    [6, by.root],
    [7, policy.raw],
  ]);
  if (offer.renews) body.set(8, offer.renews);
  const raw = await sign(body, "signet/v1 grant", by.keys.id, by.keys.signing);
  if (raw.length > maxStatement) throw new Error("grant: too large");
  return raw;
}

/** certify issues the event certificate. Its level is the camera's word, taken over from the request. */
async function certify(by: Granter, offer: Offer): Promise<Bytes> {
  const root = parseCertificate(by.root, "root");
  const issuer = root.getExtension(x509.SubjectKeyIdentifierExtension);
  const cert = await x509.X509CertificateGenerator.create({
    serialNumber: serial(),
    subject: new x509.Name([printable("OU", offer.eventLevel), printable("CN", eventSubject), printable("2.5.4.5", String(offer.epoch))]),
    issuer: root.subjectName,
    ...validity,
    signingAlgorithm: { name: "ECDSA", hash: "SHA-256" },
    publicKey: await importKey(offer.eventKey, true),
    signingKey: by.keys.signing,
    extensions: [
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.BasicConstraintsExtension(false, undefined, true),
      ...(issuer ? [new x509.AuthorityKeyIdentifierExtension(issuer.keyId)] : []),
      new x509.SubjectAlternativeNameExtension([{ type: "url", value: `urn:uuid:${uuid(offer.device)}` }]),
    ],
  });
  const der = own(new Uint8Array(cert.rawData));
  const checked = await verifyEventCertificate(der, await openRoot(by.root, by.keys.id)); // as the camera will
  if (!equal(checked.device, offer.device) || checked.epoch !== offer.epoch || checked.level !== offer.eventLevel) {
    throw new Error(`grant: the certificate of ${name(cert.subjectName)} is not the offer's`);
  }
  return der;
}

/** printable is how Go encodes such attributes. */
const printable = (type: string, value: string) => ({ [type]: [{ printableString: value }] });

/** serial is random, 127 bits, and positive: of 16 bytes, the first neither 0 nor negative. */
function serial(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[0] = (bytes[0]! & 0x7f) | 0x40;
  return hex(bytes);
}
