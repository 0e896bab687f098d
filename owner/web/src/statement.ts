// A statement is a tagged COSE_Sign1 (RFC 9052): ES256, an empty unprotected header, and its purpose as external_aad,
// so that no signature serves twice. See certs/record.cddl.

import { p256 } from "@noble/curves/nist.js";
import { type Bytes, concat, own, utf8 } from "./bytes.ts";
import * as cbor from "./cbor.ts";

/** Purpose is what a signature is for; it is signed with every statement and stands in none. */
export type Purpose =
  | "signet/v1 record"
  | "signet/v1 offer"
  | "signet/v1 grant"
  | "signet/v1 policy"
  | "signet/v1 release"
  | "signet/v1 lost"
  | "signet/v1 closing"
  | "signet/v1 receipt"
  | "signet/v1 log-in"
  | "signet/v1 viewer-request"
  | "signet/v1 viewer-answer";

/** Signer says how the protected header names the key. */
export type Signer =
  | { by: "x5t"; x5t: Bytes } // SHA-256 of the certificate's DER
  | { by: "chain"; certificate: Bytes }
  | { by: "kid"; kid: Bytes }; // SHA-256 of the SubjectPublicKeyInfo

export interface Statement {
  readonly signer: Signer;
  readonly protected: Bytes;
  readonly payload: Bytes;
  readonly signature: Bytes;
}

const tagSign1 = 0xd2; // tag 18, in its only deterministic spelling
const ecdsa = { name: "ECDSA", hash: "SHA-256" };
const algES256 = -7;
const hashSHA256 = -16;
export const maxCertificate = 4096;
export const maxStatement = 65536; // of those that have no smaller limit of their own

/** parse takes a statement apart. It proves nothing: see check. */
export function parse(raw: Uint8Array, limit: number): Statement {
  if (raw.length > limit) throw new Error(`statement: ${raw.length} bytes, more than ${limit}`);
  if (raw[0] !== tagSign1) throw new Error("statement: not a tagged COSE_Sign1");
  const parts = cbor.list(cbor.decode(raw.subarray(1), limit), "statement", 4, 4);
  cbor.fields(parts[1]!, "unprotected header", []);
  const header = cbor.bytesUpTo(parts[0], "protected header", limit);
  const signature = cbor.bytes(parts[3], "signature", 64);
  if (p256.Signature.fromBytes(signature, "compact").hasHighS()) throw new Error("signature: s is more than half the order");
  return { signer: parseHeader(header), protected: header, payload: cbor.bytesUpTo(parts[2], "payload", limit), signature };
}

function parseHeader(header: Bytes): Signer {
  const f = cbor.fields(cbor.decode(header, header.length), "protected header", [1], [4, 33, 34]);
  if (f.get(1) !== algES256) throw new Error("protected header: the algorithm is not ES256");
  if (f.size !== 2) throw new Error("protected header: names not exactly one key");
  if (f.has(4)) return { by: "kid", kid: cbor.bytes(f.get(4), "kid", 32) };
  if (f.has(33)) return { by: "chain", certificate: cbor.bytesUpTo(f.get(33), "x5chain", maxCertificate) };
  const x5t = cbor.list(f.get(34), "x5t", 2, 2);
  if (x5t[0] !== hashSHA256) throw new Error("x5t: the hash is not SHA-256");
  return { by: "x5t", x5t: cbor.bytes(x5t[1], "x5t", 32) };
}

/** check reports whether `key` signed this statement for this purpose. */
export async function check(s: Statement, purpose: Purpose, key: CryptoKey): Promise<boolean> {
  return crypto.subtle.verify(ecdsa, key, s.signature, toBeSigned(s.protected, purpose, s.payload));
}

/** sign makes a statement whose header names the key by its id. */
export async function sign(body: cbor.Value, purpose: Purpose, kid: Bytes, key: CryptoKey): Promise<Bytes> {
  const header = cbor.encode(
    new Map<cbor.Value, cbor.Value>([
      [1, algES256],
      [4, kid],
    ]),
  );
  const payload = cbor.encode(body);
  const signature = new Uint8Array(await crypto.subtle.sign(ecdsa, key, toBeSigned(header, purpose, payload)));
  return concat(new Uint8Array([tagSign1]), cbor.encode([header, new Map(), payload, lowS(signature)]));
}

/** lowS returns the one of (r, s) and (r, n-s) that is taken: so nobody can make a second encoding of a statement. */
function lowS(signature: Bytes): Bytes {
  const { r, s } = p256.Signature.fromBytes(signature, "compact");
  const low = p256.Point.Fn.neg(s) < s ? p256.Point.Fn.neg(s) : s;
  return own(new p256.Signature(r, low).toBytes("compact"));
}

/** toBeSigned is the Sig_structure of RFC 9052, section 4.4. */
export function toBeSigned(header: Bytes, purpose: Purpose, payload: Bytes): Bytes {
  return cbor.encode(["Signature1", header, utf8(purpose), payload]);
}
