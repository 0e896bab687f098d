// At a camera of one's own: who may view it, and the ways to change that.

import { keepsNames, type Member, membersOf, removeMember, until } from "../familychange.ts";
import type { Holding, Holdings } from "../holdings.ts";
import type { Camera } from "../story.ts";
import { deed } from "./action.ts";
import { el } from "./dom.ts";
import { shareSheet } from "./familyshare.ts";
import { scopeWords, untilChoice, untilWords } from "./familywords.ts";

/** familySection lists the viewers of a camera. It is drawn anew when the policy changes. */
export function familySection(holdings: Holdings, camera: Camera): HTMLElement {
  const list = el("ul", { class: "members" });
  const share = el("button", { class: "quiet", type: "button", "data-testid": "share", onclick: () => shareSheet(holdings, camera.device) }, "Share…");
  const holding = holdings.of(camera.device);
  const section = el("section", { class: "family", "data-testid": "family" }, el("h3", {}, "Who else may view"), list, el("div", { class: "about-row" }, el("div", { class: "deed" }, share)));
  list.append(el("li", { class: "meta" }, "Nobody but you."));
  if (holding) {
    void membersOf(holding).then((members) => {
      if (members.length > 0) list.replaceChildren(...members.map((m) => memberRow(holdings, holding, m)));
    });
  }
  return section;
}

/** memberName is how a member is called, by the first characters of the key where there is no name. */
export const memberName = (m: Member): string => m.name || `Key ${m.id.slice(0, 8)}`;

function memberRow(holdings: Holdings, holding: Holding, m: Member): HTMLElement {
  const time = untilChoice("member", () => holding.timely !== false);
  const change = (edit: Parameters<Holdings["change"]>[1]) => async () => void (await holdings.change(holding.device, edit));
  return el(
    "li",
    { "data-member": m.id },
    el("strong", {}, memberName(m), m.over ? el("span", { class: "chip" }, "Over") : !m.applied && el("span", { class: "chip" }, "Not yet applied")),
    el("span", { class: "meta" }, `${scopeWords(m.viewer.scope)}, ${untilWords(m.viewer.notAfterMs)}. Key `, el("code", { title: m.id }, m.id.slice(0, 8))),
    el(
      "div",
      { class: "member-deeds" },
      deed({
        id: "member-change",
        label: "Change the time…",
        question: "Until when?",
        verb: "Change",
        done: "Signed and sent. It is in force once the camera says so.",
        extra: time.element,
        run: async () => change(until(m, time.value()))(),
      }),
      deed({
        id: "member-remove",
        label: "Remove…",
        question: "The camera then seals nothing more for this person and shows nothing live. What was seen before was seen: nobody can take it back.",
        verb: "Remove",
        done: "Signed and sent. It is in force once the camera says so.",
        danger: true,
        run: change(removeMember(m, keepsNames(holding))),
      }),
    ),
  );
}
