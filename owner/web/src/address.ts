// What a link brings behind its #, which browsers send to nobody: a hand-over code, or a card that somebody shows.

const names = ["code", "join", "viewer", "owner"] as const;
export type Brought = { readonly [name in (typeof names)[number]]?: string };

function read(): Brought {
  const parameters = new URLSearchParams(location.hash.slice(1));
  return Object.fromEntries(names.flatMap((name) => (parameters.has(name) ? [[name, parameters.get(name)!]] : [])));
}

export function bringsSomething(): boolean {
  return Object.keys(read()).length > 0;
}

/** takeAddress reads it and removes it from the address at once: it stays in no history. */
export function takeAddress(): Brought {
  const brought = read();
  if (location.hash !== "") history.replaceState(null, "", location.pathname + location.search);
  return brought;
}

/** putBack is for loading the page anew with what was brought. */
export function putBack(brought: Brought): void {
  if (Object.keys(brought).length > 0) history.replaceState(null, "", `${location.pathname}${location.search}#${new URLSearchParams({ ...brought })}`);
}

/** link opens this page with a card. */
export function link(name: keyof Brought, card: string): string {
  return `${location.origin}/#${name}=${encodeURIComponent(card)}`;
}

/** fromLink returns the card in such a link, or the text itself. */
export function fromLink(text: string): string {
  const trimmed = text.trim();
  const [, behind] = /^https?:\/\/[^#]*#(.*)$/.exec(trimmed) ?? [];
  if (behind === undefined) return trimmed;
  const parameters = new URLSearchParams(behind);
  return names.map((name) => parameters.get(name)).find((value) => value !== null) ?? trimmed;
}
