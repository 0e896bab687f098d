// Where a recovery file or words are put in: picked, dropped, pasted, or typed with completion.

import { maxRecoveryFile } from "../recovery.ts";
import { complete, split, strange, wordCount } from "../recoverywords.ts";
import { el, setText } from "./dom.ts";
import { canScan, scan } from "./scan.ts";

export interface RecoveryUse {
  readonly action: string; // what the button says
  /** use throws an Error whose message is for people. */
  use(text: string): Promise<void>;
}

export class RecoveryInput {
  readonly element: HTMLElement;
  private readonly file = el("input", { type: "file", class: "unseen", "data-testid": "recovery-file", accept: ".txt,text/plain" });
  private readonly text = el("textarea", {
    rows: 4,
    "data-testid": "recovery-text",
    "aria-label": "Recovery words or text",
    "aria-describedby": "recovery-told",
    autocomplete: "off",
    autocapitalize: "none",
    autocorrect: "off",
    spellcheck: "false",
    placeholder: "Type the 24 words here, or paste the text of the file",
  });
  private readonly offers = el("div", { class: "offers", role: "group", "aria-label": "Words that begin so", hidden: true });
  private readonly told = el("p", { class: "meta told-line", id: "recovery-told", role: "status" });
  private readonly problem = el("p", { class: "problem", role: "alert", hidden: true });
  private readonly button: HTMLButtonElement;

  constructor(private readonly what: RecoveryUse) {
    this.button = el("button", { class: "primary", type: "submit", "data-testid": "recovery-use" }, what.action);
    const pick = el("button", { class: "quiet", type: "button", onclick: () => this.file.click() }, "Pick the recovery file");
    const scanned = el("button", { class: "quiet", type: "button", onclick: () => void this.scan() }, "Scan the sheet’s code");
    this.file.addEventListener("change", () => void this.take(this.file.files?.[0]));
    this.text.addEventListener("input", () => this.update());
    this.text.addEventListener("keydown", (event) => this.key(event));
    this.element = el(
      "form",
      { class: "recovery-input", autocomplete: "off", onsubmit: (e) => (e.preventDefault(), void this.submit(this.text.value)) },
      el("div", { class: "drop" }, pick, this.file, canScan() && scanned, el("span", { class: "meta" }, "or drop the file here")),
      el("div", { class: "field" }, this.text, this.offers, this.told),
      this.problem,
      el("p", { class: "actions" }, this.button),
    );
    this.element.addEventListener("dragover", (event) => {
      event.preventDefault();
      this.element.classList.add("over");
    });
    this.element.addEventListener("dragleave", () => this.element.classList.remove("over"));
    this.element.addEventListener("drop", (event) => {
      event.preventDefault();
      this.element.classList.remove("over");
      void this.take(event.dataTransfer?.files[0]);
    });
    this.update();
  }

  private async take(file: File | undefined): Promise<void> {
    this.file.value = "";
    if (!file) return;
    if (file.size > maxRecoveryFile) return this.fail("This is no recovery file: it is too large.");
    await this.submit(await file.text());
  }

  private async scan(): Promise<void> {
    const text = await scan("The code on your recovery sheet");
    if (text !== null) await this.submit(text);
  }

  private async submit(text: string): Promise<void> {
    this.button.disabled = true;
    this.problem.hidden = true;
    try {
      await this.what.use(text);
      this.text.value = "";
      this.update();
    } catch (err) {
      this.fail(err instanceof Error ? err.message : String(err));
    } finally {
      this.button.disabled = false;
    }
  }

  private fail(message: string): void {
    this.problem.hidden = false;
    setText(this.problem, message);
  }

  private get isWords(): boolean {
    return !/[^a-zA-Z\s.,;0-9]/.test(this.text.value) && !this.text.value.includes("SIGNET");
  }

  /** begun is the word at the end that is being typed, if any. */
  private get begun(): string {
    return this.isWords ? (/[a-zA-Z]+$/.exec(this.text.value)?.[0].toLowerCase() ?? "") : "";
  }

  private update(): void {
    const offers = complete(this.begun).filter((w) => w !== this.begun);
    this.offers.hidden = offers.length === 0;
    this.offers.replaceChildren(
      ...offers.map((w) => el("button", { class: "offer", type: "button", onclick: () => this.put(w) }, w)),
    );
    setText(this.told, this.tell());
  }

  /** tell counts the words and names the first wrong one as soon as it is typed whole. */
  private tell(): string {
    if (this.text.value.trim() === "" || !this.isWords) return "";
    const words = split(this.text.value);
    const whole = this.begun === "" ? words : words.slice(0, -1);
    const wrong = strange(whole);
    return wrong ?? `${words.length} of ${wordCount} words${this.offers.hidden ? "" : ": Tab takes the first that is offered"}`;
  }

  private put(word: string): void {
    this.text.value = `${this.text.value.replace(/[a-zA-Z]+$/, "")}${word} `;
    this.text.focus();
    this.update();
  }

  private key(event: KeyboardEvent): void {
    const first = this.offers.hidden ? undefined : this.offers.firstElementChild?.textContent;
    if (event.key === "Tab" && !event.shiftKey && first) {
      event.preventDefault();
      this.put(first);
    } else if (event.key === "Enter") {
      event.preventDefault();
      void this.submit(this.text.value);
    }
  }
}
