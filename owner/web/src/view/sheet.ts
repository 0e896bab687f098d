// The frame of every dialog: a title, a way out, and what it is about.

import { type Child, el, icon, icons } from "./dom.ts";

/** sheet makes a dialog that is closed by its button, by Escape and by a click beside it. It is not opened yet. */
export function sheet(id: string, title: string, ...children: Child[]): HTMLDialogElement {
  const dialog: HTMLDialogElement = el(
    "dialog",
    { class: "sheet", "aria-labelledby": `${id}-title` },
    el("div", { class: "sheet-inner" }, head(id, title, undefined, () => leave(dialog)), ...children),
  );
  closeBeside(dialog);
  document.body.append(dialog);
  return dialog;
}

/** head is a dialog's title, with a line under it, and the button that closes it. */
export function head(id: string, title: string, under: string | undefined, close: () => void): HTMLElement {
  return el(
    "header",
    { class: "player-head" },
    el("div", {}, el("h2", { id: `${id}-title` }, title), under !== undefined && el("p", { class: "meta" }, under)),
    el("button", { class: "round quiet", type: "button", "aria-label": "Close", onclick: close }, icon(icons.close)),
  );
}

/** closeBeside closes a dialog by a click that began and ended beside it. */
export function closeBeside(dialog: HTMLDialogElement): void {
  let began = false;
  dialog.addEventListener("pointerdown", (e) => (began = e.target === dialog));
  dialog.addEventListener("click", (e) => e.target === dialog && began && leave(dialog));
}

/** leave closes a dialog as Escape does: a listener of its "cancel" event can keep it open. */
export function leave(dialog: HTMLDialogElement): void {
  if (dialog.dispatchEvent(new Event("cancel", { cancelable: true }))) dialog.close();
}
