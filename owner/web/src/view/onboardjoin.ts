// A new device waits to be let in: its card as a code and as text, and six digits to compare.

import { link } from "../address.ts";
import { CloudError } from "../http.ts";
import { joinDigits, Joining } from "../join.ts";
import { cardShown } from "./cardshown.ts";
import { el, setText } from "./dom.ts";

const everyMs = 2000;
const patienceMs = 30_000; // after a cloud that is too busy

/** joinDevice shows a fresh card and waits until it is answered or the signal comes. */
export function joinDevice(joined: () => void, signal: AbortSignal): HTMLElement {
  const place = el("div", { class: "join", "data-testid": "join" });
  const told = el("p", { class: "waiting", role: "status", "data-testid": "join-told" }, "Making a card…");
  place.append(told);
  const run = async (): Promise<void> => {
    const joining = await Joining.begin();
    const digits = await joinDigits(joining.card);
    if (signal.aborted) return;
    place.replaceChildren(
      el("p", {}, "On the device that has your key, click the owner at the top of the page, choose “Add another device of mine”, and give it this card."),
      cardShown(joining.text, "join card", link("join", joining.text)),
      el("p", { class: "digits-line" }, "It shows these digits. Only go on there if they are the same:", el("strong", { class: "digits", "data-testid": "join-digits" }, `${digits.slice(0, 3)} ${digits.slice(3)}`)),
      told,
    );
    setText(told, "Waiting for the other device…");
    await wait(joining, signal, (text) => setText(told, text));
    if (signal.aborted) return;
    setText(told, "Joined.");
    joined();
  };
  void run().catch((err: unknown) => {
    if (signal.aborted) return;
    told.className = "problem";
    setText(told, err instanceof Error ? err.message : String(err));
  });
  return place;
}

async function wait(joining: Joining, signal: AbortSignal, tell: (text: string) => void): Promise<void> {
  for (;;) {
    let pauseMs = everyMs;
    try {
      if (await joining.ask(signal)) return;
      tell("Waiting for the other device…");
    } catch (err) {
      if (signal.aborted) return;
      if (!(err instanceof CloudError) || !err.unreachable) throw err;
      if (err.status === 429) pauseMs = patienceMs;
      tell("The cloud cannot be reached. Trying again…");
    }
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, pauseMs);
      signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
    });
    if (signal.aborted) return;
  }
}
