// "About this camera": whose it is, who signed what, what is in force, and what its owner can do.

import { equal, hex } from "../bytes.ts";
import type { Holding, Holdings } from "../holdings.ts";
import { isHybrid } from "../recipient.ts";
import type { Camera } from "../story.ts";
import { lostDeed, mayAct, nameDeed, releaseDeed, renewDeed, settingsDeeds } from "./deeds.ts";
import { type Child, el, icon, icons } from "./dom.ts";
import { familySection } from "./family.ts";
import { count, dateAndTime, shortId } from "./format.ts";
import { isOver, noticeOf, policyWords } from "./ownwords.ts";
import { sheet } from "./sheet.ts";

export class AboutView {
  private readonly dialog: HTMLDialogElement;
  private readonly told = el("div", { class: "about-told" });
  private readonly deeds = el("div", { class: "about-deeds" });
  private drawn = "";

  constructor(
    private readonly camera: Camera,
    private readonly holdings: Holdings,
    private readonly own: boolean, // not somebody else's, who lets this owner view
    private readonly findOffer: () => Promise<void>, // looks further back for how it was claimed
    private readonly watching: (lens: number) => void, // opens what a lens watches
    closed: () => void,
  ) {
    this.dialog = sheet("about", "About this camera", this.told, this.deeds);
    this.dialog.dataset["testid"] = "about";
    this.dialog.addEventListener("close", () => {
      this.dialog.remove();
      closed();
    });
  }

  open(): void {
    this.update();
    this.dialog.showModal();
    if (this.own && !this.holdings.of(this.camera.device)?.offer) void this.findOffer().catch(() => undefined);
  }

  update(): void {
    const holding = this.own ? this.holdings.of(this.camera.device) : undefined;
    this.told.replaceChildren(...present(this.notice(holding), this.signed(), this.facts(holding)));
    this.showDeeds(holding);
  }

  private notice(holding: Holding | undefined): HTMLElement | null {
    const notice = noticeOf(this.camera, holding);
    return notice && el("div", { class: `notice ${notice.kind}`, "data-testid": "about-notice" }, el("strong", {}, notice.title), el("p", {}, notice.text));
  }

  /** signed says by whose word all this is known. */
  private signed(): HTMLElement {
    const { claimed } = this.camera.epoch;
    const by = this.own ? "your key" : `owner ${shortId(this.camera.owner)}`;
    const when = claimed ? ` on ${dateAndTime(claimed.record.wallMs)}` : "";
    return el("p", { class: "signed", "data-testid": "about-signed" }, icon(icons.seal), el("span", {}, `Signed by this camera, certified by ${by}${when}.`));
  }

  private facts(holding: Holding | undefined): HTMLElement {
    const { camera } = this;
    const { record } = camera.latest;
    const offer = camera.epoch.claimed?.record.tidings.offer ?? holding?.offer;
    const renewals = holding?.policy?.renewals ?? 0;
    const lines: [string, Child][] = [
      ["Name", camera.name],
      ["Owner", el("span", {}, this.own ? "You, " : "", el("code", {}, shortId(camera.owner)))],
      ["Ownership", `${camera.epoch.number}${camera.epoch.closed ? ", ended" : ""}`],
      ["Camera's key", offer ? told(offer.by.level, "says its maker") : "Not known here: its claim lies further back"],
      ["Signing key", el("span", {}, told(record.certificate.level, "says the camera"), renewals > 0 ? `; ${this.renewed(renewals)}` : "")],
      ["Policy", el("span", { "data-testid": "about-policy" }, policyWords(camera, holding), "; signed by ", this.own ? "your key" : "its owner's key")],
      ...this.pictures(holding),
      ["Firmware", code(shortHash(hex(record.firmware)), hex(record.firmware))],
      ["Number", code(camera.device)],
      ["Certificate", code(shortHash(hex(record.certificate.x5t)), hex(record.certificate.x5t))],
    ];
    return el("dl", { class: "facts" }, ...lines.flatMap(([term, value]) => [el("dt", {}, term), el("dd", {}, value)]));
  }

  /** pictures says why there are none where the owner has them sealed to a post-quantum key. */
  private pictures(holding: Holding | undefined): [string, Child][] {
    const policy = holding?.policy;
    if (policy ? !policy.recipients.some(isHybrid) : !holding?.hybrid) return [];
    const why = el("span", { "data-testid": "about-locked" }, "Sealed to your post-quantum key. A browser cannot keep such a key without letting pages read it, so this page does not hold it. Where you ran signet-owner, ", el("code", {}, "signet-owner open"), " shows them.");
    return [["Pictures", why]];
  }

  private renewed(asked: number): string {
    const newest = this.camera.epoch.renewed?.record;
    const done = newest && equal(newest.certificate.x5t, this.camera.latest.record.certificate.x5t);
    return done ? `renewed on ${dateAndTime(newest.wallMs)}` : `${count(asked, "renewal")} asked for`;
  }

  /** showDeeds draws anew only what has changed: an open question stays open. */
  private showDeeds(holding: Holding | undefined): void {
    const notice = noticeOf(this.camera, holding);
    const key = `${holding?.policy?.hash}/${(holding?.inForce ?? 0n) >= (holding?.policy?.version ?? 0n)}/${holding?.problem}/${this.camera.epoch.closed !== undefined}/${holding?.word?.state}/${this.camera.lenses.list.length}`;
    if (key === this.drawn) return;
    this.drawn = key;
    const parts: Child[] = [];
    if (notice && notice.deeds.length > 0) {
      const objection = notice.deeds.includes("lost") && lostDeed(this.holdings, this.camera);
      parts.push(el("div", { class: "about-row" }, objection, notice.deeds.includes("release") && releaseDeed(this.holdings, this.camera, true)));
    }
    if (holding?.problem) parts.push(el("p", { class: "problem" }, `Its settings cannot be read here: ${holding.problem}.`));
    else if (mayAct(this.camera, holding) && !isOver(this.camera, holding) && !notice?.deeds.length) parts.push(...this.lenses(holding!), familySection(this.holdings, this.camera), this.last());
    this.deeds.replaceChildren(...present(...parts));
    this.deeds.hidden = parts.length === 0;
  }

  private last(): HTMLElement {
    return el("section", { class: "about-last" }, el("h3", {}, "Its key, and its end"), el("div", { class: "about-row" }, renewDeed(this.holdings, this.camera), releaseDeed(this.holdings, this.camera, false)));
  }

  private lenses(holding: Holding): HTMLElement[] {
    const list = this.camera.lenses.list;
    const several = list.length > 1;
    const numbers = list.length > 0 ? list.map((l) => l.number) : [0];
    return numbers.map((number) => {
      const facts = list.find((l) => l.number === number)?.facts;
      const name = several ? holding.settings.cameras.get(number)?.name : holding.settings.name;
      return el(
        "div",
        { class: "about-lens", "data-lens": number },
        several && facts ? el("h3", {}, this.camera.lenses.nameOf(facts)) : null,
        nameDeed(this.holdings, this.camera, number, several, name ?? ""),
        el("div", { class: "deed" }, el("button", { class: "quiet", type: "button", "data-testid": "about-watching", onclick: () => this.watching(number) }, "What it watches…")),
        ...settingsDeeds(this.holdings, this.camera, number),
      );
    });
  }
}

const told = (level: string, who: string): string => `${level[0]!.toUpperCase()}${level.slice(1)}, ${who}`;
const shortHash = (digits: string): string => `${digits.slice(0, 16)}…`;
const code = (text: string, whole = text): HTMLElement => el("code", { title: whole }, text);
const present = (...nodes: Child[]): (Node | string)[] => nodes.filter((n): n is Node | string => n !== null && n !== undefined && n !== false);
