// The sheet of paper that brings an owner back: black on white, one page, with everything that is needed in thirty years.

import { hex } from "../bytes.ts";
import type { Fresh } from "../onboard.ts";
import { el } from "./dom.ts";
import { qrCode } from "./qr.ts";

export function recoverySheet(fresh: Fresh): HTMLElement {
  const id = hex(fresh.keys.id);
  const groups = id.match(/.{8}/g)!.join(" ");
  return el(
    "section",
    { class: "paper", "data-testid": "recovery-sheet", "aria-label": "Recovery sheet" },
    el("header", {}, el("h3", {}, "Signet recovery sheet"), el("p", {}, `Made on ${fresh.made.toISOString().slice(0, 10)}`)),
    el(
      "p",
      {},
      "These 24 words are the key to your cameras. Whoever has them can open the pictures and speak for you: keep this sheet as you keep a passport.",
    ),
    el("ol", { class: "words", "aria-label": "Recovery words" }, ...fresh.words().map((word, i) => el("li", {}, el("span", {}, String(i + 1)), el("b", {}, word)))),
    el(
      "div",
      { class: "paper-foot" },
      qrCode(fresh.text(), "The same key as a QR code", "quartile"),
      el(
        "div",
        {},
        el("p", {}, "The code holds the same key."),
        el("p", {}, "To come back, open ", el("b", {}, location.origin), ", or any other Signet page, in a browser, choose “I have a recovery file or words”, and type the words in order or scan the code."),
        el("p", { class: "paper-id" }, "Owner ", el("code", {}, groups)),
      ),
    ),
  );
}
