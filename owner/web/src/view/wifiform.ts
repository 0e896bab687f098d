// Wi-Fi for a camera that is not on a network yet. It goes into the code on the screen, and nowhere else: it is kept and
// sent by nobody.

import { utf8 } from "../bytes.ts";
import type { WiFi } from "../code.ts";
import { el, setText } from "./dom.ts";

const maxName = 32; // bytes
const maxPassphrase = 63;

export class WifiForm {
  readonly element: HTMLElement;
  private readonly ssid = el("input", { type: "text", autocomplete: "off", autocapitalize: "none", spellcheck: "false", "data-testid": "wifi-name" });
  private readonly passphrase = el("input", { type: "password", autocomplete: "off", "data-testid": "wifi-passphrase" });
  private readonly problem = el("p", { class: "problem", role: "alert", hidden: true });

  constructor(changed: () => void) {
    const use = (event: Event): void => {
      event.preventDefault();
      this.complain("");
      changed();
    };
    this.element = el(
      "details",
      { class: "aside" },
      el("summary", {}, "The camera is not on your network yet"),
      el(
        "form",
        { class: "wifi", onsubmit: use },
        el("p", { class: "meta" }, "Put your Wi-Fi into the code. The camera reads it from this screen; it is neither kept here nor sent anywhere. Nobody else should see the code then."),
        el("label", { class: "field" }, el("span", {}, "Wi-Fi name"), this.ssid),
        el("label", { class: "field" }, el("span", {}, "Passphrase"), this.passphrase),
        this.problem,
        el("p", { class: "actions" }, el("button", { class: "quiet", type: "submit", "data-testid": "wifi-use" }, "Put it into the code")),
      ),
    );
  }

  /** value returns what was filled in, or undefined; it throws what to tell people. */
  value(): WiFi | undefined {
    const ssid = utf8(this.ssid.value);
    const passphrase = utf8(this.passphrase.value);
    if (ssid.length === 0 && passphrase.length === 0) return undefined;
    if (ssid.length === 0) throw new Error("Which Wi-Fi is it?");
    if (ssid.length > maxName) throw new Error(`A Wi-Fi name has at most ${maxName} bytes.`);
    if (passphrase.length > maxPassphrase) throw new Error(`A passphrase has at most ${maxPassphrase} characters.`);
    return { ssid, passphrase };
  }

  complain(text: string): void {
    this.problem.hidden = text === "";
    setText(this.problem, text);
  }
}
