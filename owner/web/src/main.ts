// Start: a key first, then the page.

import { bringsSomething, putBack, takeAddress } from "./address.ts";
import { App, type AppHandlers, type Status } from "./app.ts";
import { current, owners, redeem, type StoredOwner, whenForgotten } from "./keystore.ts";
import { RefusedLog } from "./refused.ts";
import { OtherFleet, pinned, type Served, served } from "./served.ts";
import { Session } from "./session.ts";
import { el, icon, icons, setText } from "./view/dom.ts";
import { watchSheet } from "./view/familywatch.ts";
import { handOver, insecure, otherFleet, unsupported } from "./view/guide.ts";
import { Onboarding } from "./view/onboard.ts";
import { OwnersView } from "./view/ownersview.ts";
import { RefusedView } from "./view/refusedview.ts";
import { applyTheme, toggleTheme } from "./view/theme.ts";

applyTheme();
const brought = takeAddress(); // before anything else: it must not stay in the address
// A link opened in a tab that shows the page already changes only what is behind the #: the page is loaded anew with it.
addEventListener("hashchange", () => bringsSomething() && location.reload());
const main = document.querySelector("main")!;
const tools = document.querySelector("#tools")!;

function status(state: Status | "no-key" | "insecure" | "starting", text: string): void {
  const element = document.querySelector<HTMLElement>("#status")!;
  element.dataset["state"] = state;
  setText(element.querySelector("#status-text")!, text);
}

async function start(): Promise<void> {
  tools.append(themeButton());
  const by = await served();
  tellServed(by);
  if (!isSecureContext || !crypto.subtle) {
    status("insecure", "No secure address");
    main.replaceChildren(insecure());
    return;
  }
  let problem: string | null = null;
  let all: StoredOwner[] = [];
  try {
    if (brought.code) {
      status("starting", "Taking over the key");
      await redeem(brought.code).catch((err: unknown) => (problem = err instanceof Error ? err.message : String(err)));
    }
    all = await owners();
  } catch (err) {
    status("no-key", "No key");
    main.replaceChildren(unsupported(err instanceof Error ? err.message : String(err)));
    return;
  }
  const owner = current(all);
  if (!owner) {
    status("no-key", "No key");
    main.replaceChildren(new Onboarding(again, false, by.by === "cloud" && !problem ? undefined : handOver(problem)).element);
    return;
  }
  if (problem) main.before(el("p", { class: "banner", role: "alert" }, problem, " The key that this browser already holds is used."));
  try {
    await show(await pinned(owner, by), all, by);
  } catch (err) {
    if (!(err instanceof OtherFleet)) throw err;
    status("denied", "Another cloud");
    main.replaceChildren(otherFleet(err, by));
    tools.prepend(new OwnersView(owner, all, by).button);
  }
}

/** again loads the page anew, with the card that a link has brought: nothing of what came before stays in it. */
function again(): void {
  const { code: _, ...cards } = brought;
  putBack(cards);
  location.reload();
}

async function show(owner: StoredOwner, all: StoredOwner[], by: Served): Promise<void> {
  let log = new RefusedLog(() => undefined);
  const refused = new RefusedView(() => log);
  const handlers: AppHandlers = {
    status,
    refused: (l) => {
      log = l;
      refused.update();
    },
    announce: (text) => setText(document.querySelector("#announcer")!, text),
  };
  whenForgotten(owner.id, () => location.reload());
  const app = await App.open(owner, handlers);
  log = app.refused;
  const session = new Session(owner.keys, location.origin); // of its own: it logs in only when it is needed
  const view = new OwnersView(owner, all, by, { sendAnswer: (id, answer) => session.answerJoin(id, answer), watch: () => void watchSheet(owner) });
  tools.prepend(refused.button, view.button);
  main.replaceChildren(app.element);
  if (brought.join) view.approve(brought.join);
  if (brought.viewer) app.share(brought.viewer);
  if (brought.owner) void watchSheet(owner, brought.owner);
  const leaving = new AbortController();
  addEventListener("pagehide", (event) => {
    if (!event.persisted) leaving.abort();
  });
  await app.run(leaving.signal);
}

function themeButton(): HTMLElement {
  return el(
    "button",
    {
      class: "round quiet",
      type: "button",
      "aria-label": "Light or dark",
      title: "Light or dark",
      "data-testid": "theme-toggle",
      onclick: () => toggleTheme(),
    },
    icon(icons.theme),
  );
}

/** tellServed says what the page can and cannot protect against, by where it came from. */
function tellServed(by: Served): void {
  const text = {
    owner: "Served by your own machine. Everything shown here was verified and decrypted in this browser.",
    cloud:
      "Served by the cloud: safe against one that confuses people, not against a malicious one. signet-owner serve serves this page from your own machine.",
    unknown: "",
  };
  setText(document.querySelector("#served")!, text[by.by]);
}

void start().catch((err: unknown) => {
  status("denied", err instanceof Error ? err.message : String(err));
});
