// What is sealed to a post-quantum key. A browser keeps no key of that kind without letting pages read it out, so this
// page holds none: it says so instead of showing a picture, and accuses nobody of what the owner chose.

import { isHybrid } from "./recipient.ts";
import type { RecordBody } from "./record.ts";

/** Locked says whose post-quantum key something is sealed to, as far as that is known. */
export type Locked = "yours" | "unknown";

/** Named is whom the newest policy has pictures sealed to that this key may see. */
export interface Named {
  readonly epoch: bigint;
  readonly version: bigint;
  readonly recipients: readonly string[];
}

/** lockedBy judges what is sealed to a post-quantum key; "foreign" is what no policy asked for. */
export function lockedBy(record: Pick<RecordBody, "epoch" | "policy">, newest: Named | undefined): Locked | "foreign" {
  if (newest?.epoch !== record.epoch) return "unknown";
  if (newest.recipients.some(isHybrid)) return "yours";
  return newest.version === record.policy ? "foreign" : "unknown"; // another version may have named one
}

export function lockedWords(locked: Locked): string {
  return `Sealed to ${locked === "yours" ? "your" : "a"} post-quantum key: signet-owner open shows it`;
}
