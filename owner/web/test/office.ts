// The part of the tests' cloud that carries what changes of owners need, without looking inside.

import type { ServerResponse } from "node:http";
import { cbor } from "./cbor.ts";

export interface Word {
  device: string;
  epoch: number;
  state: string;
  since: number;
  until?: number;
  evidence?: string;
}

export class Office {
  fleet: Uint8Array | undefined; // DER
  crl: Uint8Array | undefined;
  offers: { raw: Uint8Array; received: number }[] = [];
  policies: Uint8Array[] = [];
  words: Word[] = [];
  readonly sent: { what: string; raw: Uint8Array<ArrayBuffer> }[] = [];
  /** answers says what becomes of what an owner sends: a status, 202 if nothing. */
  answers: (what: string, raw: Uint8Array<ArrayBuffer>) => Promise<number | void> | number | void = () => undefined;

  constructor(private readonly tell: (event: string, data: string) => void) {}

  offer(raw: Uint8Array, received = Date.now()): void {
    this.offers.push({ raw, received });
    this.tell("offer", base64(cbor([received, raw])));
  }

  policy(raw: Uint8Array): void {
    this.policies.push(raw);
    this.tell("policy", base64(raw));
  }

  word(word: Word): void {
    this.words = [...this.words.filter((w) => w.device !== word.device || w.epoch !== word.epoch), word];
    this.tell("ownership", JSON.stringify(word));
  }

  /** open answers what needs no session. */
  open(path: string, a: ServerResponse): boolean {
    const der = { "/api/v1/fleet": this.fleet, "/api/v1/crl": this.crl }[path];
    if (path !== "/api/v1/fleet" && path !== "/api/v1/crl") return false;
    if (der) a.end(der);
    else a.writeHead(404).end(JSON.stringify({ error: "not there" }));
    return true;
  }

  async serve(method: string, path: string, body: () => Promise<Uint8Array>, a: ServerResponse): Promise<boolean> {
    const what = /^\/api\/v1\/(offers|grants|policies|releases|lost|ownership)$/.exec(path)?.[1];
    if (!what) return false;
    if (method === "POST") {
      const raw = new Uint8Array(await body());
      const status = (await this.answers(what, raw)) ?? 202;
      if (status === 202) this.sent.push({ what, raw });
      if (status === 202 && what === "policies") this.policies.push(raw);
      a.writeHead(status).end(status === 202 ? "" : JSON.stringify({ error: "it is not taken" }));
    } else if (what === "offers") a.end(Buffer.concat(this.offers.map((o) => cbor([o.received, o.raw]))));
    else if (what === "policies") a.end(Buffer.concat(this.policies.map((p) => cbor(p))));
    else a.end(JSON.stringify(this.words));
    return true;
  }
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}
