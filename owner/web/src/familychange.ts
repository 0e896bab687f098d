// Letting somebody view, and ending it: each is a change of a camera's policy, which the owner's key signs in this page.

import { equal, hex, sha256 } from "./bytes.ts";
import type { ViewerCard } from "./cards.ts";
import type { Draft, Holding } from "./holdings.ts";
import { scopes, type Viewer } from "./policy.ts";
import { fromX25519, maxRecipients } from "./recipient.ts";

export const maxViewers = 16;

/** Letting is what somebody is let do. */
export interface Letting {
  readonly card: ViewerCard;
  readonly name: string; // how the owner calls this person; may be empty
  readonly scope: number;
  readonly notAfterMs: number;
}

/** Member is a viewer of a camera, for people. */
export interface Member {
  readonly id: string; // key id, hex
  readonly name: string;
  readonly viewer: Viewer;
  readonly applied: boolean; // a record carries the policy
  readonly over: boolean; // the time is
}

export async function membersOf(holding: Holding, now = Date.now()): Promise<Member[]> {
  const applied = holding.policy !== undefined && holding.inForce >= holding.policy.version;
  return Promise.all(
    (holding.policy?.viewers ?? []).map(async (viewer) => {
      const id = hex(await sha256(viewer.spki));
      return { id, name: holding.settings.viewers.get(id) ?? "", viewer, applied, over: now > viewer.notAfterMs };
    }),
  );
}

/** checkLetting throws, in words for people, what would make a policy that is none. */
export async function checkLetting(holding: Holding, letting: Letting, now = Date.now()): Promise<void> {
  const { policy } = holding;
  if (!policy) throw new Error("The newest policy of this camera is not known here. Is the cloud within reach?");
  if (equal(await sha256(letting.card.spki), policy.owner)) throw new Error("This is your own card. To add a device of your own, click the owner at the top.");
  if (letting.notAfterMs <= now) throw new Error("This time is over already.");
  const others = policy.viewers.filter((v) => !equal(v.spki, letting.card.spki));
  if (others.length >= maxViewers) throw new Error(`A camera has at most ${maxViewers} viewers. Remove one first.`);
  const keys = policy.recipients.length + others.filter((v) => v.recipient).length;
  if (letting.scope & scopes.clips && keys >= maxRecipients) {
    throw new Error(`Pictures are sealed to at most ${maxRecipients} keys, your own among them. Remove somebody who may see events first, or let this person watch live only.`);
  }
  if (letting.scope & scopes.clips && policy.recipients.some((r) => r.startsWith("age1pq"))) {
    throw new Error("Your pictures are sealed to a post-quantum key, and a key that was made in a browser is of another kind: one file cannot be sealed to both. Let this person watch live only.");
  }
}

/** keepsNames says whether settings, with the names in them, can be sealed to this camera now. */
export const keepsNames = (holding: Holding): boolean => holding.offer !== undefined && holding.problem === undefined;

/** letIn adds somebody, or changes what somebody may do. Who was there keeps what was seen so far; who comes anew, or comes
 * back, begins with this version. */
export function letIn(letting: Letting, id: string, named: boolean, now = Date.now()): (draft: Draft) => void {
  return (draft) => {
    const { card, scope, notAfterMs, name } = letting;
    const clips = (scope & scopes.clips) !== 0;
    const before = draft.viewers.find((v) => equal(v.spki, card.spki));
    const goesOn = before && before.notAfterMs >= now && (!clips || before.scope & scopes.clips);
    const viewer: Viewer = { spki: card.spki, scope, notAfterMs, since: goesOn ? before.since : draft.version, ...(clips && { recipient: fromX25519(card.picture) }) };
    draft.viewers = before ? draft.viewers.map((v) => (v === before ? viewer : v)) : [...draft.viewers, viewer];
    if (named && name) draft.settings.viewers.set(id, name);
  };
}

/** until changes only when it ends. */
export function until(member: Member, notAfterMs: number, now = Date.now()): (draft: Draft) => void {
  return (draft) => {
    draft.viewers = draft.viewers.map((v) =>
      equal(v.spki, member.viewer.spki) ? { ...v, notAfterMs, since: v.notAfterMs >= now ? v.since : draft.version } : v,
    );
  };
}

export function removeMember(member: Member, named: boolean): (draft: Draft) => void {
  return (draft) => {
    draft.viewers = draft.viewers.filter((v) => !equal(v.spki, member.viewer.spki));
    if (named) draft.settings.viewers.delete(member.id);
  };
}

