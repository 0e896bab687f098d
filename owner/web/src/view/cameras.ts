// The cameras, and what they show now.

import type { Share } from "../family.ts";
import type { Holding } from "../holdings.ts";
import type { Lens } from "../lenses.ts";
import type { Camera } from "../story.ts";
import { el, icon, icons, setText } from "./dom.ts";
import { SharedCard } from "./familycard.ts";
import { sharedWords } from "./familywords.ts";
import { count, pictureOf, timeOfDay } from "./format.ts";
import { LivePanel, type LiveSource } from "./livepanel.ts";
import { isOver, noticeOf, policyWords } from "./ownwords.ts";
import { isPending, pendingCard } from "./pending.ts";

/** Care is what the owner can do with cameras. */
export interface Care {
  holding(camera: Camera): Holding | undefined; // of the owner's own
  share(camera: Camera): Share | undefined; // of another owner's
  about(camera: Camera): void;
  add(): void;
  putAway(holding: Holding): void; // a claim that was refused
}

class CameraCard {
  readonly element: HTMLElement;
  private readonly name = el("h3", { class: "camera-name" });
  private readonly badges = el("p", { class: "badges" });
  private readonly shared = el("p", { class: "shared", "data-testid": "shared", hidden: true });
  private readonly about = el("p", { class: "meta" });
  private readonly order = el("details", { class: "order", hidden: true }, el("summary"), el("ul"));
  private readonly which = el("select", { class: "which", "aria-label": "Camera", "data-testid": "lens", hidden: true });
  private readonly notice = el("button", { class: "notice", type: "button", "data-testid": "notice", hidden: true });
  private readonly live: LivePanel;
  private chosen: number | undefined; // lens

  constructor(
    readonly camera: Camera,
    source: LiveSource,
    private readonly care: Care,
  ) {
    this.notice.addEventListener("click", () => care.about(camera));
    const about = el(
      "button",
      { class: "round quiet", type: "button", "data-testid": "about-button", "aria-label": "About this camera", title: "About this camera", onclick: () => care.about(camera) },
      icon(icons.about),
    );
    this.live = new LivePanel(camera, () => this.lens, source, () => this.update());
    this.which.addEventListener("change", () => {
      this.chosen = Number(this.which.value);
      this.update();
      this.live.turn();
    });
    this.element = el(
      "article",
      { class: "camera", "data-testid": "camera", "data-device": camera.device },
      el("div", { class: "camera-head" }, el("div", { class: "camera-told" }, this.name, this.shared, this.badges, this.about), this.which, this.live.button, about),
      this.notice,
      this.live.screen,
      this.order,
    );
    this.update();
  }

  /** lens is the one that was chosen, else the first. */
  private get lens(): Lens {
    return this.camera.lenses.at(this.chosen ?? this.camera.lenses.list[0]?.number ?? 0);
  }

  /** offerLenses lets one be chosen where there are several. */
  private offerLenses(): void {
    const { lenses } = this.camera;
    this.which.hidden = lenses.list.length < 2;
    const names = lenses.list.map((l): [string, string] => [String(l.number), lenses.nameOf(l.facts!)]);
    const shown = [...this.which.options].map((o) => [o.value, o.text]);
    if (JSON.stringify(names) === JSON.stringify(shown)) return; // an open list stays as it is
    this.which.replaceChildren(...names.map(([value, name]) => el("option", { value }, name)));
    this.which.value = String(this.lens.number);
  }

  update(): void {
    const c = this.camera;
    this.offerLenses();
    setText(this.name, c.name);
    this.element.setAttribute("aria-label", c.name);
    const over = isOver(c, this.care.holding(c));
    if (over) delete this.element.dataset["online"];
    this.badges.replaceChildren(
      ...(over ? [] : [this.presence()]),
      ...(this.lens.facts?.generated
        ? [el("span", { class: "badge generated", title: "These pictures are computed, not seen by a lens" }, "Generated scene")]
        : []),
      ...(c.forks.length > 0 ? [el("span", { class: "badge bad" }, count(c.forks.length, "fork"))] : []),
    );
    setText(this.about, this.aboutOf());
    const share = this.care.share(c);
    this.shared.hidden = !share;
    if (share) setText(this.shared, sharedWords(share));
    if (over) this.live.stop();
    this.live.button.hidden = over;
    this.showNotice();
    this.showOrder();
  }

  /** presence is the camera's, while it is still this owner's to know of. */
  private presence(): HTMLElement {
    const { presence } = this.camera;
    const online = presence?.online;
    this.element.dataset["online"] = online === undefined ? "unknown" : String(online);
    return el(
      "span",
      { class: `badge presence ${online ? "on" : "off"}`, title: "As the cloud says; this is not signed" },
      el("span", { class: "dot", "aria-hidden": "true" }),
      online === undefined ? "Not known whether online" : online ? "Online" : `Offline since ${timeOfDay(presence!.sinceMs)}`,
      online !== undefined && el("small", {}, " as the cloud says"),
    );
  }

  private showNotice(): void {
    const notice = noticeOf(this.camera, this.care.holding(this.camera));
    this.notice.hidden = !notice;
    if (!notice) return;
    this.notice.className = `notice ${notice.kind}`;
    const text = `${notice.title}. ${notice.text}`;
    if (this.notice.textContent !== text) this.notice.replaceChildren(el("strong", {}, notice.title), ". ", notice.text);
  }

  private aboutOf(): string {
    const { facts, video } = this.lens;
    return [pictureOf(facts, video), facts?.driver, policyWords(this.camera, this.care.holding(this.camera))].filter(Boolean).join("\u00a0· ");
  }

  /** showOrder lists forks and holes: they hide nothing, and nothing is hidden because of them. */
  private showOrder(): void {
    const { forks } = this.camera;
    const holes = this.camera.holes();
    this.order.hidden = forks.length === 0 && holes.length === 0;
    if (this.order.hidden) return;
    const missing = holes.reduce((n, h) => n + Number(h.to - h.from + 1n), 0);
    const [summary, list] = this.order.children as unknown as [HTMLElement, HTMLElement];
    const told = [missing > 0 && `${count(missing, "record")} missing`, forks.length > 0 && `${count(forks.length, "fork")}`];
    setText(summary, `In the order of records: ${told.filter(Boolean).join(", ")}`);
    list.replaceChildren(
      ...holes.map((h) =>
        el(
          "li",
          {},
          `Not seen: ${h.boot}.${h.from}${h.to > h.from ? ` to ${h.boot}.${h.to}` : ""}. It may come later, or lie before what is loaded.`,
        ),
      ),
      ...forks.map((p) =>
        el("li", { class: "bad" }, `Two different signed records at ${p.boot}.${p.n}: somebody else may hold this camera's key.`),
      ),
    );
  }

  stop(): void {
    this.live.stop();
  }
}

export class Cameras {
  readonly element: HTMLElement;
  private readonly list = el("div", { class: "camera-list" });
  private readonly cards = new Map<string, CameraCard>();

  private readonly add: HTMLElement;

  private readonly pending = new Map<string, HTMLElement>(); // by device
  private readonly liveOnly = new Map<string, SharedCard>();

  constructor(
    private readonly source: LiveSource,
    private readonly care: Care,
  ) {
    this.add = el(
      "button",
      { class: "add-camera", type: "button", "data-testid": "add-camera", onclick: () => care.add() },
      icon(icons.add),
      "Add a camera",
    );
    this.list.append(this.add);
    this.element = el(
      "section",
      { class: "cameras", "aria-labelledby": "cameras-title" },
      el("h2", { id: "cameras-title", class: "unseen" }, "Cameras"),
      this.list,
    );
  }

  show(camera: Camera): void {
    const card = this.cards.get(camera.key);
    if (card) return card.update();
    const made = new CameraCard(camera, this.source, this.care);
    this.cards.set(camera.key, made);
    this.add.before(made.element);
  }

  /** showLiveOnly shows these cameras, of which no record comes, and no others of that kind. */
  showLiveOnly(shares: Share[]): void {
    const keys = new Set(shares.map(liveKey));
    for (const [key, card] of this.liveOnly) {
      if (keys.has(key)) continue;
      card.stop();
      card.element.remove();
      this.liveOnly.delete(key);
    }
    for (const share of shares) {
      if (this.liveOnly.has(liveKey(share))) continue;
      const card = new SharedCard(share, this.source);
      this.liveOnly.set(liveKey(share), card);
      this.add.before(card.element);
    }
  }

  /** showPending shows a camera that is claimed and not yet this owner's, or shows it no more. */
  showPending(holding: Holding, hidden: boolean): void {
    const before = this.pending.get(holding.device);
    this.pending.delete(holding.device);
    before?.remove();
    if (hidden || !isPending(holding)) return;
    const card = pendingCard(holding, () => this.care.putAway(holding));
    this.pending.set(holding.device, card);
    this.add.before(card);
  }

  stop(): void {
    for (const card of [...this.cards.values(), ...this.liveOnly.values()]) card.stop();
  }
}

/** liveKey changes with everything that such a card shows. */
const liveKey = (s: Share): string => [s.by.owner, s.device, s.epoch, s.notAfterMs].join("/");
