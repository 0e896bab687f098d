// Deterministic CBOR (RFC 8949, section 4.2.1), strictly: what does not encode to the same bytes again is refused,
// and so are tags, floats in integer fields, duplicate or unknown keys, and nesting that no statement has.

import { decode as cborgDecode, decodeFirst, encode as cborgEncode, rfc8949EncodeOptions, Tokenizer, Type } from "cborg";
import type { DecodeOptions, Token } from "cborg";
import { type Bytes, equal, own } from "./bytes.ts";

export type Value = number | bigint | string | boolean | null | Uint8Array | Value[] | Map<Value, Value>;

/** The deepest statement body nests four levels; the rest is slack. */
const deepest = 8;

const strictly: DecodeOptions = {
  strict: true,
  allowIndefinite: false,
  allowUndefined: false,
  allowBigInt: true,
  allowNaN: false,
  allowInfinity: false,
  useMaps: true,
  rejectDuplicateMapKeys: true,
};

/** Shallow refuses nesting before the recursive decoder follows it, so that no input exhausts the stack. */
class Shallow extends Tokenizer {
  private open: number[] = []; // items still missing in each open array or map

  override next(): Token {
    const token = super.next();
    while (this.open.length > 0 && this.open.at(-1) === 0) this.open.pop();
    if (this.open.length > 0) this.open[this.open.length - 1]! -= 1;
    if (Type.equals(token.type, Type.array)) this.open.push(Number(token.value));
    if (Type.equals(token.type, Type.map)) this.open.push(2 * Number(token.value));
    if (this.open.length > deepest) throw new Error(`nested deeper than ${deepest} levels`);
    return token;
  }
}

/** decode returns the one item that the bytes hold. It throws on anything that is not its deterministic encoding. */
export function decode(bytes: Uint8Array, limit: number): Value {
  if (bytes.length > limit) throw new Error(`${bytes.length} bytes, more than ${limit}`);
  let value: Value;
  try {
    value = cborgDecode(bytes, { ...strictly, tokenizer: new Shallow(bytes, strictly) }) as Value;
  } catch (err) {
    throw new Error(`decode CBOR: ${(err as Error).message.replace(/^CBOR decode error: /, "")}`);
  }
  if (!equal(encode(value), bytes)) throw new Error("decode CBOR: not deterministically encoded");
  return value;
}

export function encode(value: Value): Bytes {
  return own(cborgEncode(value, rfc8949EncodeOptions));
}

// What follows reads decoded values. Each function names the thing in its error and refuses every other type.

/** fields returns the map of a body: all of `required`, any of `optional`, nothing else. */
export function fields(value: Value, what: string, required: number[], optional: number[] = []): Map<number, Value> {
  if (!(value instanceof Map)) throw new Error(`${what}: not a map`);
  for (const key of value.keys()) {
    if (typeof key !== "number" || !(required.includes(key) || optional.includes(key))) {
      throw new Error(`${what}: unknown key ${String(key).slice(0, 32)}`);
    }
  }
  for (const key of required) if (!value.has(key)) throw new Error(`${what}: key ${key} is missing`);
  return value as Map<number, Value>;
}

/** entries returns those of a map whose keys are not fixed. */
export function entries(value: Value | undefined, what: string, atLeast: number, atMost: number): [Value, Value][] {
  if (!(value instanceof Map)) throw new Error(`${what}: not a map`);
  if (value.size < atLeast || value.size > atMost) throw new Error(`${what}: ${value.size} entries`);
  // The decoder sees numbers and text that stand twice, and not byte strings.
  if (new Set([...value.keys()].map((k) => String(encode(k)))).size !== value.size) throw new Error(`${what}: a key stands twice`);
  return [...value];
}

export function list(value: Value | undefined, what: string, atLeast: number, atMost: number): Value[] {
  if (!Array.isArray(value)) throw new Error(`${what}: not an array`);
  if (value.length < atLeast || value.length > atMost) throw new Error(`${what}: ${value.length} items`);
  return value;
}

/** bytes returns a byte string of exactly `size` bytes. */
export function bytes(value: Value | undefined, what: string, size: number): Bytes {
  const b = bytesUpTo(value, what, size);
  if (b.length !== size) throw new Error(`${what}: ${b.length} bytes instead of ${size}`);
  return b;
}

export function bytesUpTo(value: Value | undefined, what: string, limit: number): Bytes {
  if (!(value instanceof Uint8Array)) throw new Error(`${what}: not a byte string`);
  if (value.length > limit) throw new Error(`${what}: ${value.length} bytes, more than ${limit}`);
  return own(value);
}

/** someBytes returns a byte string that is not empty. */
export function someBytes(value: Value | undefined, what: string, limit: number): Bytes {
  const b = bytesUpTo(value, what, limit);
  if (b.length === 0) throw new Error(`${what}: empty`);
  return b;
}

export function text(value: Value | undefined, what: string, limit: number): string {
  if (typeof value !== "string") throw new Error(`${what}: not a text string`);
  if (new TextEncoder().encode(value).length > limit) throw new Error(`${what}: longer than ${limit} bytes`);
  return value;
}

const maxWords = 256; // bytes

/** words returns text for people to read: short, and without control characters. */
export function words(value: Value | undefined, what: string): string {
  const t = text(value, what, maxWords);
  if (/\p{Cc}/u.test(t)) throw new Error(`${what}: has control characters`);
  return t;
}

/** someWords returns words that are not empty. */
export function someWords(value: Value | undefined, what: string): string {
  const t = words(value, what);
  if (t === "") throw new Error(`${what}: empty`);
  return t;
}

/** uint returns an unsigned integer of up to 64 bits. */
export function uint(value: Value | undefined, what: string): bigint {
  const n = int(value, what);
  if (n < 0n) throw new Error(`${what}: negative`);
  return n;
}

/** positive returns an unsigned integer that is not 0. */
export function positive(value: Value | undefined, what: string): bigint {
  const n = uint(value, what);
  if (n === 0n) throw new Error(`${what}: 0`);
  return n;
}

/** int returns an integer; a float that happens to be whole did not survive decode. */
export function int(value: Value | undefined, what: string): bigint {
  if (typeof value === "bigint") return value;
  if (typeof value === "number" && Number.isInteger(value)) return BigInt(value);
  throw new Error(`${what}: not an integer`);
}

/** small returns an unsigned integer of at most `limit`, as a number. */
export function small(value: Value | undefined, what: string, limit: number): number {
  const n = uint(value, what);
  if (n > BigInt(limit)) throw new Error(`${what}: ${n} is more than ${limit}`);
  return Number(n);
}

export function bool(value: Value | undefined, what: string): boolean {
  if (typeof value !== "boolean") throw new Error(`${what}: not a boolean`);
  return value;
}

/** sequence takes a CBOR sequence (RFC 8742) apart into the bytes of its items, for decode to read. What is no item ends
 * it and comes last, as it is, with all that follows. */
export function sequence(bytes: Uint8Array, limit: number): Uint8Array[] {
  if (bytes.length > limit) throw new Error(`${bytes.length} bytes, more than ${limit}`);
  const items: Uint8Array[] = [];
  for (let rest = bytes; rest.length > 0; ) {
    const size = sizeOfFirst(rest);
    items.push(rest.subarray(0, size));
    rest = rest.subarray(size);
  }
  return items;
}

/** sizeOfFirst also measures what decode refuses for its encoding: only the place where it ends is of interest. */
function sizeOfFirst(bytes: Uint8Array): number {
  const loosely = { ...strictly, strict: false };
  try {
    const [, after] = decodeFirst(bytes, { ...loosely, tokenizer: new Shallow(bytes, loosely) }) as [Value, Uint8Array];
    return bytes.length - after.length;
  } catch {
    return bytes.length;
  }
}
