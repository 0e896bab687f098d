// The list of what was refused: told, never drawn.

import { explanations, type RefusedItem, type RefusedLog } from "../refused.ts";
import { el, icon, icons, setText } from "./dom.ts";
import { shortId } from "./format.ts";
import { sheet } from "./sheet.ts";

export class RefusedView {
  readonly button: HTMLButtonElement;
  private readonly number = el("span", { class: "number" }, "0");
  private readonly dialog: HTMLDialogElement;
  private readonly list = el("ol", { class: "refused-list" });

  constructor(private readonly log: () => RefusedLog) {
    this.button = el(
      "button",
      { class: "refused quiet", type: "button", "data-testid": "refused-count", "data-count": 0, onclick: () => this.open() },
      icon(icons.shield),
      this.number,
      el("span", { class: "wide" }, " refused"),
    );
    this.dialog = sheet(
      "refused",
      "Refused",
      el(
        "p",
        {},
        "Whatever the cloud delivers is verified here before it is shown. These items were not yours, or could not be proven; none was drawn.",
      ),
      this.list,
    );
    this.update();
  }

  update(): void {
    const n = this.log().records.length;
    setText(this.number, String(n));
    this.button.dataset["count"] = String(n);
    this.button.classList.toggle("some", n > 0);
    this.button.setAttribute("aria-label", `${n} foreign or unverifiable ${n === 1 ? "item" : "items"} refused. Show why`);
    if (this.dialog.open) this.write();
  }

  private open(): void {
    this.write();
    this.dialog.showModal();
  }

  private write(): void {
    const { records } = this.log();
    if (records.length === 0) {
      this.list.replaceChildren(el("li", { class: "none" }, "Nothing was refused."));
      return;
    }
    this.list.replaceChildren(...records.reverse().map(drawRecord));
  }
}

/** drawRecord tells each reason once, and under it what it is about. */
function drawRecord(items: RefusedItem[]): HTMLElement {
  const { seq } = items[0]!;
  const claims = items.find((i) => i.claims)?.claims;
  const reasons = [...new Set(items.map((i) => i.reason))];
  return el(
    "li",
    { "data-reason": reasons.join(" ") },
    ...reasons.flatMap((reason) => [
      el("strong", {}, explanations[reason]),
      ...items.filter((i) => i.reason === reason).map((i) => el("span", { class: "meta" }, i.detail)),
    ]),
    el(
      "span",
      { class: "meta" },
      `Number ${seq} in your stream`,
      ...(claims
        ? [`; it claims to be ${claims.type} ${claims.position} of camera ${claims.device.slice(0, 8)}, owner `, el("code", {}, shortId(claims.owner))]
        : []),
    ),
  );
}
