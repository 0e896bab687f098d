// What is shared, and until when, in words.

import { ownerName, type Share } from "../family.ts";
import { scopes, untilRemoved } from "../policy.ts";
import { el } from "./dom.ts";
import { date } from "./format.ts";

export const dayMs = 86_400_000;

/** scopeWords are of 1 to 3. */
export function scopeWords(scope: number): string {
  return scope === scopes.clips ? "Events and clips" : scope === scopes.live ? "Live" : "Events, clips and live";
}

export function untilWords(notAfterMs: number): string {
  return notAfterMs >= untilRemoved ? "until you remove them" : `until ${date(notAfterMs)}`;
}

/** sharedWords stands at a camera of another owner. */
export function sharedWords(share: Share, now = Date.now()): string {
  const whose = `${ownerName(share.by)}’s camera`;
  if (now > share.notAfterMs) return `${whose}: it was shared with you until ${date(share.notAfterMs)}`;
  const end = share.notAfterMs >= untilRemoved ? "until it is taken back" : `until ${date(share.notAfterMs)}`;
  const what = share.scope === scopes.live ? ", to watch live" : "";
  return `${whose}, shared with you ${end}${what}`;
}

/** localDay is a day as date fields spell it. */
function localDay(ms: number): string {
  const d = new Date(ms);
  return [d.getFullYear(), d.getMonth() + 1, d.getDate()].map((n) => String(n).padStart(2, "0")).join("-");
}

const untimely = "This camera’s clock is not kept right by the network. Until it is, the camera cannot know whether somebody’s time is over: it then seals pictures and shows itself live only to those who may view until you remove them.";

const choices = ["a day", "a week", "a date", "until removed"] as const;

/** untilChoice lets a time be chosen; `value` returns it in unix ms, or throws what to tell people. `timely` says whether the cameras know the time. */
export function untilChoice(id: string, timely: () => boolean): { element: HTMLElement; value(): number; update(): void } {
  const day = el("input", { type: "date", min: localDay(Date.now()), value: localDay(Date.now() + 7 * dayMs), class: "line-field", "aria-label": "Last day", "data-testid": `${id}-date`, hidden: true });
  const which = el("select", { class: "line-field", "data-testid": `${id}-until`, "aria-label": "Until" }, ...choices.map((c) => el("option", { value: c }, c === "until removed" ? "Until I remove them" : c === "a date" ? "Until a date" : `For ${c}`)));
  const warning = el("p", { class: "warning", "data-testid": `${id}-untimely`, hidden: true }, untimely);
  const update = (): void => {
    day.hidden = which.value !== "a date";
    warning.hidden = which.value === "until removed" || timely();
  };
  which.addEventListener("change", update);
  update();
  const value = (): number => {
    if (which.value === "a day") return Date.now() + dayMs;
    if (which.value === "a week") return Date.now() + 7 * dayMs;
    if (which.value === "until removed") return untilRemoved;
    const [y, m, d] = day.value.split("-").map(Number);
    if (!y || !m || !d) throw new Error("Choose the last day.");
    return new Date(y, m - 1, d, 23, 59, 59).getTime();
  };
  return { element: el("div", { class: "until" }, which, day, warning), value, update };
}
