// Letting somebody in: their card, what they may see and until when; then one's own card for them, by which their page
// believes these cameras.

import { link } from "../address.ts";
import { type Bytes, hex, sha256 } from "../bytes.ts";
import { ownerCardText, parseViewerCard, type ViewerCard } from "../cards.ts";
import { checkLetting, keepsNames, letIn, type Letting } from "../familychange.ts";
import type { Holding, Holdings } from "../holdings.ts";
import { scopes } from "../policy.ts";
import { cardInput } from "./cardinput.ts";
import { cardShown } from "./cardshown.ts";
import { el, setText } from "./dom.ts";
import { scopeWords, untilChoice } from "./familywords.ts";
import { sheet } from "./sheet.ts";

const myNameKey = "signet.my-name";
export const maxName = 64; // characters

/** myName is how this owner is called by others, as chosen last in this browser. */
export const myName = (): string => localStorage.getItem(myNameKey) ?? "";
export const keepMyName = (name: string): void => localStorage.setItem(myNameKey, name);

const deviceName = (h: Holding): string => h.settings.name ?? ([...h.settings.cameras.values()].flatMap((c) => c.name ?? []).join(" · ") || `Camera ${h.device.slice(0, 8)}`);

/** shareSheet begins at a camera, or with the card that a link has brought. */
export function shareSheet(holdings: Holdings, device?: string, card?: string): void {
  const place = el("div", { class: "join", "data-testid": "share-sheet" });
  const dialog = sheet("share", "Let somebody view", place);
  dialog.addEventListener("close", () => dialog.remove(), { once: true });
  place.append(
    el("p", {}, "They open this page in their own browser, click their owner at the top, choose “Watch somebody’s cameras”, and send you their card: the text, the link, or the code to scan."),
    cardInput({
      label: "Their card",
      placeholder: "SIGNETV1:…",
      action: "Next",
      ...(card !== undefined && { value: card }),
      use: async (text) => {
        const parsed = await parseViewerCard(text);
        const id = hex(await sha256(parsed.spki));
        place.replaceChildren(terms(holdings, parsed, id, device, (owner) => place.replaceChildren(...done(owner))));
      },
    }),
  );
  dialog.showModal();
}

function terms(holdings: Holdings, card: ViewerCard, id: string, device: string | undefined, given: (owner: Bytes) => void): HTMLElement {
  const mine = holdings.all.filter((h) => h.policy && (!h.word || h.word.state === "owned"));
  const name = el("input", { type: "text", class: "line-field", maxlength: maxName, autocomplete: "off", value: card.name ?? "", "data-testid": "share-name" });
  const scope = el("select", { class: "line-field", "data-testid": "share-scope" }, ...[scopes.clips | scopes.live, scopes.clips, scopes.live].map((s) => el("option", { value: s }, scopeWords(s))));
  const which = el(
    "select",
    { class: "line-field", "data-testid": "share-cameras" },
    ...mine.map((h) => el("option", { value: h.device }, deviceName(h))),
    mine.length !== 1 && el("option", { value: "" }, mine.length === 0 ? "No camera of yours is known yet" : `All ${mine.length} cameras`),
  );
  which.value = device ?? (mine.length === 1 ? mine[0]!.device : "");
  const chosen = (): Holding[] => mine.filter((h) => which.value === "" || h.device === which.value);
  const time = untilChoice("share", () => chosen().every((h) => h.timely !== false));
  which.addEventListener("change", time.update);
  const problem = el("p", { class: "problem", role: "alert", hidden: true });
  const button = el("button", { class: "primary", type: "submit", "data-testid": "share-yes" }, "Let them view");
  const submit = async (): Promise<void> => {
    button.disabled = true;
    problem.hidden = true;
    try {
      const letting: Letting = { card, name: name.value.trim(), scope: Number(scope.value), notAfterMs: time.value() };
      const of = chosen();
      if (of.length === 0) throw new Error("No camera of yours is known here. Is the cloud within reach?");
      for (const h of of) await checkLetting(h, letting);
      for (const h of of) await holdings.change(h.device, letIn(letting, id, keepsNames(h)));
      given(of[0]!.policy!.owner);
    } catch (err) {
      button.disabled = false;
      problem.hidden = false;
      setText(problem, err instanceof Error ? err.message : String(err));
    }
  };
  const line = (label: string, field: HTMLElement): HTMLElement => el("label", { class: "line" }, el("span", {}, label), field);
  return el(
    "form",
    { class: "terms", onsubmit: (e) => (e.preventDefault(), void submit()) },
    el("p", { class: "warning" }, el("strong", {}, "Is it really theirs? "), "Their page calls their key ", el("code", { "data-testid": "share-key" }, id.slice(0, 8)), ". Whoever holds that key will see what you let them see."),
    line("You call them", name),
    line("They may see", scope),
    line("Until", time.element),
    line("Of", which),
    problem,
    el("p", { class: "actions" }, button),
  );
}

/** done shows one's own card: without it their page draws nothing of this owner. */
function done(owner: Bytes): HTMLElement[] {
  const name = el("input", { type: "text", class: "line-field", maxlength: maxName, autocomplete: "off", value: myName(), "data-testid": "share-my-name" });
  const shown = el("div");
  const update = (): void => {
    const called = name.value.trim();
    keepMyName(called);
    const text = ownerCardText({ owner, ...(called && { name: called }) });
    shown.replaceChildren(cardShown(text, "card for them", link("owner", text)));
  };
  name.addEventListener("input", update);
  update();
  return [
    el("p", { role: "status", "data-testid": "share-done" }, "Signed and sent to the camera. It is in force once the camera says so."),
    el("p", {}, "Now give them your card. They enter it on their page, so that it shows your cameras and takes nobody else’s for yours."),
    el("label", { class: "line" }, el("span", {}, "It calls you"), name),
    shown,
  ];
}
