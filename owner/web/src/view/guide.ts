// What the page says when it cannot show anything, and what to do then.

import type { OtherFleet, Served } from "../served.ts";
import { el } from "./dom.ts";

function guide(title: string, ...body: Node[]): HTMLElement {
  return el("section", { class: "guide" }, el("h2", {}, title), ...body);
}

/** HandOver is how a key comes here from the machine that serves this page, told before every other way. */
export interface HandOver {
  readonly title: string;
  readonly body: readonly Node[];
}

export function handOver(problem: string | null): HandOver {
  return {
    title: problem ? "That link did not work" : "No key in this browser",
    body: [
      ...(problem ? [el("p", { class: "problem", role: "alert" }, problem)] : []),
      el("p", {}, "Your pictures are sealed to your key, and this browser does not hold it. A link from the machine that holds it brings it here."),
      el("p", {}, "With ", el("code", {}, "make run"), ": end it with Ctrl-C and start it again, it prints a new link. Otherwise run there:"),
      el("pre", {}, "signet-owner serve --handover"),
      el(
        "p",
        { class: "meta" },
        "The link works once, for ten minutes. The key then stays in this browser and never leaves it; no page can read it out again.",
      ),
      el("p", { class: "or" }, "or without that machine"),
    ],
  };
}

export function insecure(): HTMLElement {
  const port = location.port || "80";
  return guide(
    "This address cannot hold a key",
    el(
      "p",
      {},
      "Browsers give keys only to pages from https or from localhost. If Signet runs on another machine, bring it to yours first:",
    ),
    el("pre", {}, `ssh -L ${port}:localhost:${port} ${location.hostname}`),
    el("p", {}, "and then open the link that it printed, with ", el("code", {}, `http://localhost:${port}`), "."),
  );
}

export function unsupported(problem: string): HTMLElement {
  return guide(
    "This browser cannot hold your key",
    el("p", { class: "problem", role: "alert" }, problem),
    el(
      "p",
      {},
      "Signet needs X25519 and P-256 keys that no page can read out, and a storage for them: Chrome or Edge 137, Firefox 130, Safari 17, or later, outside of private windows.",
    ),
  );
}

/** otherFleet is shown instead of everything else: nothing is signed for a cloud that the key does not know. */
export function otherFleet(err: OtherFleet, by: Served): HTMLElement {
  return guide(
    "This is another cloud",
    el(
      "p",
      { class: "problem", role: "alert" },
      "Your key was used here with a certain cloud, and whoever serves this page now names another one. Your key signs nothing for it, and nothing is shown.",
    ),
    el(
      "dl",
      { class: "facts ids" },
      el("dt", {}, "Known"),
      el("dd", {}, el("code", {}, err.pinned)),
      el("dt", {}, "Named now"),
      el("dd", {}, el("code", {}, err.named)),
    ),
    el(
      "p",
      {},
      "If nobody has told you of a change, close this page: somebody may be between you and your cloud. If you know that the cloud has a new certificate authority, ",
      by.by === "owner"
        ? "check the new number with whoever runs the cloud, and bring your key here again with a new link from signet-owner serve."
        : "check the new number with whoever runs the cloud. Then have this browser forget the owner, at the top, and bring your key back with your recovery file.",
    ),
  );
}
