// Watching somebody else's cameras: one's own card for them, their card for this page, and whose cameras are expected.

import { link } from "../address.ts";
import { hex } from "../bytes.ts";
import { parseOwnerCard, viewerCardText } from "../cards.ts";
import { expect, expectedOwners, expectNoMore, type OtherOwner, ownerName } from "../family.ts";
import type { StoredOwner } from "../keystore.ts";
import { recipientOf, toX25519 } from "../recipient.ts";
import { cardInput } from "./cardinput.ts";
import { cardShown } from "./cardshown.ts";
import { el } from "./dom.ts";
import { keepMyName, maxName, myName } from "./familyshare.ts";
import { date } from "./format.ts";
import { sheet } from "./sheet.ts";

/** watchSheet opens the sheet; `card` is an owner's that a link has brought. A change loads the page anew. */
export async function watchSheet(owner: StoredOwner, card?: string): Promise<void> {
  const picture = toX25519(await recipientOf(owner.keys.picture));
  const name = el("input", { type: "text", class: "line-field", maxlength: maxName, autocomplete: "name", value: myName(), "data-testid": "watch-my-name" });
  const shown = el("div");
  const update = (): void => {
    const called = name.value.trim();
    keepMyName(called);
    const text = viewerCardText({ spki: owner.keys.spki, picture, ...(called && { name: called }) });
    shown.replaceChildren(cardShown(text, "card", link("viewer", text)));
  };
  name.addEventListener("input", update);
  update();
  const list = el("ul", { class: "owners-list", "data-testid": "expected" });
  const draw = async (): Promise<void> => list.replaceChildren(...(await expectedOwners(owner.id)).map((o) => row(o)));
  await draw();
  const theirs = cardInput({
    label: "Their card",
    placeholder: "SIGNETO1:…",
    action: "Show their cameras",
    ...(card !== undefined && { value: card, wait: true }),
    use: async (text) => {
      await expect(owner.id, parseOwnerCard(text));
      location.reload();
    },
  });
  const dialog = sheet(
    "watch",
    "Watch somebody’s cameras",
    el("div", { class: "join" }, ...steps()),
  );
  dialog.addEventListener("close", () => dialog.remove(), { once: true });
  dialog.showModal();

  function steps(): HTMLElement[] {
    const mine = [
      el("h3", {}, "1. Give them your card"),
      el("p", {}, "It holds your public keys and the name that you like to be called by; nothing in it is secret. Your key is called ", el("code", { "data-testid": "watch-key" }, owner.id.slice(0, 8)), "."),
      el("label", { class: "line" }, el("span", {}, "It calls you"), name),
      shown,
    ];
    const entered = [
      ...(card !== undefined ? [el("p", { class: "warning", "data-testid": "watch-brought" }, whose(card))] : [el("h3", {}, "2. Enter the card that they give you")]),
      theirs,
    ];
    return [
      ...(card !== undefined ? entered : [...mine, ...entered]),
      ...(list.childElementCount > 0 ? [el("h3", {}, "Whose cameras are expected here"), list] : []),
    ];
  }
}

/** whose says whose card a link has brought, before anybody is believed. */
function whose(card: string): string {
  try {
    const { owner, name } = parseOwnerCard(card);
    return `The link brought the card of ${name ? `somebody who calls himself “${name}”, ` : ""}owner ${hex(owner).slice(0, 8)}. Go on if you expect it from somebody; their page shows the same owner at the top.`;
  } catch {
    return "The link brought no owner’s card.";
  }
}

function row(other: OtherOwner): HTMLElement {
  const remove = async (): Promise<void> => {
    await expectNoMore(other);
    location.reload();
  };
  return el(
    "li",
    { "data-owner": other.owner },
    el("strong", {}, ownerName(other)),
    el("code", { class: "meta" }, other.owner),
    el("span", { class: "meta" }, `Card entered on ${date(other.addedMs)}`),
    el("p", { class: "actions" }, el("button", { class: "quiet", type: "button", onclick: () => void remove() }, "Do not show their cameras any more")),
  );
}
