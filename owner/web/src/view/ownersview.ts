// The owners whose keys this browser holds: which one is shown, the others, and a way to let one go.

import { choose, forget, type StoredOwner } from "../keystore.ts";
import { el, icon, icons } from "./dom.ts";
import { date } from "./format.ts";
import { sheet } from "./sheet.ts";

/** eight is how an owner is called here: the first characters of the key's id, as clips and the command line show it. */
const eight = (owner: StoredOwner): string => owner.id.slice(0, 8);

export class OwnersView {
  readonly button: HTMLButtonElement;
  private readonly dialog: HTMLDialogElement;
  private readonly list = el("ul", { class: "owners-list" });

  constructor(
    private readonly shown: StoredOwner,
    private readonly all: StoredOwner[],
  ) {
    const label = `Owner ${eight(shown)}${all.length > 1 ? ` (of ${all.length})` : ""}: owners in this browser`;
    this.button = el(
      "button",
      { class: "owner quiet", type: "button", "data-testid": "owner", title: label, "aria-label": label, onclick: () => this.open() },
      icon(icons.key),
      el("span", { class: "wide" }, `Owner ${eight(shown)}`),
    );
    this.dialog = sheet(
      "owners",
      "Owners in this browser",
      el(
        "p",
        {},
        "An owner is a key. Each sees the cameras that this key has claimed and no others; it is called by the first characters of its id.",
      ),
      this.list,
      el(
        "p",
        { class: "meta" },
        "To add one, open the link that ",
        el("code", {}, "signet-owner serve --handover"),
        " prints on the machine that holds its key.",
      ),
    );
  }

  private open(): void {
    this.list.replaceChildren(...this.all.map((owner) => this.row(owner)));
    this.dialog.showModal();
  }

  private row(owner: StoredOwner): HTMLElement {
    const isShown = owner.id === this.shown.id;
    const show = el("button", { class: "quiet", type: "button", onclick: () => (choose(owner.id), location.reload()) }, "Show");
    const letGo = el("button", { class: "quiet", type: "button", onclick: () => this.confirm(owner, row) }, "Forget…");
    letGo.setAttribute("aria-label", `Forget owner ${eight(owner)} in this browser`);
    show.setAttribute("aria-label", `Show owner ${eight(owner)}`);
    const row = el(
      "li",
      { "data-owner": owner.id },
      el("strong", {}, `Owner ${eight(owner)}`, isShown && el("span", { class: "chip" }, "Shown")),
      el("code", { class: "meta" }, owner.id),
      el("span", { class: "meta" }, `Key brought here on ${date(owner.addedMs)}`),
      el("p", { class: "actions" }, !isShown && show, letGo),
    );
    return row;
  }

  /** confirm says what is lost and what is not, where the question was asked. */
  private confirm(owner: StoredOwner, row: HTMLElement): void {
    const keep = el("button", { class: "quiet", type: "button", onclick: () => this.back(owner, row) }, "Keep");
    const go = el(
      "button",
      { class: "quiet danger", type: "button", onclick: () => void this.forget(owner, go) },
      "Forget this owner in this browser",
    );
    const question = el(
      "div",
      { class: "confirm", role: "group", "aria-label": `Forget owner ${eight(owner)}?` },
      el(
        "p",
        {},
        "This browser then holds its key no more and cannot open its pictures, until you bring the key here again with a new link from the machine that holds it. Cameras, recordings and the key on that machine stay as they are.",
      ),
      el("p", { class: "actions" }, go, keep),
    );
    row.querySelector(".actions")!.replaceWith(question);
    keep.focus();
  }

  private back(owner: StoredOwner, row: HTMLElement): void {
    const fresh = this.row(owner);
    row.replaceWith(fresh);
    fresh.querySelector<HTMLElement>(".actions button:last-child")!.focus();
  }

  private async forget(owner: StoredOwner, button: HTMLButtonElement): Promise<void> {
    button.disabled = true;
    await forget(owner.id);
    location.reload(); // nothing of it stays in the page
  }
}
