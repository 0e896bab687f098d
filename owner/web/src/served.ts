// Who serves this page, and which cloud it says that it is for. The cloud is named by its fleet CA: a key is bound to the
// first one that it meets in a browser.

import { pinFleet, type StoredOwner } from "./keystore.ts";

export interface Served {
  readonly by: "owner" | "cloud" | "unknown";
  readonly fleet?: string; // SHA-256 of the fleet CA's certificate, hex
}

/** served asks whoever serves the page; of one that does not answer, nothing is known. */
export async function served(): Promise<Served> {
  const response = await fetch("/config.json", { cache: "no-store", credentials: "omit", redirect: "error" }).catch(() => null);
  const said = ((await response?.json().catch(() => null)) ?? {}) as Record<string, unknown>;
  const by = said["served"] === "owner" || said["served"] === "cloud" ? said["served"] : "unknown";
  const fleet = said["cloud"];
  return typeof fleet === "string" && /^[0-9a-f]{64}$/.test(fleet) ? { by, fleet } : { by };
}

/** OtherFleet says that whoever serves the page names another fleet than the key is bound to. */
export class OtherFleet extends Error {
  constructor(
    readonly pinned: string,
    readonly named: string,
  ) {
    super("This is another cloud than the one that your key knows.");
  }
}

/** pinned binds the owner to the fleet at first use, and refuses every other one from then on. */
export async function pinned(owner: StoredOwner, by: Served): Promise<StoredOwner> {
  if (by.fleet === undefined || by.fleet === owner.fleet) return owner;
  if (owner.fleet !== undefined) throw new OtherFleet(owner.fleet, by.fleet);
  return pinFleet(owner, by.fleet);
}
