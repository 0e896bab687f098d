// A deed and its question: a button that first says what will happen, where it was pressed.

import { el, setText } from "./dom.ts";

export interface Deed {
  readonly id: string; // for tests: data-testid
  readonly label: string; // "Pause recording…"
  readonly question: string; // what will happen, plainly
  readonly verb: string; // "Pause recording"
  readonly done: string; // "Asked to pause."
  readonly danger?: boolean;
  readonly extra?: HTMLElement; // to be filled in
  run(): Promise<void>;
}

/** deed draws one. Its errors are told where it stands. */
export function deed(d: Deed): HTMLElement {
  const told = el("p", { class: "told-result", role: "status", hidden: true });
  const ask = el("button", { class: "quiet", type: "button", "data-testid": d.id, onclick: () => open() }, d.label);
  const place = el("div", { class: "deed" }, ask, told);
  const say = (text: string, bad: boolean): void => {
    told.hidden = text === "";
    told.classList.toggle("bad", bad);
    setText(told, text);
  };
  const close = (): void => {
    place.replaceChildren(ask, told);
    ask.focus();
  };
  const open = (): void => {
    say("", false);
    const go = el("button", { class: d.danger ? "quiet danger" : "primary", type: "button", "data-testid": `${d.id}-yes` }, d.verb);
    const no = el("button", { class: "quiet", type: "button", onclick: close }, "Cancel");
    go.addEventListener("click", () => void act(go, no));
    place.replaceChildren(
      el("div", { class: "question", role: "group", "aria-label": d.label.replace("…", "") }, el("p", {}, d.question), d.extra, el("p", { class: "actions" }, go, no)),
      told,
    );
    (d.extra?.querySelector<HTMLElement>("input, textarea") ?? no).focus();
  };
  const act = async (go: HTMLButtonElement, no: HTMLButtonElement): Promise<void> => {
    go.disabled = no.disabled = true;
    try {
      await d.run();
      close();
      say(d.done, false);
    } catch (err) {
      go.disabled = no.disabled = false;
      say(err instanceof Error ? err.message : String(err), true);
    }
  };
  return place;
}
