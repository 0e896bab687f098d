// A card on the screen: as a QR code, as text to copy, and as a link.

import { el, setText } from "./dom.ts";
import { qrCode } from "./qr.ts";

/** cardShown says what the card is in `what`. The code holds the text itself; a link opens the other's page with it. */
export function cardShown(text: string, what: string, link?: string): HTMLElement {
  return el(
    "div",
    { class: "card-shown" },
    qrCode(text, `The ${what} as a QR code`),
    el(
      "div",
      { class: "card-told" },
      el("code", { class: "card-text", tabindex: "0", "data-testid": "card-text", "aria-label": `The ${what} as text` }, text),
      el("p", { class: "actions" }, copyButton("Copy the text", text), link ? copyButton("Copy a link", link) : null),
    ),
  );
}

function copyButton(label: string, text: string): HTMLElement {
  const button = el("button", { class: "quiet", type: "button" }, label);
  button.addEventListener("click", () => {
    const say = (told: string): void => {
      setText(button, told);
      setTimeout(() => setText(button, label), 2000);
    };
    navigator.clipboard.writeText(text).then(
      () => say("Copied"),
      () => say("Select it and copy"),
    );
  });
  return button;
}
