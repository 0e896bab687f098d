// The owners whose keys this browser holds: which one is shown, the others, and a way to let one go.

import { choose, forget, persisted, type StoredOwner } from "../keystore.ts";
import { el, icon, icons, setText } from "./dom.ts";
import { date } from "./format.ts";
import { approveDevice, type SendAnswer } from "./onboardapprove.ts";
import { Onboarding } from "./onboard.ts";
import { sheet } from "./sheet.ts";
import type { Served } from "../served.ts";

/** eight is how an owner is called here: the first characters of the key's id, as clips and the command line show it. */
const eight = (owner: StoredOwner): string => owner.id.slice(0, 8);

const cameHow: Record<StoredOwner["came"], string> = {
  made: "Key made here on",
  recovered: "Key brought back here on",
  joined: "Joined from another device on",
  "handed over": "Key brought here on",
};

/** OwnersHelp is what the view needs of the page, where a cloud can be spoken with. */
export interface OwnersHelp {
  readonly sendAnswer: SendAnswer;
  /** watch opens the sheet for watching somebody else's cameras. */
  watch(): void;
}

export class OwnersView {
  readonly button: HTMLButtonElement;
  private readonly dialog: HTMLDialogElement;
  private readonly list = el("ul", { class: "owners-list" });
  private readonly promise = el("div", { class: "warning", "data-testid": "not-persisted", hidden: true });

  constructor(
    private readonly shown: StoredOwner,
    private readonly all: StoredOwner[],
    by: Served,
    private readonly help?: OwnersHelp,
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
      this.promise,
      this.list,
      by.by === "cloud"
        ? el("p", { class: "actions" }, el("button", { class: "quiet", type: "button", onclick: () => this.another() }, "Another owner in this browser…"))
        : el(
            "p",
            { class: "meta" },
            "To add one, open the link that ",
            el("code", {}, "signet-owner serve --handover"),
            " prints on the machine that holds its key.",
          ),
    );
    void this.showPromise();
  }

  /** approve opens the sheet that lets another device in, with the card that a link has brought. */
  approve(card?: string): void {
    this.dialog.close();
    if (this.help) approveDevice(this.shown, this.help.sendAnswer, card);
  }

  private another(): void {
    this.dialog.close();
    const onboarding = new Onboarding(() => location.reload(), true);
    const dialog = sheet("another", "Another owner", onboarding.element);
    dialog.addEventListener("close", () => (onboarding.stop(), dialog.remove()), { once: true });
    dialog.showModal();
  }

  /** showPromise says so, where the browser has not promised to keep what it holds. */
  private async showPromise(): Promise<void> {
    const kept = await persisted();
    this.promise.hidden = kept;
    this.button.classList.toggle("unpromised", !kept);
    if (kept) return;
    const ask = el("button", { class: "quiet", type: "button" }, "Ask the browser to keep it");
    const told = el("span", { class: "meta", role: "status" });
    ask.addEventListener("click", () => {
      void (async () => {
        await navigator.storage?.persist?.().catch(() => false);
        await this.showPromise();
        if (!this.promise.hidden) setText(this.promise.querySelector("[role=status]")!, "It still has not promised. Installing or bookmarking this page helps in some browsers.");
      })();
    });
    this.promise.replaceChildren(
      el(
        "p",
        {},
        el("strong", {}, "This browser has not promised to keep your key. "),
        "Safari clears what a page has stored after seven days without a visit, other browsers when the disk is full, and a private window when it is closed. Then your recovery file or words bring the key back.",
      ),
      el("p", { class: "actions" }, ask, told),
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
      el("span", { class: "meta" }, `${cameHow[owner.came]} ${date(owner.addedMs)}`),
      isShown && this.help && this.ways(this.help),
      el("p", { class: "actions letting-go" }, !isShown && show, letGo),
    );
    return row;
  }

  private ways(help: OwnersHelp): HTMLElement {
    const button = (testid: string, text: string, go: () => void) =>
      el("button", { class: "quiet", type: "button", "data-testid": testid, onclick: () => (this.dialog.close(), go()) }, text);
    return el(
      "p",
      { class: "actions" },
      button("add-device", "Add another device of mine…", () => this.approve()),
      button("watch", "Watch somebody’s cameras…", () => help.watch()),
    );
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
        owner.came === "handed over"
          ? "This browser then holds its key no more and cannot open its pictures, until you bring the key here again with a new link from the machine that holds it. Cameras, recordings and the key on that machine stay as they are."
          : "This browser then holds its key no more and cannot open its pictures, until you bring the key here again with your recovery file or words. Without those, and without another device that has it, the key is lost. Cameras and recordings stay as they are.",
      ),
      el("p", { class: "actions" }, go, keep),
    );
    row.querySelector(".letting-go")!.replaceWith(question);
    keep.focus();
  }

  private back(owner: StoredOwner, row: HTMLElement): void {
    const fresh = this.row(owner);
    row.replaceWith(fresh);
    fresh.querySelector<HTMLElement>(".letting-go button:last-child")!.focus();
  }

  private async forget(owner: StoredOwner, button: HTMLButtonElement): Promise<void> {
    button.disabled = true;
    await forget(owner.id);
    location.reload(); // nothing of it stays in the page
  }
}
