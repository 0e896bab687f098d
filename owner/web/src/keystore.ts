// The owners whose keys this browser keeps, in IndexedDB. The private keys in it are CryptoKeys that are not
// extractable: a script can use them while the page is open, and can never read them.

import { type Bytes, fromBase64, hex, own } from "./bytes.ts";
import { openRoot } from "./certificate.ts";
import { deriveOwner, type OwnerKeys } from "./owner.ts";

export interface StoredOwner {
  readonly id: string; // hex
  readonly keys: OwnerKeys;
  readonly root: Bytes; // DER
  readonly addedMs: number;
}

const store = "owners";
const currentKey = "signet.current-owner";
const forgottenKey = "signet.forgotten-owner";

/** owners returns all, oldest first. */
export async function owners(): Promise<StoredOwner[]> {
  const all = await request<StoredOwner[]>("readonly", (s) => s.getAll());
  return all.sort((a, b) => a.addedMs - b.addedMs);
}

/** current is the one chosen last, else the one added last. */
export function current(all: StoredOwner[]): StoredOwner | undefined {
  return all.find((o) => o.id === localStorage.getItem(currentKey)) ?? all.at(-1);
}

export function choose(id: string): void {
  localStorage.setItem(currentKey, id);
}

const codeInAddress = () => new URLSearchParams(location.hash.slice(1)).get("code");

export function hasCode(): boolean {
  return codeInAddress() !== null;
}

/** takeCode reads a hand-over code from the address and removes it there at once: it stays in no history. */
export function takeCode(): string | null {
  const code = codeInAddress();
  if (location.hash !== "") history.replaceState(null, "", location.pathname + location.search);
  return code;
}

/** forget removes an owner's keys from this browser, and has the other tabs that use them know: see whenForgotten. */
export async function forget(id: string): Promise<void> {
  await request("readwrite", (s) => s.delete(id));
  if (localStorage.getItem(currentKey) === id) localStorage.removeItem(currentKey);
  localStorage.setItem(forgottenKey, `${id} ${Date.now()}`); // a change each time: only changes are told
}

/** whenForgotten calls back when another tab has forgotten that owner. */
export function whenForgotten(id: string, call: () => void): void {
  addEventListener("storage", (event) => event.key === forgottenKey && event.newValue?.startsWith(id) && call());
}

/** redeem trades the code for the seed, once, makes the keys, keeps them, and forgets the seed. */
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
  const keys = await deriveOwner(seed);
  const root = own(fromBase64(answer.root));
  await openRoot(root, keys.id);
  const owner: StoredOwner = { id: hex(keys.id), keys, root, addedMs: Date.now() };
  await request("readwrite", (s) => s.put(owner));
  choose(owner.id);
  await navigator.storage?.persist?.().catch(() => false);
  return owner;
}

async function request<T>(mode: IDBTransactionMode, act: (s: IDBObjectStore) => IDBRequest): Promise<T> {
  const db = await open();
  try {
    return await new Promise<T>((resolve, reject) => {
      const transaction = db.transaction(store, mode);
      const asked = act(transaction.objectStore(store));
      transaction.oncomplete = () => resolve(asked.result as T);
      transaction.onerror = transaction.onabort = () => reject(transaction.error ?? new Error("keep keys: aborted"));
    });
  } finally {
    db.close();
  }
}

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open("signet", 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore(store, { keyPath: "id" });
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error ?? new Error("keep keys: no storage"));
    asked.onblocked = () => reject(new Error("keep keys: another tab holds the storage"));
  });
}
