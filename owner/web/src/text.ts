// Codes and cards as text: a prefix, and CBOR in base32 (RFC 4648, upper case, no padding), which a QR code holds in
// its alphanumeric mode. They are not statements: nobody has signed them.

import { base32nopad } from "@scure/base";
import * as cbor from "./cbor.ts";

const maxText = 2048; // characters; the longest cards have less than 800

export function toText(prefix: string, value: cbor.Value): string {
  return prefix + base32nopad.encode(cbor.encode(value));
}

/** fromText reads what toText wrote and nothing else; white space around it is taken for an accident of copying. */
export function fromText(prefix: string, text: string, what: string): cbor.Value {
  const trimmed = text.trim();
  if (trimmed.length > maxText) throw new Error(`${what}: too long`);
  if (!trimmed.startsWith(prefix)) throw new Error(`${what}: does not begin with ${prefix}`);
  const digits = trimmed.slice(prefix.length);
  let bytes: Uint8Array;
  try {
    bytes = base32nopad.decode(digits);
  } catch {
    throw new Error(`${what}: not base32`);
  }
  if (base32nopad.encode(bytes) !== digits) throw new Error(`${what}: not base32`);
  return cbor.decode(bytes, maxText);
}
