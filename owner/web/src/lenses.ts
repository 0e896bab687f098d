// The cameras of one device, as far as facts tell of them. Most devices have one, and nobody needs to know of numbers.

import type { CameraFacts } from "./facts.ts";

export type VideoFormat = "H.264" | "MJPEG";

/** Lens is one camera of a device. */
export interface Lens {
  readonly number: number; // from 0
  facts?: CameraFacts;
  video?: VideoFormat; // of clips and the live view, as far as one told
}

export class Lenses {
  private readonly all = new Map<number, Lens>();
  private told = false; // by the device itself

  /** list returns the cameras that were told of, by number. */
  get list(): Lens[] {
    return [...this.all.values()].filter((l) => l.facts).sort((a, b) => a.number - b.number);
  }

  /** at returns the camera of a number, told of or not. */
  at(number: number): Lens {
    let lens = this.all.get(number);
    if (!lens) this.all.set(number, (lens = { number }));
    return lens;
  }

  /** tell takes facts from an `online` record, or from an event: those count until the device itself has told. */
  tell(facts: CameraFacts, online: boolean): void {
    if (this.told && !online) return;
    if (!this.told && online) for (const lens of this.all.values()) delete lens.facts;
    this.told ||= online;
    this.at(facts.number).facts = facts;
  }

  /** several says whether `of` has to be told apart from other cameras of its device. */
  several(of?: CameraFacts): boolean {
    const list = this.list;
    return list.length > 1 || (of !== undefined && list.some((l) => l.number !== of.number));
  }

  /** nameOf calls a camera so that it is told apart from its device's others. */
  nameOf(facts: CameraFacts): string {
    const now = this.all.get(facts.number)?.facts ?? facts; // it may have been renamed
    const twice = this.list.some((l) => l.number !== now.number && l.facts!.name === now.name);
    return now.name && !twice ? now.name : `${now.name || "Camera"} ${now.number + 1}`;
  }
}
