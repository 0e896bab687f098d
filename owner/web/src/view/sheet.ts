// A sheet is a dialog with a title, which a button closes, and a click beside it.

import { el, icon, icons, type Child } from "./dom.ts";

/** sheet puts one into the page, closed. Its id is the beginning of the title's. */
export function sheet(id: string, title: string, ...children: Child[]): HTMLDialogElement {
  const close = el(
    "button",
    { class: "round quiet", type: "button", "aria-label": "Close", onclick: () => dialog.close() },
    icon(icons.close),
  );
  const dialog: HTMLDialogElement = el(
    "dialog",
    { class: "sheet", "aria-labelledby": `${id}-title`, onclick: (e) => e.target === dialog && dialog.close() },
    el("div", { class: "sheet-inner" }, el("header", { class: "player-head" }, el("h2", { id: `${id}-title` }, title), close), ...children),
  );
  document.body.append(dialog);
  return dialog;
}
