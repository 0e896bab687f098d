// The order of a camera's records within one epoch. It is shown, never a condition: the same position and bytes is a duplicate, the same
// position with other bytes a fork, an absent position a hole.

import type { Position } from "./position.ts";

/** Hole is a run of absent positions within one boot, both ends inclusive. */
export interface Hole {
  readonly boot: bigint;
  readonly from: bigint;
  readonly to: bigint;
}

export type Place = "new" | "duplicate" | "fork";

export class Positions {
  private readonly boots = new Map<bigint, Map<bigint, string>>(); // n -> hash
  private readonly declared: Hole[] = []; // what signed gaps account for
  private readonly ends = new Map<bigint, bigint>(); // last durable position of a boot, by the boot after it
  readonly forks: Position[] = [];

  /** place records a position and says what is there already. */
  place(position: Position, hash: string): Place {
    let boot = this.boots.get(position.boot);
    if (!boot) this.boots.set(position.boot, (boot = new Map()));
    const known = boot.get(position.n);
    if (known === undefined) boot.set(position.n, hash);
    else if (known !== hash) this.forks.push(position);
    return known === undefined ? "new" : known === hash ? "duplicate" : "fork";
  }

  /** explain takes a range that a signed gap accounts for: it is no hole. */
  explain(from: Position, to: Position): void {
    this.declared.push({ boot: from.boot, from: from.n, to: to.n });
  }

  /** ended takes the word of a boot about the last durable position of the one before. */
  ended(last: Position): void {
    this.ends.set(last.boot, last.n);
  }

  /** newestBoot is 0 if there is none. */
  get newestBoot(): bigint {
    return [...this.boots.keys()].reduce((a, b) => (b > a ? b : a), 0n);
  }

  /** holes between what was seen, oldest first. Records that are older than all of a boot's seen ones are not missed. */
  holes(): Hole[] {
    const holes: Hole[] = [];
    for (const [boot, seen] of [...this.boots].sort(([a], [b]) => compare(a, b))) {
      const order = [...seen.keys()].sort(compare);
      const end = this.ends.get(boot);
      if (end !== undefined && end > order.at(-1)!) order.push(end + 1n);
      for (let i = 1; i < order.length; i++) {
        const gaps = this.declared.filter((d) => d.boot === boot).sort((a, b) => compare(a.from, b.from));
        let from = order[i - 1]! + 1n;
        for (const gap of gaps) {
          if (gap.to < from || gap.from >= order[i]!) continue;
          if (gap.from > from) holes.push({ boot, from, to: gap.from - 1n });
          from = gap.to + 1n;
        }
        if (from < order[i]!) holes.push({ boot, from, to: order[i]! - 1n });
      }
    }
    return holes;
  }
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
