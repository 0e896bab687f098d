// Looks for records far back that tell of cameras, without showing what lies between.

import type { Entry } from "./camera.ts";
import type { Session } from "./session.ts";
import type { Gate } from "./verify.ts";

const pageOfRecords = 500;

/** lookBack goes back from `before`, page by page, as long as something is wanted, and hands on what is believed. */
export async function lookBack(
  session: Pick<Session, "records">,
  gate: Gate,
  before: number,
  pages: number,
  wanted: () => boolean,
  found: (entry: Entry) => void,
): Promise<void> {
  for (let page = 0; page < pages && wanted(); page++) {
    const items = await session.records({ before, limit: pageOfRecords });
    for (const item of items.reverse()) {
      before = Math.min(before, item.seq);
      const verdict = await gate.verify(item.raw);
      if ("refusal" in verdict) continue; // counted when that page is shown
      found({ seq: item.seq, record: verdict.record, receivedMs: item.receivedMs });
    }
    if (items.length === 0) return;
  }
}
