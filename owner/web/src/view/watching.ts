// "What it watches": areas drawn over a picture of the camera, how readily it fires, and at what sizes.

import type { Holding, Holdings } from "../holdings.ts";
import { motionOf, type MotionSettings, sameMotion, withMotion } from "../motion.ts";
import type { Camera } from "../story.ts";
import { ZoneEdit } from "../zoneedit.ts";
import { el, setText } from "./dom.ts";
import { policyWords } from "./ownwords.ts";
import { leave, sheet } from "./sheet.ts";
import { Sight, type Sights } from "./sight.ts";
import { Tuning } from "./tuning.ts";
import { ZoneBoard } from "./zoneboard.ts";
import { ZoneList } from "./zonelist.ts";
import { ZoneTools } from "./zonetools.ts";

export class WatchingView {
  private readonly dialog: HTMLDialogElement;
  private base: MotionSettings; // what is saved, as far as this sheet has taken it up
  private readonly edit: ZoneEdit;
  private readonly board: ZoneBoard;
  private readonly tools: ZoneTools;
  private readonly list: ZoneList;
  private readonly tuning: Tuning;
  private readonly sight: Sight;
  private readonly told = el("p", { class: "save-told", role: "status", "data-testid": "watching-told" });
  private readonly save = el("button", { class: "primary", type: "button", "data-testid": "watching-save", onclick: () => void this.store() }, "Save");
  private readonly discard = el("button", { class: "quiet", type: "button", "data-testid": "watching-discard", onclick: () => this.restore() }, "Discard");
  private readonly reset = el("button", { class: "quiet", type: "button", "data-testid": "watching-reset", onclick: () => this.toOwn() }, "All as the camera is configured");
  private saving = false;

  constructor(
    private readonly camera: Camera,
    private readonly lens: number,
    private readonly holdings: Holdings,
    sights: Sights,
    closed: () => void,
  ) {
    this.base = this.current();
    this.edit = new ZoneEdit(this.base.zones ?? [], () => this.changed());
    this.tuning = new Tuning(this.base, () => this.changed());
    this.board = new ZoneBoard(this.edit, this.tuning.squares);
    this.tools = new ZoneTools(this.edit, () => this.board.focusAim());
    this.list = new ZoneList(this.edit);
    this.sight = new Sight(camera, lens, sights, async (picture) => {
      await this.board.show(picture);
      this.tuning.size(this.board.ratio);
    });
    const { facts } = camera.lenses.at(lens);
    if (facts && facts.width > 0 && facts.height > 0) this.board.size(facts.width, facts.height);
    this.tuning.size(this.board.ratio);
    const name = facts && camera.lenses.several() ? camera.lenses.nameOf(facts) : camera.name;
    this.dialog = sheet(
      "watching",
      `What ${name} watches`,
      el(
        "div",
        { class: "watching" },
        el("div", { class: "watching-picture" }, this.board.element, this.tools.element, this.sight.element),
        el("div", { class: "watching-settings" }, this.list.element, this.tuning.element, this.reset),
      ),
      el("footer", { class: "save-bar" }, this.told, this.discard, this.save),
    );
    this.dialog.classList.add("wide-sheet");
    this.dialog.dataset["testid"] = "watching";
    this.dialog.addEventListener("cancel", (e) => this.keep(e));
    this.dialog.addEventListener("keydown", (e) => this.stay(e));
    window.addEventListener("beforeunload", this.ask);
    this.dialog.addEventListener("close", () => {
      window.removeEventListener("beforeunload", this.ask);
      this.sight.stop();
      this.dialog.remove();
      closed();
    });
    this.write();
  }

  open(): void {
    this.dialog.showModal();
    void this.sight.start();
  }

  /** update takes up what another browser has changed, unless something is changed here, and tells what is in force. */
  update(): void {
    if (this.saving || this.dirty) return;
    if (sameMotion(this.current(), this.base)) this.write();
    else this.restore();
  }

  private holding(): Holding | undefined {
    return this.holdings.of(this.camera.device);
  }

  private current(): MotionSettings {
    return motionOf(this.holding()?.settings.cameras.get(this.lens));
  }

  private get wanted(): MotionSettings {
    const zones = this.edit.zones.map((z) => ({ ...z, name: z.name.trim() }));
    return { ...this.tuning.value, ...(zones.length > 0 && { zones }) };
  }

  private get dirty(): boolean {
    return this.edit.sketch !== undefined || !sameMotion(this.wanted, this.base);
  }

  private restore(): void {
    this.base = this.current();
    this.tuning.replace(this.base);
    this.edit.replace(this.base.zones ?? []);
  }

  private toOwn(): void {
    this.tuning.replace({});
    if (this.edit.sketch) this.edit.cancel();
    this.edit.removeAll();
    this.changed();
  }

  private changed(): void {
    this.board.update();
    this.tools.update();
    this.list.update();
    this.write();
  }

  /** write says what is saved and what is not. */
  private write(): void {
    const { dirty } = this;
    const problem = dirty ? this.edit.problem : undefined;
    this.save.disabled = this.saving || !dirty || problem !== undefined;
    this.discard.hidden = !dirty;
    this.reset.hidden = this.edit.sketch !== undefined || Object.keys(this.wanted).length === 0;
    this.say(problem ?? (dirty ? "Not saved yet." : `${policyWords(this.camera, this.holding())}.`), false);
  }

  private say(text: string, bad: boolean): void {
    setText(this.told, text);
    this.told.classList.toggle("bad", bad);
  }

  /** keep holds the sheet open while something would be lost. */
  private keep(e: Event): void {
    if (!this.dirty) return;
    e.preventDefault();
    this.say("Not saved yet: save it, or discard it.", true);
    (this.save.disabled ? this.discard : this.save).focus();
  }

  /** stay asks the sheet itself about Escape: a browser closes it at the third, whatever is held up before. */
  private stay(e: KeyboardEvent): void {
    if (e.key !== "Escape" || e.defaultPrevented || !this.dirty) return;
    e.preventDefault();
    leave(this.dialog);
  }

  /** ask lets the browser ask before the page goes while something would be lost. */
  private readonly ask = (e: BeforeUnloadEvent): void => {
    if (this.dirty) e.preventDefault();
  };

  private async store(): Promise<void> {
    const { base, wanted } = this;
    this.saving = true;
    this.write();
    this.say("Signing and sending…", false);
    try {
      await this.holdings.change(this.camera.device, ({ settings: { cameras } }) => {
        const next = withMotion(cameras.get(this.lens), base, wanted);
        if (Object.keys(next).length > 0) cameras.set(this.lens, next);
        else cameras.delete(this.lens);
      });
    } catch (err) {
      this.saving = false;
      this.write();
      this.say(err instanceof Error ? err.message : String(err), true);
      return;
    }
    this.saving = false;
    this.restore();
  }
}
