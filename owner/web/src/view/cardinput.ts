// Where a card is put in: pasted as text or link, or read by this device's camera where the browser can.

import { fromLink } from "../address.ts";
import { el, setText } from "./dom.ts";
import { canScan, scan } from "./scan.ts";

export interface CardUse {
  readonly label: string; // of the field
  readonly placeholder: string;
  readonly action: string; // what the button says
  readonly value?: string; // that a link has brought
  readonly wait?: boolean; // with a value: it is used only when the button is pressed
  /** use throws an Error whose message is for people. */
  use(text: string): Promise<void>;
}

export function cardInput(what: CardUse): HTMLElement {
  const field = el("textarea", {
    rows: 3,
    "data-testid": "card-input",
    autocomplete: "off",
    autocapitalize: "none",
    spellcheck: "false",
    placeholder: what.placeholder,
    "aria-label": what.label,
  });
  const problem = el("p", { class: "problem", role: "alert", hidden: true });
  const submit = async (): Promise<void> => {
    problem.hidden = true;
    try {
      await what.use(fromLink(field.value));
    } catch (err) {
      problem.hidden = false;
      setText(problem, sentence(err instanceof Error ? err.message : String(err)));
    }
  };
  const read = async (): Promise<void> => {
    const text = await scan(what.label);
    if (text === null) return;
    field.value = text;
    await submit();
  };
  const button = el("button", { class: "primary", type: "submit", "data-testid": "card-use" }, what.action);
  const form = el(
    "form",
    { class: "recovery-input", onsubmit: (e) => (e.preventDefault(), void submit()) },
    el("div", { class: "field" }, field),
    problem,
    el("p", { class: "actions" }, button, canScan() && el("button", { class: "quiet", type: "button", onclick: () => void read() }, "Scan the code")),
  );
  field.value = what.value ?? "";
  if (what.value && !what.wait) void submit();
  return form;
}

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}`;
