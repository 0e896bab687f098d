// The owner's root: a certificate of the owner key by itself, of the same profile as Go makes (certs/x509.go).

import "reflect-metadata"; // @peculiar/x509 wants it first
import * as x509 from "@peculiar/x509";
import { type Bytes, hex, own, sha256 } from "./bytes.ts";
import type { OwnerKeys } from "./owner.ts";

const ecdsa = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const pointAt = 26; // in a P-256 SubjectPublicKeyInfo: the uncompressed point, which ends it
const serialSize = 16; // bytes, random; the first neither makes the number negative nor is it 0

/** makeRoot makes a new one each time: what counts is the key in it, whose hash is the owner id. */
export async function makeRoot(keys: OwnerKeys): Promise<Bytes> {
  x509.cryptoProvider.set(crypto);
  const name = `CN=Signet owner ${hex(keys.id).slice(0, 8)}`;
  const serial = crypto.getRandomValues(new Uint8Array(serialSize));
  serial[0] = (serial[0]! & 0x7f) | 0x40;
  const cert = await x509.X509CertificateGenerator.create({
    serialNumber: hex(serial),
    subject: name,
    issuer: name,
    notBefore: new Date("2020-01-01T00:00:00Z"),
    notAfter: new Date("9999-12-31T23:59:59Z"), // no well-defined expiry (RFC 5280, section 4.1.2.5)
    signingAlgorithm: ecdsa,
    publicKey: await crypto.subtle.importKey("spki", keys.spki, ecdsa, true, ["verify"]),
    signingKey: keys.signing,
    extensions: [
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
      new x509.BasicConstraintsExtension(true, 0, true),
      // RFC 7093, section 2, method 1, as Go does it
      new x509.SubjectKeyIdentifierExtension(hex((await sha256(own(keys.spki.subarray(pointAt)))).subarray(0, 20))),
    ],
  });
  return own(new Uint8Array(cert.rawData));
}
