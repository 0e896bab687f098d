// Under the slider of a clip: when it moved, and when boxes were measured.

import type { Facts } from "../facts.ts";
import { svg } from "./dom.ts";

export class MotionStrip {
  readonly element = svg("svg", { class: "motion-strip", preserveAspectRatio: "none", "aria-hidden": "true", "data-testid": "motion-strip" });

  /** draw takes the clip's span in milliseconds from the start of the event. */
  draw(facts: Facts | undefined, fromMs: number, toMs: number): void {
    const length = toMs - fromMs;
    if (!(length > 0)) return;
    const unit = length / 400; // a mark's width
    const times = [...new Set((facts?.boxes ?? []).map((b) => b.atMs))];
    const motion = facts?.motion ?? (times.length > 0 ? { from: Math.min(...times), to: Math.max(...times) } : undefined);
    this.element.setAttribute("viewBox", `0 0 ${length} 1`);
    this.element.replaceChildren(
      ...(motion ? [svg("rect", { class: "moved", x: motion.from - fromMs, width: motion.to - motion.from, height: 1 })] : []),
      ...times.map((t) => svg("rect", { class: "measured", x: t - fromMs - unit, width: 2 * unit, height: 1 })),
    );
  }
}
