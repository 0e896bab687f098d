// The owners whose keys this browser keeps. The private keys are CryptoKeys that are not extractable: a script can use
// them while the page is open, and can never read them.

import { type Bytes, fromBase64, hex, own } from "./bytes.ts";
import { openRoot } from "./certificate.ts";
import { request } from "./database.ts";
import { deriveOwner, type OwnerKeys } from "./owner.ts";

/** How the keys came here. Whichever it was, the owner had what brings them back: see recoverySaved. */
export type Came = "made" | "recovered" | "joined" | "handed over";

export interface StoredOwner {
  readonly id: string; // hex
  readonly keys: OwnerKeys;
  readonly root: Bytes; // DER
  readonly addedMs: number;
  readonly came: Came;
  readonly fleet?: string; // SHA-256 of the fleet CA that whoever served the page named at first use, hex
}

const currentKey = "signet.current-owner";
const forgottenKey = "signet.forgotten-owner";

/** owners returns all, oldest first. */
export async function owners(): Promise<StoredOwner[]> {
  const all = await request<StoredOwner[]>("owners", "readonly", (s) => s.getAll());
  return all.sort((a, b) => a.addedMs - b.addedMs);
}

/** current is the one chosen last, else the one added last. */
export function current(all: StoredOwner[]): StoredOwner | undefined {
  return all.find((o) => o.id === localStorage.getItem(currentKey)) ?? all.at(-1);
}

export function choose(id: string): void {
  localStorage.setItem(currentKey, id);
}

/** keep stores an owner's keys, shows that owner from now on, and asks the browser not to clear its storage. The fleet
 * is not pinned yet: who brings keys anew pins anew. */
export async function keep(keys: OwnerKeys, root: Bytes, came: Came): Promise<StoredOwner> {
  await openRoot(root, keys.id);
  const owner: StoredOwner = { id: hex(keys.id), keys, root, addedMs: Date.now(), came };
  await request("owners", "readwrite", (s) => s.put(owner));
  choose(owner.id);
  await navigator.storage?.persist?.().catch(() => false);
  return owner;
}

/** persisted says whether the browser has promised to clear this storage only if it is told to. */
export async function persisted(): Promise<boolean> {
  return (await navigator.storage?.persisted?.().catch(() => false)) ?? false;
}

/** pinFleet binds an owner's keys in this browser to a fleet. */
export async function pinFleet(owner: StoredOwner, fleet: string): Promise<StoredOwner> {
  const pinned = { ...owner, fleet };
  await request("owners", "readwrite", (s) => s.put(pinned));
  return pinned;
}

/** forget removes an owner's keys from this browser, and has the other tabs that use them know: see whenForgotten. */
export async function forget(id: string): Promise<void> {
  await request("owners", "readwrite", (s) => s.delete(id));
  await request("others", "readwrite", (s) => s.delete(IDBKeyRange.bound([id], [id, []]))); // whose cameras it watched
  if (localStorage.getItem(currentKey) === id) localStorage.removeItem(currentKey);
  localStorage.setItem(forgottenKey, `${id} ${Date.now()}`); // a change each time: only changes are told
}

/** whenForgotten calls back when another tab has forgotten that owner. */
export function whenForgotten(id: string, call: () => void): void {
  addEventListener("storage", (event) => event.key === forgottenKey && event.newValue?.startsWith(id) && call());
}

/** redeem trades a hand-over code for the seed, once, makes the keys, keeps them, and forgets the seed. */
export async function redeem(code: string): Promise<StoredOwner> {
  const response = await fetch("/handover", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ code }),
    cache: "no-store",
    credentials: "omit",
  });
  if (response.status >= 500) throw new Error("The machine that holds your key does not answer. Is signet-owner serve still running?");
  if (!response.ok) throw new Error("This link was used already, or is older than ten minutes.");
  const answer = (await response.json()) as { seed: string; root: string };
  const seed = fromBase64(answer.seed);
  answer.seed = "";
  return keep(await deriveOwner(seed), own(fromBase64(answer.root)), "handed over");
}
