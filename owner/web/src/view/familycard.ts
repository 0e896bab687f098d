// A camera of another owner that may be watched live and nothing else: no record of it ever comes here.

import type { Share } from "../family.ts";
import { fromHex } from "../bytes.ts";
import { Lenses } from "../lenses.ts";
import { el } from "./dom.ts";
import { sharedWords } from "./familywords.ts";
import { LivePanel, type LiveSource } from "./livepanel.ts";

export class SharedCard {
  readonly element: HTMLElement;
  private readonly live: LivePanel;

  constructor(share: Share, source: LiveSource) {
    const name = `Camera ${share.device.slice(0, 8)}`;
    const record = { device: fromHex(share.device.replaceAll("-", "")), epoch: share.epoch, issuer: share.issuer };
    const lenses = new Lenses();
    this.live = new LivePanel({ name, lenses, latest: { record } }, () => lenses.at(0), source, () => undefined);
    const over = Date.now() > share.notAfterMs;
    this.live.button.disabled = over;
    this.element = el(
      "article",
      { class: "camera", "data-testid": "shared-camera", "data-device": share.device, "aria-label": name },
      el(
        "div",
        { class: "camera-head" },
        el("div", { class: "camera-told" }, el("h3", { class: "camera-name" }, name), el("p", { class: "shared" }, sharedWords(share))),
        this.live.button,
      ),
      this.live.screen,
    );
  }

  stop(): void {
    this.live.stop();
  }
}
