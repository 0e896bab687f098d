// Cards: what people show each other, as text. Nothing in them is secret, and nobody has signed them: who takes one
// trusts the person who showed it.

import { type Bytes, equal, own, sha256 } from "./bytes.ts";
import * as cbor from "./cbor.ts";
import { importKey } from "./certificate.ts";
import { readX25519 } from "./recipient.ts";
import { fromText, toText } from "./text.ts";

/** ViewerCard is of somebody who would like to view. */
export interface ViewerCard {
  readonly spki: Bytes; // of the viewer's owner key, DER
  readonly picture: Bytes; // X25519: pictures for the viewer are sealed to it
  readonly name?: string;
}

/** OwnerCard says whose cameras a viewer expects, or who shall have a camera next. */
export interface OwnerCard {
  readonly owner: Bytes;
  readonly name?: string;
}

/** JoinCard is of a browser that would like to have the owner's keys. */
export interface JoinCard {
  readonly key: Bytes; // X25519, fresh
}

const prefixes = { viewer: "SIGNETV1:", owner: "SIGNETO1:", join: "SIGNETJ1:" };
const maxSpki = 256;

export function viewerCardText(c: ViewerCard): string {
  const body = new Map<cbor.Value, cbor.Value>([
    [0, 1],
    [1, c.spki],
    [2, c.picture],
  ]);
  if (c.name) body.set(3, c.name);
  return toText(prefixes.viewer, body);
}

export async function parseViewerCard(text: string): Promise<ViewerCard> {
  const f = cbor.fields(fromText(prefixes.viewer, text, "viewer's card"), "viewer's card", [0, 1, 2], [3]);
  spoken(f);
  const spki = await viewerKey(f.get(1));
  return { spki, picture: readX25519(f.get(2), "picture key"), ...(f.has(3) && { name: cbor.someWords(f.get(3), "name") }) };
}

export function ownerCardText(c: OwnerCard): string {
  const body = new Map<cbor.Value, cbor.Value>([
    [0, 1],
    [1, c.owner],
  ]);
  if (c.name) body.set(2, c.name);
  return toText(prefixes.owner, body);
}

export function parseOwnerCard(text: string): OwnerCard {
  const f = cbor.fields(fromText(prefixes.owner, text, "owner's card"), "owner's card", [0, 1], [2]);
  spoken(f);
  return { owner: cbor.bytes(f.get(1), "owner", 32), ...(f.has(2) && { name: cbor.someWords(f.get(2), "name") }) };
}

function joinBody(c: JoinCard): Map<cbor.Value, cbor.Value> {
  return new Map<cbor.Value, cbor.Value>([
    [0, 1],
    [1, c.key],
  ]);
}

export function joinCardText(c: JoinCard): string {
  return toText(prefixes.join, joinBody(c));
}

export function parseJoinCard(text: string): JoinCard {
  const f = cbor.fields(fromText(prefixes.join, text, "join card"), "join card", [0, 1]);
  spoken(f);
  return { key: readX25519(f.get(1), "key") };
}

/** joinId is where the answer to a join card is left: the SHA-256 of its CBOR. */
export function joinId(c: JoinCard): Promise<Bytes> {
  return sha256(cbor.encode(joinBody(c)));
}

function spoken(f: Map<number, cbor.Value>): void {
  if (f.get(0) !== 1) throw new Error("card: its format is not spoken here");
}

/** viewerKey reads a P-256 key in its one encoding. */
export async function viewerKey(value: cbor.Value | undefined): Promise<Bytes> {
  const spki = cbor.bytesUpTo(value, "viewer's key", maxSpki);
  let again: Uint8Array;
  try {
    const key = await importKey(spki, true);
    again = new Uint8Array(await crypto.subtle.exportKey("spki", key));
  } catch {
    throw new Error("viewer's key: not a P-256 key");
  }
  if (!equal(again, spki)) throw new Error("viewer's key: not in its one encoding");
  return own(spki);
}
