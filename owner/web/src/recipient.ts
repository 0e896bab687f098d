// age recipients: whom pictures and settings are sealed to.

import { x25519 } from "@noble/curves/ed25519.js";
import { bech32 } from "@scure/base";
import { Encrypter, identityToRecipient } from "age-encryption";
import { type Bytes, own } from "./bytes.ts";
import * as cbor from "./cbor.ts";

const maxRecipient = 4096; // characters; a hybrid post-quantum one has about 2000
export const maxRecipients = 16;
const prefix = "age";

/** fromX25519 spells a public key as an age recipient. */
export function fromX25519(key: Uint8Array): string {
  return bech32.encodeFromBytes(prefix, key);
}

/** toX25519 returns the public key of an "age1..." recipient. It throws for every other kind. */
export function toX25519(recipient: string): Bytes {
  const { prefix: found, bytes } = bech32.decodeToBytes(recipient);
  if (found !== prefix || bytes.length !== 32) throw new Error("recipient: not an X25519 one");
  return own(bytes);
}

/** readX25519 refuses keys of low order: nothing can be sealed to them (RFC 7748, section 6.1). */
export function readX25519(value: cbor.Value | undefined, what: string): Bytes {
  const key = cbor.bytes(value, what, 32);
  try {
    x25519.getSharedSecret(new Uint8Array(32).fill(1), key);
  } catch {
    throw new Error(`${what}: nothing can be sealed to it`);
  }
  return key;
}

/** recipientOf returns the recipient of a picture key, which need not be extractable. */
export function recipientOf(picture: CryptoKey): Promise<string> {
  return identityToRecipient(picture);
}

/** isHybrid tells post-quantum recipients from X25519 ones. */
export const isHybrid = (r: string): boolean => r.startsWith("age1pq1");

/** readRecipient takes an X25519 or a hybrid post-quantum one, in its one spelling. */
export function readRecipient(value: cbor.Value | undefined): string {
  const r = cbor.text(value, "recipient", maxRecipient);
  try {
    if (!/^age1(pq1)?[02-9ac-hj-np-z]+$/.test(r)) throw new Error();
    new Encrypter().addRecipient(r);
  } catch {
    throw new Error("recipient: not an age recipient");
  }
  return r;
}

/** checkOneKind refuses a mixture: one age file has recipients of one kind only. */
export function checkOneKind(recipients: readonly string[]): void {
  if (new Set(recipients.map(isHybrid)).size > 1) throw new Error("recipients: of two kinds");
}

/** seal encrypts to all of them. */
export async function seal(recipients: readonly string[], plaintext: Uint8Array): Promise<Bytes> {
  const encrypter = new Encrypter();
  for (const r of recipients) encrypter.addRecipient(r);
  return own(await encrypter.encrypt(plaintext));
}
