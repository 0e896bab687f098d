// The place of a record in a camera's life.

import * as cbor from "./cbor.ts";

/** Position is the boot counter, then a count within the boot. */
export interface Position {
  readonly boot: bigint;
  readonly n: bigint;
}

export function readPosition(value: cbor.Value | undefined, what: string): Position {
  const parts = cbor.list(value, what, 2, 2);
  return { boot: cbor.positive(parts[0], what), n: cbor.uint(parts[1], what) };
}

export function samePosition(p: Position, q: Position): boolean {
  return p.boot === q.boot && p.n === q.n;
}

/** before says whether `p` is an earlier place than `q` in a camera's life. */
export function before(p: Position, q: Position): boolean {
  return p.boot < q.boot || (p.boot === q.boot && p.n < q.n);
}
