// How ownership is told: in force and wanted, and what the ledger says.

import type { Camera } from "../story.ts";
import type { Holding } from "../holdings.ts";
import type { OwnershipState, OwnershipWord } from "../items.ts";
import { dateAndTime, length } from "./format.ts";

const over: readonly OwnershipState[] = ["released", "gone", "lost", "refused"];

/** isOver says whether a camera is this owner's no more: by its own signed word, or by the ledger's. */
export function isOver(camera: Camera, holding: Holding | undefined): boolean {
  const word = holding?.word;
  return camera.epoch.closed !== undefined || (word?.epoch === camera.epoch.number && over.includes(word.state));
}

/** policyWords tells which version is in force: only a record that carries it says so. */
export function policyWords(camera: Camera, holding: Holding | undefined): string {
  const inForce = camera.epoch.policy;
  if (isOver(camera, holding)) return `Policy ${inForce} was in force`;
  const wanted = holding?.epoch === camera.epoch.number ? (holding.policy?.version ?? 0n) : 0n;
  if (wanted > inForce) return inForce === 0n ? `Policy ${wanted} not yet applied` : `Policy ${wanted} not yet applied, ${inForce} in force`;
  return inForce === 0n ? "Policy not yet applied" : `Policy ${inForce} in force`;
}

/** Notice is something that the owner should know at once. */
export interface Notice {
  readonly kind: "info" | "warning" | "alarm";
  readonly title: string;
  readonly text: string;
  readonly deeds: readonly ("lost" | "release")[];
}

/** noticeOf is what the owner should know of a camera, unless that is that all is well. */
export function noticeOf(camera: Camera, holding: Holding | undefined, now = Date.now()): Notice | null {
  const { closed } = camera.epoch;
  const word = holding?.word?.epoch === camera.epoch.number ? holding.word : undefined;
  if (word) {
    const notice = ledgerNotice(word, closed !== undefined, now);
    if (notice) return notice;
  }
  if (!closed) return null;
  const by = closed.record.tidings.closing?.cause === "reset" ? "It was reset." : "You have let it go.";
  return { kind: "info", title: "This ownership has ended", text: `${by} What the camera saw until then stays yours.`, deeds: [] };
}

/** ledgerNotice is what the cloud's ledger says, and that it is the one who says so. */
export function ledgerNotice(word: OwnershipWord, closed: boolean, now = Date.now()): Notice | null {
  const left = word.untilMs === undefined ? "" : ` ${length(Math.max(0, word.untilMs - now))} are left, until ${dateAndTime(word.untilMs)}.`;
  const says = closed ? " The camera itself has signed that it was reset; the rest is what the cloud says." : " So says the cloud.";
  switch (word.state) {
    case "owned":
      return null;
    case "released":
      return closed
        ? { kind: "info", title: "Released", text: "This camera is yours no more. What it saw while it was yours stays yours.", deeds: [] }
        : { kind: "info", title: "Released", text: "You have let it go. It closes your ownership as soon as it is online.", deeds: [] };
    case "reset":
      return {
        kind: "alarm",
        title: "Somebody has reset this camera",
        text: `Its keys were destroyed at the camera itself, without a release of yours. Nobody else has claimed it yet; you can claim it again. If it was not you, mark it as lost: then nobody else's claim is taken.${says}`,
        deeds: ["lost", "release"],
      };
    case "contested":
      return {
        kind: "alarm",
        title: "Somebody else claims this camera",
        text: `It was reset without a release of yours, and another owner has shown it a code.${left} Then it is theirs, unless you object.${says}`,
        deeds: ["lost", "release"],
      };
    case "lost":
      return { kind: "warning", title: "Marked as lost", text: "Nobody else's claim of this camera is taken, unless you release it.", deeds: ["release"] };
    case "gone":
      return { kind: "info", title: "Somebody else's now", text: "Another owner has claimed this camera. What it saw while it was yours stays yours. So says the cloud.", deeds: [] };
    case "waiting":
      return { kind: "warning", title: "Not yours yet", text: `It was reset without its former owner's release, and he can object.${left} Then it is yours by itself; at once, if he releases it.`, deeds: [] };
    case "refused":
      return { kind: "alarm", title: "Refused", text: "Its former owner has marked this camera as lost. Your claim of it is not taken. So says the cloud.", deeds: [] };
  }
}
