// What this browser keeps, in IndexedDB. Each request opens the storage and closes it again, so that no tab holds up another.

import type { StoredOwner } from "./keystore.ts";

/** owners: see keystore.ts. others: owners who share their cameras with one of them, see family.ts. */
export type StoreName = "owners" | "others";

const version = 2;

export async function request<T>(store: StoreName, mode: IDBTransactionMode, act: (s: IDBObjectStore) => IDBRequest): Promise<T> {
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
    const asked = indexedDB.open("signet", version);
    asked.onupgradeneeded = (event) => upgrade(asked, event.oldVersion);
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error ?? new Error("keep keys: no storage"));
    asked.onblocked = () => reject(new Error("keep keys: another tab holds the storage"));
  });
}

function upgrade(asked: IDBOpenDBRequest, from: number): void {
  const { result: db, transaction } = asked;
  if (from < 1) db.createObjectStore("owners", { keyPath: "id" });
  if (from < 2) db.createObjectStore("others", { keyPath: ["viewer", "owner"] });
  if (from !== 1) return;
  // Until then every key had been handed over by the machine that holds its seed.
  const walk = transaction!.objectStore("owners").openCursor();
  walk.onsuccess = () => {
    const cursor = walk.result;
    if (!cursor) return;
    cursor.update({ ...(cursor.value as StoredOwner), came: "handed over" });
    cursor.continue();
  };
}
