// The first device lets another one in: its card, the digits, and the recovery once more, because this browser can use its
// keys and cannot copy them.

import { type Bytes, fromHex, hex } from "../bytes.ts";
import { type JoinCard, joinId, parseJoinCard } from "../cards.ts";
import { answerDigits, answerJoin, inHalves, joinDigits } from "../join.ts";
import type { StoredOwner } from "../keystore.ts";
import { cardInput } from "./cardinput.ts";
import { el } from "./dom.ts";
import { RecoveryInput } from "./recoveryinput.ts";
import { sheet } from "./sheet.ts";

export type SendAnswer = (id: string, answer: Bytes) => Promise<void>;

/** approveDevice opens the sheet; `card` is one that a link has brought. */
export function approveDevice(owner: StoredOwner, send: SendAnswer, card?: string): void {
  const place = el("div", { class: "join", "data-testid": "approve" });
  const dialog = sheet("approve", "Add another device of mine", place);
  dialog.addEventListener("close", () => dialog.remove(), { once: true });
  const compare = async (parsed: JoinCard): Promise<HTMLElement[]> => {
    const digits = await joinDigits(parsed);
    const recovery = new RecoveryInput({
      action: "Let it in",
      use: async (text) => {
        await send(hex(await joinId(parsed)), await answerJoin(parsed, text, owner));
        place.replaceChildren(
          el("p", { role: "status", "data-testid": "approved" }, `Sent, sealed to the other device. In a moment it says “Joined” and names owner ${owner.id.slice(0, 8)}: the one at the top of this page.`),
          el("p", { class: "digits-line" }, "It must show these digits then. If it shows others, do not go on there:", el("strong", { class: "digits", "data-testid": "approve-answer" }, inHalves(await answerDigits(parsed, fromHex(owner.id))))),
          el("p", { class: "actions" }, el("button", { class: "primary", type: "button", onclick: () => dialog.close() }, "Done")),
        );
      },
    });
    return [
      el("p", { class: "digits-line" }, "Does the other device show these digits?", el("strong", { class: "digits", "data-testid": "approve-digits" }, inHalves(digits))),
      el(
        "p",
        { class: "warning" },
        el("strong", {}, "Only a device of your own. "),
        "Whoever shows this card becomes you: every picture that your cameras have taken and will take, and your say over them. If somebody has sent you the card or the link, or the digits differ, stop here. To let others watch, use “Share” at a camera instead.",
      ),
      el("p", {}, "Now your recovery file or words. This browser holds your keys so that they can be used and not copied, so it needs them once more; they are sealed to the other device and forgotten here."),
      recovery.element,
      el("p", { class: "actions" }, el("button", { class: "quiet", type: "button", onclick: () => dialog.close() }, "Stop")),
    ];
  };
  const ask = el("div", { class: "steps-two" });
  place.append(
    el("p", {}, "On the other device, open this page and choose “Join from my other device”. It shows a card."),
    cardInput({
      label: "The other device's card",
      placeholder: "SIGNETJ1:…",
      action: "Next",
      ...(card !== undefined && { value: card }),
      use: async (text) => {
        const parsed = parseJoinCard(text);
        ask.replaceChildren(...(await compare(parsed)));
        place.replaceChildren(ask);
      },
    }),
  );
  dialog.showModal();
}
