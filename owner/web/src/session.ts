// What the page asks of the cloud (docs/protocol.md). A session is the proof of an owner key; its token stays in this
// object. Whatever the cloud answers is material for verify.ts, never an instruction.

import { type Bytes, fromBase64, fromHex, hex } from "./bytes.ts";
import * as cbor from "./cbor.ts";
import { type Fleet, noneRevoked, openFleet, parseCrl, type RevocationList } from "./fleet.ts";
import { CloudError, json, maxAnswer, pieces, plain, readAll, readUpTo } from "./http.ts";
import {
  type Item,
  maxList,
  maxPage,
  type OfferItem,
  type OwnershipWord,
  parsePresence,
  type Presence,
  readBytes,
  readItem,
  readOffer,
  readOwnership,
  streamed,
  unread,
} from "./items.ts";
import type { OwnerKeys } from "./owner.ts";
import { maxCertificate, sign } from "./statement.ts";
import type { Media } from "./record.ts";
import { EventReader } from "./sse.ts";

export { CloudError } from "./http.ts";
export type { Item, Presence } from "./items.ts";

/** Sent is what an owner signs and the cloud carries. */
export type Sent = "grants" | "policies" | "releases" | "lost";

export interface StreamHandlers {
  opened(): void;
  record(item: Item): void;
  media(seq: number, sha256: string): void;
  presence(p: Presence): void;
  offer(item: OfferItem): void;
  ownership(word: OwnershipWord): void;
  policy(raw: Bytes): void;
}

const maxCrl = 1 << 20;
const silenceMs = 45_000; // the cloud writes a comment every 15 s

export class Session {
  private token = "";
  private loggingIn: Promise<void> | undefined;
  private opened: Promise<Fleet> | undefined;

  constructor(
    private readonly keys: OwnerKeys,
    private readonly origin: string,
    private readonly base = "",
    private readonly pinned?: string, // SHA-256 of the fleet CA that the keys are bound to, hex
  ) {}

  /** logIn proves the owner key for this origin and cloud, once for all who wait for it. */
  private logIn(): Promise<void> {
    this.loggingIn ??= this.proveKey().finally(() => (this.loggingIn = undefined));
    return this.loggingIn;
  }

  private async proveKey(): Promise<void> {
    const cloud = await this.cloud();
    const challenge = await json(await this.plain("/api/v1/challenge", { method: "POST" }));
    const nonce = fromBase64(String(challenge["nonce"]));
    const { id, spki, signing } = this.keys;
    const body = new Map<cbor.Value, cbor.Value>([
      [0, 1],
      [1, id],
      [2, nonce],
      [3, this.origin],
      [4, spki],
      [5, cloud],
    ]);
    const login = await sign(body, "signet/v1 log-in", id, signing);
    const session = await json(await this.plain("/api/v1/session", { method: "POST", body: login }));
    if (session["owner"] !== hex(id)) throw new CloudError(502, "the cloud opened a session of another owner");
    this.token = String(session["token"]);
  }

  /** cloud is asked of whoever serves this page: the owner's own machine knows what it has pinned, whatever the cloud says. */
  async cloud(): Promise<Bytes> {
    const { cloud } = await json(await this.plain("/config.json", {}));
    if (typeof cloud !== "string" || !/^[0-9a-f]{64}$/.test(cloud)) throw new CloudError(502, "whoever serves this page does not say which cloud it is");
    if (this.pinned !== undefined && cloud !== this.pinned) throw new CloudError(403, "this is another cloud than the one that your key knows");
    return fromHex(cloud);
  }

  /** records returns a page, ascending; without `after` and `before` the newest. */
  async records(range: { after?: number; before?: number; limit: number }): Promise<Item[]> {
    const query = new URLSearchParams(Object.entries(range).map(([k, v]) => [k, String(v)]));
    const response = await this.ask(`/api/v1/records?${query}`);
    const items = cbor.sequence(await readAll(response, maxPage), maxPage).map((bytes) => ({ bytes, item: readItem(bytes) }));
    // What is no item has the place of the one before it, or else of the next, so that the pages around it stay in reach.
    let seq = items.find(({ item }) => item)?.item?.seq ?? 0;
    return items.map(({ bytes, item }) => {
      seq = item?.seq ?? seq;
      return item ?? unread(bytes, seq);
    });
  }

  /** ciphertext of one piece of media of a record; null when it was not uploaded yet. Reads at most a byte too much. */
  async ciphertext(seq: number, media: Media): Promise<Bytes | null> {
    const response = await this.ask(`/api/v1/records/${seq}/media/${hex(media.hash)}`, {}, [404]);
    return response.status === 404 ? null : readUpTo(response, media.size + 1);
  }

  /** certificate of that SHA-256, or null. It proves nothing. */
  async certificate(x5t: string): Promise<Bytes | null> {
    const response = await this.ask(`/api/v1/certificates/${x5t}`, {}, [404]);
    return response.status === 404 ? null : readAll(response, maxCertificate);
  }

  async presence(): Promise<Presence[]> {
    const list: unknown = JSON.parse(new TextDecoder().decode(await readAll(await this.ask("/api/v1/status"), maxAnswer)));
    return Array.isArray(list) ? list.map(parsePresence) : [];
  }

  /** fleet is the CA whose hash is pinned, whoever delivers it. */
  fleet(): Promise<Fleet> {
    this.opened ??= this.openFleet().catch((err: unknown) => {
      this.opened = undefined; // asked again
      throw err;
    });
    return this.opened;
  }

  private async openFleet(): Promise<Fleet> {
    const pinned = await this.cloud();
    const der = await readAll(await this.plain("/api/v1/fleet", {}), maxCertificate);
    try {
      return await openFleet(der, pinned);
    } catch (err) {
      throw new CloudError(502, (err as Error).message);
    }
  }

  /** revocations is the fleet's list; a cloud that has none has none. */
  async revocations(): Promise<RevocationList> {
    const response = await this.plain("/api/v1/crl", {}, [404]);
    return response.status === 404 ? noneRevoked : parseCrl(await readAll(response, maxCrl), await this.fleet());
  }

  /** offers, and the two after it, are empty of a cloud that carries no changes of owners: it still has records. */
  async offers(): Promise<OfferItem[]> {
    return (await this.list("/api/v1/offers")).flatMap((bytes) => readOffer(bytes) ?? []);
  }

  /** policies are the newest of each camera of this owner, and of each that names this key as a viewer. */
  async policies(): Promise<Bytes[]> {
    return (await this.list("/api/v1/policies")).flatMap((bytes) => readBytes(bytes) ?? []);
  }

  async ownership(): Promise<OwnershipWord[]> {
    const response = await this.ask("/api/v1/ownership", {}, [404]);
    const list: unknown = response.status === 404 ? [] : JSON.parse(new TextDecoder().decode(await readAll(response, maxList)));
    return Array.isArray(list) ? list.flatMap((o) => readOwnership(o) ?? []) : [];
  }

  /** send gives the cloud what the owner has signed; it throws a CloudError of status 409 for what is older than what is there. */
  async send(what: Sent, statement: Bytes): Promise<void> {
    await this.ask(`/api/v1/${what}`, { method: "POST", body: statement });
  }

  /** answerJoin leaves the sealed answer to a join card for the browser that waits for it. */
  async answerJoin(id: string, answer: Bytes): Promise<void> {
    await this.ask(`/api/v1/join/${id}`, { method: "PUT", body: answer });
  }

  private async list(path: string): Promise<Uint8Array[]> {
    const response = await this.ask(path, {}, [404]);
    return response.status === 404 ? [] : cbor.sequence(await readAll(response, maxList), maxList);
  }

  /** live carries a signed viewer request to the camera and its signed answer back. */
  async live(request: Bytes, signal: AbortSignal): Promise<Bytes> {
    return readAll(await this.ask("/api/v1/live", { method: "POST", body: request, signal }), maxAnswer);
  }

  /** stream follows the owner's records after `seq` until the connection ends, and then returns or throws. */
  async stream(after: number, on: StreamHandlers, signal: AbortSignal): Promise<void> {
    const connection = new AbortController();
    const abort = () => connection.abort();
    signal.addEventListener("abort", abort);
    let silence = setTimeout(abort, silenceMs);
    try {
      const headers = { Accept: "text/event-stream" };
      const response = await this.ask(`/api/v1/stream?after=${after}`, { headers, signal: connection.signal });
      on.opened();
      const reader = new EventReader();
      const decoder = new TextDecoder();
      for await (const piece of pieces(response)) {
        clearTimeout(silence);
        silence = setTimeout(abort, silenceMs);
        for (const { event, data, id } of reader.push(decoder.decode(piece, { stream: true }))) {
          if (event === "record") on.record(streamed(data, Number(id)));
          else if (event === "media") on.media(Number(JSON.parse(data).seq), String(JSON.parse(data).sha256));
          else if (event === "status") on.presence(parsePresence(JSON.parse(data)));
          else this.owned(event, data, on);
        }
      }
    } finally {
      clearTimeout(silence);
      signal.removeEventListener("abort", abort);
      connection.abort();
    }
  }

  /** owned passes on what is about ownership, if it is something. */
  private owned(event: string, data: string, on: StreamHandlers): void {
    if (event === "offer") {
      const offer = readOffer(fromBase64(data));
      if (offer) on.offer(offer);
    } else if (event === "ownership") {
      const word = readOwnership(JSON.parse(data));
      if (word) on.ownership(word);
    } else if (event === "policy") on.policy(fromBase64(data));
  }

  /** ask sends the token, and logs in anew once when it is not taken any more. */
  private async ask(path: string, init: RequestInit = {}, also: number[] = []): Promise<Response> {
    if (!this.token) await this.logIn();
    const withToken = (): RequestInit => ({ ...init, headers: { ...init.headers, Authorization: `Bearer ${this.token}` } });
    const sent = this.token;
    try {
      return await this.plain(path, withToken(), also);
    } catch (err) {
      if (!(err instanceof CloudError) || err.status !== 401) throw err;
      if (this.token === sent) await this.logIn(); // else another request has done so meanwhile
      return this.plain(path, withToken(), also);
    }
  }

  private plain(path: string, init: RequestInit, also: number[] = []): Promise<Response> {
    return plain(this.base + path, init, also);
  }
}
