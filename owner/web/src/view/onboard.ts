// The first visit: no key in this browser yet, and three ways to one. No account, no e-mail, no password.

import { Fresh, recover } from "../onboard.ts";
import { recoveryFileName } from "../recovery.ts";
import { el, type Child } from "./dom.ts";
import type { HandOver } from "./guide.ts";
import { joinDevice } from "./onboardjoin.ts";
import { RecoveryInput } from "./recoveryinput.ts";
import { recoverySheet } from "./recoverysheet.ts";

/** Onboarding shows one step at a time in its element, and calls `done` when a key is kept. */
export class Onboarding {
  readonly element = el("section", { class: "guide onboard", "data-testid": "onboard" });
  private leave: () => void = () => undefined;
  private fresh: Fresh | undefined;

  constructor(
    private readonly done: () => void,
    private readonly more = false, // there are keys in this browser already
    private readonly handOver?: HandOver, // where the page is served by the owner's own machine
  ) {
    this.welcome();
  }

  private show(step: string, title: string, ...children: Child[]): void {
    this.leave();
    this.leave = () => undefined;
    this.element.dataset["step"] = step;
    const heading = el("h2", { tabindex: "-1" }, title);
    this.element.replaceChildren(heading, ...children.filter((c): c is Node | string => !!c));
    if (this.element.isConnected) heading.focus();
  }

  private back(): HTMLElement {
    return el("button", { class: "quiet", type: "button", onclick: () => this.welcome() }, "Back");
  }

  /** stop throws away what was not kept. */
  stop(): void {
    this.leave();
    this.leave = () => undefined;
    this.fresh?.discard();
  }

  private welcome(): void {
    this.fresh?.discard();
    this.fresh = undefined;
    const way = (testid: string, title: string, text: string, go: () => void): HTMLElement =>
      el("button", { class: "way", type: "button", "data-testid": testid, onclick: go }, el("strong", {}, title), el("span", { class: "meta" }, text));
    this.show(
      "welcome",
      this.handOver?.title ?? (this.more ? "Another owner in this browser" : "Your cameras answer to your key"),
      ...(this.handOver?.body ?? []),
      el("p", {}, "There is no account here, and no password: an owner is a key, which is made and kept in the owner's own browser. What your cameras see is sealed to it before it leaves them."),
      el(
        "div",
        { class: "ways" },
        way("way-new", "I am new: make my key", "Takes a minute. You save a file or a sheet of paper that brings the key back.", () => void this.make()),
        way("way-recover", "I have a recovery file or words", "Brings your key to this browser again.", () => this.recover()),
        way("way-join", "Join from my other device", "A browser that has your key lets this one in.", () => this.join()),
      ),
    );
  }

  private async make(): Promise<void> {
    this.fresh = await Fresh.make();
    this.save(this.fresh, false);
  }

  /** save shows what brings the key back. It is shown until it has been checked, and then never again. */
  private save(fresh: Fresh, sheetShown: boolean): void {
    const go = el("button", { class: "primary", type: "button", "data-testid": "recovery-saved", disabled: true, onclick: () => this.check(fresh, shown) }, "I have saved it");
    let shown = sheetShown;
    const saved = (): void => go.removeAttribute("disabled");
    const sheet = el("div", { class: "sheet-place", hidden: true });
    const showSheet = (): void => {
      shown = true;
      sheet.hidden = false;
      sheet.replaceChildren(
        recoverySheet(fresh),
        el("p", { class: "actions no-print" }, el("button", { class: "quiet", type: "button", "data-testid": "recovery-print", onclick: () => print() }, "Print the sheet"), el("span", { class: "meta" }, "or copy the words by hand")),
      );
      saved();
    };
    const download = (): void => {
      const url = URL.createObjectURL(new Blob([fresh.file()], { type: "text/plain" }));
      el("a", { href: url, download: recoveryFileName(fresh.keys.id) }).click();
      setTimeout(() => URL.revokeObjectURL(url), 60_000);
      saved();
    };
    this.show(
      "save",
      "Save what brings your key back",
      el("p", { class: "no-print" }, "Your key was made just now. Browsers get lost, broken and cleared, and nobody else has the key: not the cloud, not the maker of the camera. So save it first. A file, a sheet, or both."),
      el(
        "div",
        { class: "ways two no-print" },
        el("div", { class: "way" }, el("strong", {}, "A file"), el("span", { class: "meta" }, "For a memory stick, or another place that is yours alone."), el("button", { class: "quiet", type: "button", "data-testid": "recovery-download", onclick: download }, "Download the recovery file")),
        el("div", { class: "way" }, el("strong", {}, "A sheet of paper"), el("span", { class: "meta" }, "24 words and a code, to print or to write down."), el("button", { class: "quiet", type: "button", "data-testid": "recovery-show", onclick: showSheet }, "Show the sheet")),
      ),
      sheet,
      el("p", { class: "actions no-print" }, go, el("button", { class: "quiet", type: "button", onclick: () => this.welcome() }, "Do not make a key now")),
    );
    if (sheetShown) showSheet();
    this.guard();
  }

  /** check lets nobody pass who has not got it. */
  private check(fresh: Fresh, sheetShown: boolean): void {
    const accept = async (): Promise<void> => {
      await fresh.keep();
      this.leave();
      this.done();
    };
    const fileCheck = new RecoveryInput({
      action: "Check",
      use: async (text) => {
        await fresh.checkFile(text);
        await accept();
      },
    });
    const words = sheetShown ? [this.wordsCheck(fresh, accept), el("p", { class: "or" }, "or bring the whole back")] : [];
    this.show("check", "Show that you have it", el("p", {}, "Then your key is kept in this browser, and what you saved is not shown again."), ...words, fileCheck.element, el("p", { class: "actions" }, el("button", { class: "quiet", type: "button", onclick: () => this.save(fresh, sheetShown) }, "Show it again")));
    this.guard();
  }

  private wordsCheck(fresh: Fresh, accept: () => Promise<void>): HTMLElement {
    const problem = el("p", { class: "problem", role: "alert", hidden: true });
    const inputs = fresh.asked.map((place) => el("input", { type: "text", size: 12, autocomplete: "off", autocapitalize: "none", autocorrect: "off", spellcheck: "false", "data-testid": "asked-word", "data-place": place + 1 }));
    const submit = async (event: Event): Promise<void> => {
      event.preventDefault();
      problem.hidden = true;
      try {
        fresh.checkWords(inputs[0]!.value, inputs[1]!.value);
        await accept();
      } catch (err) {
        problem.hidden = false;
        problem.textContent = (err as Error).message;
      }
    };
    return el(
      "form",
      { class: "asked", autocomplete: "off", onsubmit: (e) => void submit(e) },
      el("p", {}, "Two words from your sheet:"),
      el("div", { class: "asked-words" }, ...inputs.map((input, i) => el("label", {}, `Word ${fresh.asked[i]! + 1}`, input)), el("button", { class: "primary", type: "submit", "data-testid": "asked-check" }, "Check")),
      problem,
    );
  }

  /** guard has the browser ask before a key is thrown away that may be on paper already. */
  private guard(): void {
    addEventListener("beforeunload", warn);
    this.leave = () => removeEventListener("beforeunload", warn);
  }

  private recover(): void {
    const input = new RecoveryInput({
      action: "Bring my key back",
      use: async (text) => {
        await recover(text);
        this.done();
      },
    });
    this.show("recover", "Bring your key back", el("p", {}, "Your recovery file, its text, or the 24 words of your sheet. They are read in this browser and sent nowhere."), input.element, el("p", { class: "actions" }, this.back()));
  }

  private join(): void {
    const ended = new AbortController();
    this.show("join", "Join from your other device", joinDevice(() => this.done(), ended.signal), el("p", { class: "actions" }, this.back()));
    this.leave = () => ended.abort();
  }
}

const warn = (event: BeforeUnloadEvent): void => event.preventDefault();
