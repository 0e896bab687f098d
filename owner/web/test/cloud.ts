// A stand-in for cloud and owner's machine, at the boundary: it carries what tests give it, without looking inside.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { readFileSync } from "node:fs";
import { hex, sha256 } from "../src/bytes.ts";
import * as decoder from "../src/cbor.ts";
import { parse } from "../src/statement.ts";
import { cbor, join as joined } from "./cbor.ts";
import type { TestOwner } from "./kit.ts";
import { Office } from "./office.ts";

const types: Record<string, string> = { html: "text/html; charset=utf-8", js: "text/javascript", css: "text/css", svg: "image/svg+xml" };
// The page is tested under the policies that it is served with.
const goSource = readFileSync("web.go", "utf8");
const goText = (name: string) => new RegExp(`${name} = ((?:"[^"]*"[\\s+]*)+)`).exec(goSource)![1]!.replaceAll(/"[\s+]*"|^"|"\s*$/g, "");
const policies = { "Content-Security-Policy": goText("contentSecurityPolicy"), "Permissions-Policy": goText("permissionsPolicy") };

interface Kept {
  seq: number;
  raw: Uint8Array;
  received: number;
}

export class FakeCloud {
  readonly records: Kept[] = [];
  readonly media = new Map<string, Uint8Array>();
  readonly certificates = new Map<string, Uint8Array>();
  readonly presence = new Map<string, { online: boolean; since: number }>();
  readonly codes = new Map<string, TestOwner>();
  readonly asked: string[] = []; // paths that were asked for, in order
  readonly spoilt = new Map<number, Uint8Array>(); // what pages hold instead of an item, by seq
  fleet = "c1".repeat(32); // SHA-256 of its CA
  served: "owner" | "cloud" = "owner"; // who serves the page
  readonly answers = new Map<string, Uint8Array>(); // to join cards, by their id
  readonly office = new Office((event, data) => this.send(event, data));
  login: Uint8Array | undefined; // the last one
  down = false;
  mute = false; // streams say nothing
  onLive: (request: Buffer) => Promise<Uint8Array> = async () => Promise.reject(new Error("no camera"));
  private streams = new Set<ServerResponse>();
  private server: Server;
  private token = 0;

  constructor() {
    this.server = createServer((q, a) => void this.serve(q, a).catch((err) => a.writeHead(500).end(JSON.stringify({ error: String(err) }))));
  }

  async listen(): Promise<string> {
    await new Promise<void>((done) => this.server.listen(0, "127.0.0.1", done));
    return `http://localhost:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }

  /** deliver puts a record into the owner's stream, whatever it is. */
  deliver(raw: Uint8Array, received = Date.now()): number {
    const kept = { seq: this.records.length + 1, raw, received };
    this.records.push(kept);
    this.send("record", Buffer.from(cbor(item(kept))).toString("base64"), kept.seq);
    return kept.seq;
  }

  /** garble sends an item that is none. */
  garble(): void {
    this.send("record", Buffer.from("nonsense").toString("base64"), this.records.length);
  }

  /** upload makes media available, and says so. */
  async upload(seq: number, ciphertext: Uint8Array): Promise<void> {
    const hash = hex(await sha256(new Uint8Array(ciphertext)));
    this.media.set(hash, ciphertext);
    this.send("media", JSON.stringify({ seq, sha256: hash }));
  }

  setPresence(device: string, online: boolean, since = Date.now()): void {
    this.presence.set(device, { online, since });
    this.send("status", JSON.stringify({ device, online, since }));
  }

  /** hangUp ends all streams, as a cloud does that restarts. */
  hangUp(): void {
    for (const stream of this.streams) stream.destroy();
  }

  /** forgetSessions has every page log in anew. */
  forgetSessions(): void {
    this.token++;
  }

  private send(event: string, data: string, id?: number): void {
    if (this.mute) return;
    for (const stream of this.streams) stream.write(`event: ${event}\n${id === undefined ? "" : `id: ${id}\n`}data: ${data}\n\n`);
  }

  private async serve(q: IncomingMessage, a: ServerResponse): Promise<void> {
    const url = new URL(q.url!, "http://localhost");
    this.asked.push(url.pathname);
    for (const [name, value] of Object.entries(policies)) a.setHeader(name, value);
    const json = (value: unknown, status = 200) => a.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(value));
    const bytes = (value: Uint8Array | undefined) => (value ? a.writeHead(200).end(value) : json({ error: "not there" }, 404));
    if (url.pathname === "/config.json") return void json({ served: this.served, cloud: this.fleet });
    if (url.pathname === "/handover") {
      const { code } = JSON.parse((await body(q)).toString()) as { code: string };
      const owner = this.codes.get(code);
      this.codes.delete(code);
      if (!owner) return void json({ error: "unknown code" }, 404);
      return void json({ seed: Buffer.from(owner.seed).toString("base64url"), root: Buffer.from(owner.rootDer).toString("base64url") });
    }
    if (!url.pathname.startsWith("/api/")) return this.file(url.pathname, a);
    if (this.down) return void json({ error: "the cloud is not reachable from here" }, 502);
    if (url.pathname === "/api/v1/challenge") return void json({ nonce: Buffer.alloc(32, 7).toString("base64url") });
    if (url.pathname === "/api/v1/session" && q.method === "POST") {
      this.login = new Uint8Array(await body(q));
      const told = decoder.decode(parse(this.login, 65536).payload, 65536) as Map<number, decoder.Value>;
      return void json({ token: `t${++this.token}`, owner: hex(decoder.bytes(told.get(1), "owner", 32)), expires: Date.now() / 1000 + 3600 });
    }
    if (this.office.open(url.pathname, a)) return;
    const join = /^\/api\/v1\/join\/([0-9a-f]{64})$/.exec(url.pathname)?.[1];
    if (join && q.method === "GET") {
      const answer = this.answers.get(join);
      this.answers.delete(join);
      return void bytes(answer);
    }
    if (q.headers.authorization !== `Bearer t${this.token}`) return void json({ error: "no session" }, 401);
    if (join && q.method === "PUT") {
      this.answers.set(join, await body(q));
      return void a.writeHead(204).end();
    }
    if (await this.office.serve(q.method!, url.pathname, () => body(q), a)) return;
    if (url.pathname === "/api/v1/records") return void a.end(joined(...this.page(url.searchParams).map((k) => this.spoilt.get(k.seq) ?? cbor(item(k)))));
    if (url.pathname === "/api/v1/status") return void json([...this.presence].map(([device, p]) => ({ device, ...p })));
    if (url.pathname === "/api/v1/stream") return this.stream(Number(url.searchParams.get("after")), a);
    if (url.pathname === "/api/v1/live") return void a.end(await this.onLive(await body(q)));
    const media = /^\/api\/v1\/records\/\d+\/media\/([0-9a-f]{64})$/.exec(url.pathname);
    if (media) return void bytes(this.media.get(media[1]!));
    const certificate = /^\/api\/v1\/certificates\/([0-9a-f]{64})$/.exec(url.pathname);
    if (certificate) return void bytes(this.certificates.get(certificate[1]!));
    json({ error: "no such path" }, 404);
  }

  private page(query: URLSearchParams): Kept[] {
    const limit = Number(query.get("limit"));
    const after = query.get("after");
    if (after !== null) return this.records.filter((k) => k.seq > Number(after)).slice(0, limit);
    const before = Number(query.get("before") ?? Infinity);
    return this.records.filter((k) => k.seq < before).slice(-limit);
  }

  private stream(after: number, a: ServerResponse): void {
    a.writeHead(200, { "Content-Type": "text/event-stream" }).write(": hello\n\n");
    for (const kept of this.records.filter((k) => k.seq > after)) {
      a.write(`event: record\nid: ${kept.seq}\ndata: ${Buffer.from(cbor(item(kept))).toString("base64")}\n\n`);
    }
    this.streams.add(a);
    a.on("close", () => this.streams.delete(a));
  }

  private file(path: string, a: ServerResponse): void {
    const name = path === "/" ? "index.html" : path.slice(1);
    try {
      if (!/^[a-z.-]+$/i.test(name)) throw new Error("no");
      const contents = readFileSync(`dist/${name}`);
      a.writeHead(200, { "Content-Type": types[name.split(".").pop()!] ?? "text/plain" }).end(contents);
    } catch {
      a.writeHead(404).end();
    }
  }
}

function item(k: Kept): [number, Uint8Array, number] {
  return [k.seq, k.raw, k.received];
}

async function body(q: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of q) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
