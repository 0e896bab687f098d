// A new device waits to be let in: its card as a code and as text, and six digits to compare.

import { link } from "../address.ts";
import { CloudError } from "../http.ts";
import { fromHex } from "../bytes.ts";
import { answerDigits, inHalves, type Joined, joinDigits, Joining } from "../join.ts";
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
      el("p", { class: "digits-line" }, "It shows these digits. Only go on there if they are the same:", el("strong", { class: "digits", "data-testid": "join-digits" }, inHalves(digits))),
      told,
    );
    setText(told, "Waiting for the other device…");
    const answered = await wait(joining, signal, (text) => setText(told, text));
    if (!answered || signal.aborted) return;
    place.replaceChildren(...same(answered, await answerDigits(joining.card, fromHex(answered.id)), joined));
  };
  void run().catch((err: unknown) => {
    if (signal.aborted) return;
    told.className = "problem";
    setText(told, err instanceof Error ? err.message : String(err));
  });
  return place;
}

/** same asks whether it is the owner's own device that has answered, before anything is kept. */
function same(answered: Joined, digits: string, joined: () => void): HTMLElement[] {
  const yes = el("button", { class: "primary", type: "button", "data-testid": "join-yes" }, "Yes, that is me");
  const told = el("p", { class: "problem", role: "alert", hidden: true });
  yes.addEventListener("click", () => {
    yes.disabled = true;
    answered.keep().then(joined, (err: unknown) => {
      told.hidden = false;
      setText(told, err instanceof Error ? err.message : String(err));
    });
  });
  return [
    el("p", { class: "digits-line", role: "status" }, "Joined. You are now", el("strong", { class: "digits", "data-testid": "join-owner" }, `Owner ${answered.id.slice(0, 8)}`)),
    el("p", { class: "digits-line" }, "Your other device shows these digits now, too:", el("strong", { class: "digits", "data-testid": "join-answer" }, inHalves(digits))),
    el("p", {}, "If it shows others, or none, somebody else has answered: go back, and begin anew where nobody sees the card."),
    told,
    el("p", { class: "actions" }, yes),
  ];
}

async function wait(joining: Joining, signal: AbortSignal, tell: (text: string) => void): Promise<Joined | null> {
  for (;;) {
    let pauseMs = everyMs;
    try {
      const answered = await joining.ask(signal);
      if (answered) return answered;
      tell("Waiting for the other device…");
    } catch (err) {
      if (signal.aborted) return null;
      if (!(err instanceof CloudError) || !err.unreachable) throw err;
      if (err.status === 429) pauseMs = patienceMs;
      tell("The cloud cannot be reached. Trying again…");
    }
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, pauseMs);
      signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
    });
    if (signal.aborted) return null;
  }
}
