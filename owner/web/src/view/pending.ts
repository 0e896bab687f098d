// A camera that is claimed and not yet to be had: none of its records is here, only what the cloud's ledger says.

import type { Holding } from "../holdings.ts";
import { el } from "./dom.ts";
import { ledgerNotice } from "./ownwords.ts";

/** isPending says whether a holding is of a camera that waits, or was refused. */
export function isPending(h: Holding): boolean {
  return h.word?.epoch === h.epoch && (h.word.state === "waiting" || h.word.state === "refused");
}

/** pendingCard has a button that puts it away once nothing is to be waited for. */
export function pendingCard(h: Holding, putAway: () => void): HTMLElement {
  const notice = ledgerNotice(h.word!, false)!;
  const name = h.settings.name || `Camera ${h.device.slice(0, 8)}`;
  return el(
    "article",
    { class: "camera", "data-testid": "pending", "data-device": h.device, "aria-label": name },
    el("div", { class: "camera-head" }, el("div", { class: "camera-told" }, el("h3", { class: "camera-name" }, name), el("p", { class: "meta" }, h.device))),
    el("div", { class: `notice ${notice.kind}` }, el("strong", {}, notice.title), ". ", notice.text),
    h.word!.state === "refused" && el("p", { class: "put-away" }, el("button", { class: "quiet", type: "button", "data-testid": "put-away", onclick: putAway }, "Remove from this page")),
  );
}
