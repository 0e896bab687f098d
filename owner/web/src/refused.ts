// What was refused, and why. It is counted and explained, never drawn.

import type { Reason, Refusal } from "./verify.ts";

export interface RefusedItem {
  readonly reason: Reason | "media";
  readonly detail: string;
  readonly seq: number;
  readonly claims?: Refusal["claims"];
}

export const explanations: Record<RefusedItem["reason"], string> = {
  unreadable: "It is not a well-formed record",
  foreign: "It belongs to somebody else",
  "no-certificate": "Its certificate is missing",
  "bad-certificate": "Its certificate is not signed by your key",
  "other-camera": "It was signed by another camera, or for another ownership",
  "bad-signature": "It was changed, or signed by nobody we know",
  "wrong-offer": "Its claim was not made by a camera of this fleet, or for something else",
  "wrong-closing": "It claims an end of ownership that its camera has not signed",
  ended: "It was signed after the ownership of its camera had ended",
  "old-key": "It was signed with a key of its camera that was not in force",
  media: "Its picture or clip is not the one that the camera sealed for you",
};

export class RefusedLog {
  private readonly seen = new Set<string>();
  readonly items: RefusedItem[] = [];

  constructor(private readonly changed: () => void) {}

  /** records are the items, those of one record together; what cannot be read names none, and stands by itself. */
  get records(): RefusedItem[][] {
    const by = new Map<string, RefusedItem[]>();
    for (const item of this.items) {
      const key = item.reason === "unreadable" ? `${item.seq}/${item.detail}` : String(item.seq);
      by.set(key, [...(by.get(key) ?? []), item]);
    }
    return [...by.values()];
  }

  /** add counts an item once, however often it is delivered. */
  add(item: RefusedItem): void {
    const key = `${item.seq}/${item.reason}/${item.detail}`;
    if (this.seen.has(key)) return;
    this.seen.add(key);
    this.items.push(item);
    this.changed();
  }
}
