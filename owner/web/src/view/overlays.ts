// What can lie over pictures: shown or hidden everywhere at once, and remembered.

import { el, icon, icons } from "./dom.ts";

const labels = { boxes: "Boxes", zones: "Areas" } as const;

export type Overlay = keyof typeof labels;

const key = (which: Overlay): string => `signet.${which}`;

/** overlayToggle is a button that shows or hides all of one kind. */
export function overlayToggle(which: Overlay): HTMLElement {
  const on = localStorage.getItem(key(which)) === "on";
  document.body.classList.toggle(`with-${which}`, on);
  const toggle = (): void => {
    const now = document.body.classList.toggle(`with-${which}`);
    for (const button of document.querySelectorAll(`[data-overlay="${which}"]`)) button.setAttribute("aria-pressed", String(now));
    localStorage.setItem(key(which), now ? "on" : "off");
  };
  return el(
    "button",
    { class: "quiet", type: "button", "aria-pressed": String(on), "data-overlay": which, "data-testid": `${which}-toggle`, onclick: toggle },
    icon(icons[which]),
    labels[which],
  );
}
