// A second, small CBOR encoder, so that what the page decodes was not written by the page's own encoder. It also
// writes what nobody should: longer heads, unsorted maps, raw bytes in the middle.

export type Item = number | bigint | string | boolean | null | Uint8Array | Item[] | Map<Item, Item> | Raw;

/** Raw stands for itself. */
export class Raw {
  constructor(readonly bytes: Uint8Array) {}
}

export function head(major: number, n: number | bigint, size?: 0 | 1 | 2 | 4 | 8): Uint8Array {
  const value = BigInt(n);
  const shortest = value < 24n ? 0 : value < 1n << 8n ? 1 : value < 1n << 16n ? 2 : value < 1n << 32n ? 4 : 8;
  const width = size ?? shortest;
  const out = new Uint8Array(1 + width);
  if (width === 0) {
    out[0] = (major << 5) | Number(value);
    return out;
  }
  out[0] = (major << 5) | { 1: 24, 2: 25, 4: 26, 8: 27 }[width];
  for (let i = 0; i < width; i++) out[width - i] = Number((value >> BigInt(8 * i)) & 255n);
  return out;
}

export function cbor(item: Item): Uint8Array<ArrayBuffer> {
  if (item instanceof Raw) return join(item.bytes);
  if (item === null) return join(new Uint8Array([0xf6]));
  if (typeof item === "boolean") return join(new Uint8Array([item ? 0xf5 : 0xf4]));
  if (typeof item === "number" || typeof item === "bigint") {
    return join(BigInt(item) < 0n ? head(1, -1n - BigInt(item)) : head(0, item));
  }
  if (typeof item === "string") {
    const text = new TextEncoder().encode(item);
    return join(head(3, text.length), text);
  }
  if (item instanceof Uint8Array) return join(head(2, item.length), item);
  if (Array.isArray(item)) return join(head(4, item.length), ...item.map(cbor));
  const entries = [...item].map(([k, v]) => [cbor(k), cbor(v)] as const);
  entries.sort(([a], [b]) => Buffer.compare(a, b));
  return join(head(5, entries.length), ...entries.flat());
}

export function join(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.concat(parts));
}
