// "Add a camera": a code for its lens, its picture, a question, and the word that it is yours.

import { type Bytes, equal, uuid } from "../bytes.ts";
import type { Entry } from "../camera.ts";
import type { Answer, Claiming } from "../claim.ts";
import { codeSeconds } from "../claim.ts";
import type { WiFi } from "../code.ts";
import type { Granted } from "../grant.ts";
import type { OwnershipWord } from "../items.ts";
import type { OpenClaim, Owning } from "../owning.ts";
import { recoverySaved } from "../recovery.ts";
import { type Child, el, setText } from "./dom.ts";
import { count, dateAndTime, playTime } from "./format.ts";
import { qrCode } from "./qr.ts";
import { keepAwake } from "./awake.ts";
import { sheet } from "./sheet.ts";
import { WifiForm } from "./wifiform.ts";

const codesByThemselves = 4; // of two minutes each; then somebody has to ask for another

/** lights are those of docs/install.md that a claim can show. */
const lights: [string, string][] = [
  ["Two flashes a second", "It looks for the code"],
  ["On, two short gaps a second", "It has read the code"],
  ["A long flash and a short one", "It waits for your yes"],
  ["Five flashes, a pause", "The code is too old, or not for this camera"],
  ["Half a second on, half off", "It does not look any more: press its button"],
  ["On", "It is yours"],
];

export class ClaimView implements OpenClaim {
  private readonly dialog: HTMLDialogElement;
  private readonly body = el("div", { class: "claim" });
  private readonly wifi = new WifiForm(() => void this.code(true));
  private readonly aside = el("p", { class: "meta", role: "status", "data-testid": "claim-refused", hidden: true });
  private readonly leaving = new AbortController();
  private claiming: Claiming | undefined;
  private granted: Granted | undefined;
  private picture = "";
  private refused = 0;
  private codes = 0;
  private steps = 0; // so that what was awaited in one does not show in another
  private awake: () => void = () => undefined;
  private ticking: ReturnType<typeof setInterval> | undefined;

  constructor(
    private readonly owning: Owning,
    private readonly closed: () => void,
  ) {
    this.dialog = sheet("claim", "Add a camera", this.body, this.aside);
    this.dialog.classList.add("claim-sheet");
    this.dialog.addEventListener("close", () => this.close());
  }

  async open(): Promise<void> {
    this.dialog.showModal();
    if (!recoverySaved(this.owning.owner)) return this.unsaved();
    this.step("preparing", el("p", { role: "status" }, "One moment…"));
    try {
      this.claiming = await this.owning.claiming();
      this.owning.follow(this);
    } catch (err) {
      return this.failed("The cloud cannot be asked", `${(err as Error).message}. Without it no answer of a camera comes here.`, () => this.open());
    }
    if (!this.leaving.signal.aborted) await this.code(true);
  }

  private close(): void {
    this.leaving.abort();
    this.rest();
    this.owning.unfollow(this);
    this.dialog.remove();
    this.closed();
  }

  /** rest ends what a step has going on. */
  private rest(): void {
    clearInterval(this.ticking);
    this.awake();
    this.awake = () => undefined;
    URL.revokeObjectURL(this.picture);
  }

  private step(name: string, ...children: Child[]): void {
    this.rest();
    this.steps++;
    this.dialog.dataset["step"] = name;
    this.body.replaceChildren(...children.filter((c): c is Node | string => !!c));
  }

  private unsaved(): void {
    this.step(
      "unsaved",
      el("h3", {}, "First save what brings your key back"),
      el("p", {}, "A camera answers to your key alone. If this browser loses it, nobody can give it back: not the cloud, not the maker. Save a recovery file or sheet, at the top under your owner's name, then add the camera."),
    );
  }

  /** code shows one, and the next by itself when its time is over; `asked` if somebody wants one. */
  private async code(asked: boolean): Promise<void> {
    if (asked) this.codes = 0;
    if (++this.codes > codesByThemselves) return this.expired();
    let wifi: WiFi | undefined;
    try {
      wifi = this.wifi.value();
    } catch (err) {
      this.wifi.complain((err as Error).message);
      return;
    }
    clearInterval(this.ticking);
    const { steps } = this;
    const { code, text } = await this.claiming!.show(wifi);
    if (this.leaving.signal.aborted || steps !== this.steps) return; // an answer to the last one came meanwhile
    const left = el("span", { class: "count", "data-testid": "claim-left" });
    const qr = qrCode(text, "A code for the camera's lens");
    qr.dataset["testid"] = "claim-code";
    this.step(
      "code",
      el("p", { class: "lead" }, "Hold this code in front of the camera, a hand's breadth to a metre away, until its light is on with two short gaps a second."),
      el("div", { class: "claim-code" }, qr),
      el("p", { class: "claim-time" }, left, " Turn the screen's brightness up if the camera does not see it."),
      el(
        "details",
        { class: "aside" },
        el("summary", {}, "What its light says"),
        el("p", {}, "A camera that nobody owns looks for a code for ten minutes after it was switched on, or its button was pressed."),
        el("dl", { class: "facts lights" }, ...lights.flatMap(([light, meaning]) => [el("dt", {}, light), el("dd", {}, meaning)])),
      ),
      this.wifi.element,
    );
    const tick = (): void => {
      const ms = code.notAfter * 1000 - Date.now();
      setText(left, `${playTime(Math.max(0, ms))} left.`);
      if (ms <= 0) void this.code(false);
    };
    this.ticking = setInterval(tick, 1000);
    tick();
    this.awake = keepAwake();
  }

  private expired(): void {
    this.failed("No camera has answered", `The code was shown for ${count((codesByThemselves * codeSeconds) / 60, "minute")}. Does its light flash twice a second? If not, press its button, or switch it off and on.`, () => this.code(true), "Show a new code");
  }

  /** offer takes what the cloud carries, whatever it is. */
  async offer(raw: Bytes, old: boolean): Promise<void> {
    if (!this.claiming || this.leaving.signal.aborted) return;
    const verdict = await this.claiming.take(raw);
    if ("again" in verdict || "renewal" in verdict) return;
    if ("refused" in verdict) return old ? undefined : this.count(verdict.refused);
    if ("aborted" in verdict) return this.aborted(verdict.aborted);
    if (!this.granted) this.ask(verdict.answer);
  }

  private count(why: string): void {
    this.refused++;
    this.aside.hidden = false;
    setText(this.aside, `${count(this.refused, "answer")} refused. The last: ${why}.`);
  }

  private aborted(why: string): void {
    if (this.granted) return this.count(why);
    this.failed("Stopped: two answers to one code", `${why} Nothing was claimed. Shield the screen from other cameras, and try again with a new code.`, () => this.code(true), "Show a new code");
  }

  private ask(answer: Answer): void {
    const { offer, view } = answer;
    const name = el("input", { type: "text", maxlength: 64, autocomplete: "off", placeholder: "Front door", "data-testid": "claim-name" });
    const yes = el("button", { class: "primary", type: "button", "data-testid": "claim-yes", onclick: () => void this.grant(answer, name.value.trim()) }, "Yes, this is my camera");
    const no = el("button", { class: "quiet", type: "button", "data-testid": "claim-no", onclick: () => void this.code(true) }, "No");
    let seen: HTMLElement;
    if (view) {
      const url = URL.createObjectURL(new Blob([view.bytes], { type: view.mime }));
      seen = el("img", { class: "claim-view", src: url, alt: "What the camera saw when it read the code", "data-testid": "claim-view" });
      this.step("view");
      this.picture = url;
    } else {
      seen = el("p", { class: "warning" }, "This camera has sent no picture. Say yes only if its number is the one on its label or its screen.");
      this.step("view");
    }
    this.body.append(
      el("h3", { tabindex: "-1" }, view ? "Is this your view?" : "Is this your camera?"),
      seen,
      el("p", { class: "meta" }, "Camera ", el("code", { "data-testid": "claim-device" }, uuid(offer.device).slice(0, 8)), ` · ${offer.by.level}, says its maker · signs with a ${offer.eventLevel}, says the camera`),
      el("label", { class: "field" }, el("span", {}, "Its name, if you like"), name),
      el("p", { class: "actions" }, yes, no),
    );
    this.body.querySelector("h3")!.focus();
  }

  private async grant(answer: Answer, name: string): Promise<void> {
    const wait = (text: string) => el("p", { class: "lead", role: "status" }, text);
    this.step("waiting", wait("Making it yours…"));
    try {
      this.granted = await this.claiming!.accept(answer, name);
      await this.owning.send(this.granted.raw);
      await this.owning.policy(this.granted.policy.raw);
    } catch (err) {
      this.granted = undefined;
      return this.failed("It could not be claimed", (err as Error).message, () => this.code(true), "Show a new code");
    }
    if (this.dialog.dataset["step"] !== "waiting") return; // its record was here at once
    this.step("waiting", wait("Your answer is on its way. In a few seconds the camera signs that it is yours."), el("p", { class: "meta" }, "You can close this; it goes on by itself."));
  }

  /** claimed is called with each verified claim: only the one that was granted here counts. */
  claimed(entry: Entry): void {
    const { offer } = entry.record.tidings;
    if (!this.granted || !offer || !equal(offer.hash, this.granted.offer.hash)) return;
    this.step(
      "yours",
      el("h3", { tabindex: "-1" }, "It is yours"),
      el("p", {}, "The camera has signed that it belongs to your key. From now on what it sees is sealed to you before it leaves the camera."),
      el("p", { class: "actions" }, el("button", { class: "primary", type: "button", "data-testid": "claim-done", onclick: () => this.dialog.close() }, "Show it")),
    );
    this.body.querySelector("h3")!.focus();
  }

  word(word: OwnershipWord): void {
    const { granted } = this;
    if (!granted || word.device !== uuid(granted.offer.device) || word.epoch !== granted.offer.epoch) return;
    if (word.state === "refused") {
      this.failed("This camera is not to be had", "Its former owner says that it was taken from him: he has marked it as lost. Give it back, or have him release it.", () => this.code(true), "Add another camera");
    } else if (word.state === "waiting" && this.dialog.dataset["step"] !== "yours") {
      this.step(
        "contested",
        el("h3", { tabindex: "-1" }, "Not yet"),
        el("p", { "data-testid": "claim-until" }, `This camera was somebody else's, and was reset without being released. Its former owner is told, and can object until ${word.untilMs ? dateAndTime(word.untilMs) : "24 hours are over"}. After that it is yours by itself; at once, if the owner releases it.`),
        el("p", { class: "meta" }, "You can close this. The camera records meanwhile, and keeps what it sees sealed to you."),
      );
    }
  }

  private failed(title: string, text: string, again: () => Promise<void> | void, label = "Try again"): void {
    this.step(
      "stopped",
      el("h3", { tabindex: "-1" }, title),
      el("p", { class: "problem", role: "alert", "data-testid": "claim-problem" }, text),
      el("p", { class: "actions" }, el("button", { class: "primary", type: "button", "data-testid": "claim-again", onclick: () => void again() }, label)),
    );
  }
}
