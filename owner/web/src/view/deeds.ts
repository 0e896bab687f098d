// What an owner can do with a camera: each is signed here, and carried to the camera by the cloud.

import { parseOwnerCard } from "../cards.ts";
import type { Draft, Holding, Holdings } from "../holdings.ts";
import type { CameraSettings } from "../settings.ts";
import type { Camera } from "../story.ts";
import { deed } from "./action.ts";
import { el } from "./dom.ts";

const asked = "Signed and sent. It is in force once the camera says so.";

/** settingsDeeds has those of one lens: to pause it, to leave clips out, to close the live view. */
export function settingsDeeds(holdings: Holdings, camera: Camera, lens: number): HTMLElement[] {
  const now: CameraSettings = holdings.of(camera.device)?.settings.cameras.get(lens) ?? {};
  const set = (change: CameraSettings) => async (): Promise<void> => {
    await holdings.change(camera.device, (d) => d.settings.cameras.set(lens, { ...d.settings.cameras.get(lens), ...change }));
  };
  const toggle = (key: "records" | "clips" | "live", on: boolean, words: { off: [string, string]; on: [string, string] }): HTMLElement => {
    const [label, question] = on ? words.off : words.on;
    return deed({ id: `about-${key}`, label: `${label}…`, verb: label, question, done: asked, run: set({ [key]: !on }) });
  };
  return [
    toggle("records", now.records !== false, {
      off: ["Pause recording", "While it is paused the camera records nothing: no events, no pictures. The live view stays."],
      on: ["Go on recording", "The camera records events again."],
    }),
    toggle("clips", now.clips !== false, {
      off: ["Leave clips out", "Events have a picture and no clip from then on."],
      on: ["Record clips", "Events have clips again."],
    }),
    toggle("live", now.live !== false, {
      off: ["Close the live view", "Nobody can watch the camera live, not even you, until you open it again."],
      on: ["Open the live view", "Those whom you have let in, and you, can watch live again."],
    }),
  ];
}

/** nameDeed renames a lens of a device, or the device where it has one lens. */
export function nameDeed(holdings: Holdings, camera: Camera, lens: number, several: boolean, current: string): HTMLElement {
  const input = el("input", { type: "text", maxlength: 64, autocomplete: "off", value: current, "aria-label": "Name", "data-testid": "about-name-input" });
  const rename = (d: Draft): void => {
    const name = input.value.trim();
    if (!several) {
      if (name) d.settings.name = name;
      else delete d.settings.name;
      return;
    }
    const { name: _, ...rest } = d.settings.cameras.get(lens) ?? {};
    const next = name ? { ...rest, name } : rest;
    if (Object.keys(next).length > 0) d.settings.cameras.set(lens, next);
    else d.settings.cameras.delete(lens);
  };
  return deed({
    id: "about-name",
    label: "Name…",
    question: "What it is called is sealed to the camera and to you. Empty: as the camera is configured.",
    verb: "Keep this name",
    done: asked,
    extra: input,
    run: async () => void (await holdings.change(camera.device, rename)),
  });
}

export function renewDeed(holdings: Holdings, camera: Camera): HTMLElement {
  return deed({
    id: "about-renew",
    label: "Renew its signing key…",
    question: "The camera makes a new key for signing, and your key certifies it by itself. No event is lost. Do this if somebody may have read the old one.",
    verb: "Renew the key",
    done: "Asked. The camera offers a new key when it is online, and this page certifies it: leave it open, or come back.",
    run: async () => void (await holdings.change(camera.device, (d) => (d.renewals += 1))),
  });
}

export function releaseDeed(holdings: Holdings, camera: Camera, closed: boolean): HTMLElement {
  const next = el("textarea", { rows: 2, spellcheck: "false", autocomplete: "off", placeholder: "SIGNETO1:…", "aria-label": "Card of the next owner, if there is one", "data-testid": "about-next" });
  const extra = el("label", { class: "field" }, el("span", {}, "For a certain next owner: his card. Empty: whoever claims it."), next);
  return deed({
    id: "about-release",
    label: closed ? "I gave it away: release…" : "Let it go…",
    question: closed
      ? "Your say about this camera ends: its next owner's claim is taken at once. It cannot be taken back."
      : "The camera destroys its keys and is nobody's. What it saw until then stays yours. It cannot be taken back; you could only claim it again.",
    verb: closed ? "Release it" : "Let it go",
    danger: true,
    done: closed ? "Released." : "Released. The closing arrives when the camera is online.",
    extra,
    run: async () => {
      const text = next.value.trim();
      await holdings.release(camera.device, text === "" ? undefined : parseOwnerCard(text).owner);
    },
  });
}

export function lostDeed(holdings: Holdings, camera: Camera): HTMLElement {
  return deed({
    id: "about-lost",
    label: "It was not me: mark it as lost…",
    question: "Nobody else's claim of this camera is taken from then on, unless you release it.",
    verb: "Mark it as lost",
    danger: true,
    done: "Marked as lost.",
    run: () => holdings.markLost(camera.device),
  });
}

/** mayAct says whether the owner can change anything: the policy is known, and the epoch goes on. */
export function mayAct(camera: Camera, holding: Holding | undefined): boolean {
  return holding?.policy !== undefined && holding.epoch === camera.epoch.number && !camera.epoch.closed;
}
