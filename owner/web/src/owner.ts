// From one seed to the owner's keys (docs/protocol.md). The seed passes through here once; what stays are CryptoKeys
// that the browser keeps and does not give out again.

import { mapHashToField } from "@noble/curves/abstract/modular.js";
import { p256 } from "@noble/curves/nist.js";
import { type Bytes, concat, fromHex, sha256, utf8 } from "./bytes.ts";

export interface OwnerKeys {
  readonly id: Bytes; // SHA-256 of spki
  readonly spki: Bytes; // SubjectPublicKeyInfo of the owner key, DER
  readonly signing: CryptoKey; // P-256, not extractable
  readonly picture: CryptoKey; // X25519, not extractable
}

/** PKCS #8 and SubjectPublicKeyInfo of fixed length, up to the key itself (RFC 5915, RFC 8410, RFC 5480). */
const pkcs8P256 = fromHex("308187020100301306072a8648ce3d020106082a8648ce3d030107046d306b0201010420");
const pkcs8P256Public = fromHex("a144034200");
const pkcs8X25519 = fromHex("302e020100300506032b656e04220420");
const spkiP256 = fromHex("3059301306072a8648ce3d020106082a8648ce3d030107034200");

/** spkiOf returns the SubjectPublicKeyInfo of an uncompressed P-256 point. */
export function spkiOf(point: Uint8Array): Bytes {
  return concat(spkiP256, point);
}

/** deriveOwner overwrites the seed and every private intermediate before it returns, also when it fails. */
export async function deriveOwner(seed: Bytes): Promise<OwnerKeys> {
  const secrets: Uint8Array[] = [seed];
  const keep = <T extends Uint8Array>(secret: T): T => {
    secrets.push(secret);
    return secret;
  };
  try {
    if (seed.length !== 32) throw new Error(`derive keys: a seed of ${seed.length} bytes`);
    const scalar = keep(mapHashToField(keep(await hkdf(seed, "signet/v1 owner key", 48)), p256.Point.Fn.ORDER));
    const point = p256.getPublicKey(scalar, false);
    const spki = spkiOf(point);
    const p256Key = keep(concat(pkcs8P256, scalar, pkcs8P256Public, point));
    const x25519Key = keep(concat(pkcs8X25519, keep(await hkdf(seed, "signet/v1 picture key", 32))));
    return {
      id: await sha256(spki),
      spki,
      signing: await crypto.subtle.importKey("pkcs8", p256Key, { name: "ECDSA", namedCurve: "P-256" }, false, ["sign"]),
      picture: await crypto.subtle.importKey("pkcs8", x25519Key, { name: "X25519" }, false, ["deriveBits"]),
    };
  } finally {
    for (const secret of secrets) secret.fill(0);
  }
}

async function hkdf(seed: Bytes, info: string, size: number): Promise<Bytes> {
  const key = await crypto.subtle.importKey("raw", seed, "HKDF", false, ["deriveBits"]);
  const parameters = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info: utf8(info) };
  return new Uint8Array(await crypto.subtle.deriveBits(parameters, key, 8 * size));
}
