// A fleet for browser tests and for looking at the page: an owner, cameras, events with clips, all signed and sealed.

import { uuid } from "../src/bytes.ts";
import type { Item } from "./cbor.ts";
import type { FakeCloud } from "./cloud.ts";
import { random, TestCamera, TestOwner } from "./kit.ts";
import { part } from "./mux.ts";
import { walkerBox } from "./scene.ts";

const frameMs = 200;
const preRollMs = 2000;

export interface Told {
  event: Uint8Array<ArrayBuffer>;
  id: string;
}

export class Stage {
  constructor(
    readonly cloud: FakeCloud,
    readonly owner: TestOwner,
    readonly frames: Uint8Array<ArrayBuffer>[],
  ) {}

  async camera(name: string | string[], generated: boolean, wallMs = Date.now(), online = true): Promise<TestCamera> {
    const camera = await TestCamera.make(this.owner);
    this.cloud.certificates.set(Buffer.from(await camera.x5t()).toString("hex"), camera.certificate);
    await this.send(camera, await camera.online(name, generated, wallMs), wallMs);
    this.cloud.setPresence(uuid(camera.device), online, wallMs);
    return camera;
  }

  /** send delivers a record with the small media that its camera has sealed so far. */
  async send(camera: TestCamera, raw: Uint8Array, received = Date.now()): Promise<number> {
    for (const [hash, ciphertext] of camera.media) if (ciphertext.length <= 65536) this.cloud.media.set(hash, ciphertext);
    return this.cloud.deliver(raw, received);
  }

  async started(camera: TestCamera, wallMs: number, reason = "motion", more: [number, Item][] = []): Promise<Told> {
    const event = random(16);
    const media = await this.small(camera, event, [[3, 412], [4, reason], [5, [this.box(500)]], ...more], 500);
    await this.send(camera, await camera.sign(camera.body(3, [[9, event], [11, media]], wallMs)), wallMs + 300);
    return { event, id: Buffer.from(event).toString("hex") };
  }

  /** part seals a piece of the clip of 2 s, and uploads it unless told otherwise; then `upload` does so later. */
  async part(camera: TestCamera, told: Told, index: number, wallMs: number, upload = true): Promise<{ hash: string; upload: () => Promise<void> }> {
    const perPart = 2000 / frameMs;
    const first = (index * perPart) % this.frames.length;
    const pieces = Array.from({ length: perPart }, (_, i) => this.frames[(first + i) % this.frames.length]!);
    const from = 2000 * index - preRollMs;
    const media = await camera.seal({ kind: 3, plaintext: part(pieces, frameMs, 2000 * index), mime: "video/mp4", span: [from, from + 2000], index });
    const raw = await camera.sign(camera.body(4, [[9, told.event], [11, [media]]], wallMs));
    const hash = Buffer.from((media as Map<Item, Item>).get(2) as Uint8Array).toString("hex");
    const ciphertext = camera.media.get(hash)!;
    const seq = this.cloud.deliver(raw, wallMs + 300);
    const later = () => this.cloud.upload(seq, ciphertext);
    if (upload) await later();
    return { hash, upload: later };
  }

  async ended(camera: TestCamera, told: Told, wallMs: number, lengthMs: number, reason = "motion", zone?: string): Promise<void> {
    const boxes = Array.from({ length: 10 }, (_, k) => this.box(Math.floor((k * lengthMs) / 10)));
    const media = await this.small(camera, told.event, [[3, 731], [4, reason], [5, boxes], ...(zone ? ([[6, zone]] as [number, Item][]) : []), [8, [0, lengthMs]]], Math.floor(lengthMs / 2));
    await this.send(camera, await camera.sign(camera.body(5, [[9, told.event], [11, media]], wallMs)), wallMs + 300);
  }

  async whole(camera: TestCamera, wallMs: number, parts: number, reason = "motion", zone?: string): Promise<Told> {
    const told = await this.started(camera, wallMs, reason);
    for (let i = 0; i < parts; i++) await this.part(camera, told, i, wallMs + 2000 * i);
    await this.ended(camera, told, wallMs + 2000 * parts, 2000 * parts - 2000, reason, zone);
    return told;
  }

  /** tamper tells what was done to a camera outside of events, with a picture. */
  async tamper(camera: TestCamera, wallMs: number, reason: string): Promise<void> {
    const media = [
      await camera.seal({ kind: 1, plaintext: this.frames[0]!, mime: "image/jpeg", span: [0, 0] }),
      await camera.seal({ kind: 2, plaintext: camera.facts([[4, reason]]), mime: "application/cbor" }),
    ];
    await this.send(camera, await camera.sign(camera.body(7, [[11, media]], wallMs)), wallMs + 300);
  }

  /** frameAt is the number of the frame that clips show at a time of the event: they begin 2 s before it, and go round. */
  private frameAt(atMs: number): number {
    return Math.floor((atMs + preRollMs) / frameMs) % this.frames.length;
  }

  private box(atMs: number): [number, number, number, number, number] {
    return walkerBox(this.frameAt(atMs), this.frames.length, atMs);
  }

  private async small(camera: TestCamera, event: Uint8Array, facts: [number, Item][], atMs: number): Promise<Item[]> {
    return [
      await camera.seal({ kind: 1, plaintext: this.frames[this.frameAt(atMs)]!, mime: "image/jpeg", span: [atMs, atMs] }),
      await camera.seal({ kind: 2, plaintext: camera.facts(facts, event), mime: "application/cbor" }),
    ];
  }
}
