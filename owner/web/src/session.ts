// What the page asks of the cloud (docs/protocol.md). A session is the proof of an owner key; its token stays in this
// object. Whatever the cloud answers is material for verify.ts, never an instruction.

import { type Bytes, concat, fromBase64, fromHex, hex, own } from "./bytes.ts";
import * as cbor from "./cbor.ts";
import type { OwnerKeys } from "./owner.ts";
import { maxCertificate, sign } from "./statement.ts";
import type { Media } from "./record.ts";
import { EventReader } from "./sse.ts";

/** Item is a record as the cloud delivers it: unverified bytes, their number in the owner's stream, when it came. */
export interface Item {
  readonly seq: number;
  readonly raw: Bytes;
  readonly receivedMs: number;
}

/** Presence is the cloud's word, unsigned. */
export interface Presence {
  readonly device: string;
  readonly online: boolean;
  readonly since: number;
}

export interface StreamHandlers {
  opened(): void;
  record(item: Item): void;
  media(seq: number, sha256: string): void;
  presence(p: Presence): void;
}

/** CloudError is an answer that is not the one that was asked for. */
export class CloudError extends Error {
  constructor(
    readonly status: number, // 0: no answer at all
    message: string,
    readonly hint = "",
  ) {
    super(message);
  }

  /** Unreachable clouds are tried again; the others have said something. */
  get unreachable(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

const maxPage = 16 << 20; // bytes of a page of records
const maxAnswer = 64 << 10; // bytes of small answers
const silenceMs = 45_000; // the cloud writes a comment every 15 s

export class Session {
  private token = "";
  private loggingIn: Promise<void> | undefined;

  constructor(
    private readonly keys: OwnerKeys,
    private readonly origin: string,
    private readonly base = "",
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
  private async cloud(): Promise<Bytes> {
    const { cloud } = await json(await this.plain("/config.json", {}));
    if (typeof cloud !== "string" || !/^[0-9a-f]{64}$/.test(cloud)) throw new CloudError(502, "whoever serves this page does not say which cloud it is");
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
        }
      }
    } finally {
      clearTimeout(silence);
      signal.removeEventListener("abort", abort);
      connection.abort();
    }
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

  private async plain(path: string, init: RequestInit, also: number[] = []): Promise<Response> {
    let response: Response;
    try {
      response = await fetch(this.base + path, { ...init, cache: "no-store", credentials: "omit", redirect: "error" });
    } catch (err) {
      if (init.signal?.aborted) throw err;
      throw new CloudError(0, "the cloud cannot be reached");
    }
    if (response.ok || also.includes(response.status)) return response;
    const said = await json(response).catch(() => ({}) as Record<string, unknown>);
    throw new CloudError(response.status, String(said["error"] ?? `the cloud answered ${response.status}`), String(said["hint"] ?? ""));
  }
}

/** readItem returns null for what is no item. */
function readItem(bytes: Uint8Array): Item | null {
  try {
    const [seq, raw, received] = cbor.list(cbor.decode(bytes, bytes.length), "item", 3, 3);
    return {
      seq: cbor.small(seq, "seq", Number.MAX_SAFE_INTEGER),
      raw: cbor.bytesUpTo(raw, "record", maxPage), // the gate refuses and counts what is too large
      receivedMs: cbor.small(received, "received", Number.MAX_SAFE_INTEGER),
    };
  } catch {
    return null;
  }
}

function streamed(base64: string, id: number): Item {
  const bytes = fromBase64(base64);
  return readItem(bytes) ?? unread(bytes, id);
}

/** unread passes on what is no item: the gate refuses and counts it, and what follows is not held up. */
function unread(bytes: Uint8Array, seq: number): Item {
  return { seq: Number.isSafeInteger(seq) ? seq : 0, raw: own(bytes), receivedMs: Date.now() };
}

function parsePresence(value: Record<string, unknown>): Presence {
  return { device: String(value["device"]), online: value["online"] === true, since: Number(value["since"]) };
}

async function json(response: Response): Promise<Record<string, unknown>> {
  const value: unknown = JSON.parse(new TextDecoder().decode(await readAll(response, maxAnswer)));
  if (typeof value !== "object" || value === null) throw new CloudError(502, "the cloud's answer is not understood");
  return value as Record<string, unknown>;
}

/** readAll reads at most `limit` bytes, whatever the headers say; one more is an error. */
async function readAll(response: Response, limit: number): Promise<Bytes> {
  const bytes = await readUpTo(response, limit + 1);
  if (bytes.length > limit) throw new CloudError(502, `the cloud sent more than the ${limit} bytes that were asked for`);
  return bytes;
}

/** readUpTo stops reading after `limit` bytes. */
async function readUpTo(response: Response, limit: number): Promise<Bytes> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const piece of pieces(response)) {
    chunks.push(piece.subarray(0, limit - size));
    size += chunks.at(-1)!.length;
    if (size === limit) break;
  }
  return concat(...chunks);
}

async function* pieces(response: Response): AsyncGenerator<Uint8Array> {
  const reader = response.body?.getReader();
  if (!reader) return;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
