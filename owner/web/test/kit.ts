// Owners and cameras for tests: real keys, real signatures, real certificates, real age files.

import "reflect-metadata";
import * as x509 from "@peculiar/x509";
import { Encrypter, identityToRecipient } from "age-encryption";
import { own, sha256, uuid } from "../src/bytes.ts";
import { openRoot, type Root } from "../src/certificate.ts";
import { deriveOwner, type OwnerKeys } from "../src/owner.ts";
import { cbor, head, type Item, join } from "./cbor.ts";

x509.cryptoProvider.set(crypto);
export const ec = { name: "ECDSA", namedCurve: "P-256" };
export const es256 = { name: "ECDSA", hash: "SHA-256" };
const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
export const forever = { notBefore: new Date("2020-01-01T00:00:00Z"), notAfter: new Date("9999-12-31T23:59:59Z") };

export function random(size: number): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(size));
}

/** signed makes a COSE_Sign1 by hand; `low` false gives the other, refused encoding of the same signature. */
export async function signed(header: Item, body: Uint8Array, purpose: string, key: CryptoKey, low = true): Promise<Uint8Array<ArrayBuffer>> {
  const protect = cbor(header);
  const tbs = cbor(["Signature1", protect, new TextEncoder().encode(purpose), body]);
  const signature = new Uint8Array(await crypto.subtle.sign(es256, key, tbs));
  const s = BigInt("0x" + Buffer.from(signature.subarray(32)).toString("hex"));
  if (s > order / 2n === low) signature.set(Buffer.from((order - s).toString(16).padStart(64, "0"), "hex"), 32);
  return join(head(6, 18), cbor([protect, new Map(), body, signature]));
}

/** TestOwner is derived from a seed as the page derives it; its root is made here. */
export class TestOwner {
  private constructor(
    readonly seed: Uint8Array<ArrayBuffer>,
    readonly keys: OwnerKeys,
    readonly rootDer: Uint8Array<ArrayBuffer>,
    readonly root: Root,
    readonly recipient: string,
  ) {}

  static async make(seed = random(32)): Promise<TestOwner> {
    const keys = await deriveOwner(own(seed));
    const publicKey = await crypto.subtle.importKey("spki", keys.spki, ec, true, ["verify"]);
    const cert = await x509.X509CertificateGenerator.create({
      serialNumber: "01",
      subject: "CN=Signet owner",
      issuer: "CN=Signet owner",
      ...forever,
      signingAlgorithm: es256,
      publicKey,
      signingKey: keys.signing,
      extensions: [new x509.BasicConstraintsExtension(true, 0, true), new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true)],
    });
    const der = own(new Uint8Array(cert.rawData));
    return new TestOwner(seed, keys, der, await openRoot(der, keys.id), await identityToRecipient(keys.picture));
  }

  /** certify issues an event certificate; `extra` may spoil it. */
  async certify(key: CryptoKey, device: Uint8Array, epoch: bigint, extra: { ca?: boolean; uri?: string; usage?: number; critical?: string; issuer?: string; level?: string } = {}): Promise<Uint8Array<ArrayBuffer>> {
    const extensions: x509.Extension[] = [
      new x509.BasicConstraintsExtension(extra.ca ?? false, undefined, true),
      new x509.KeyUsagesExtension(extra.usage ?? x509.KeyUsageFlags.digitalSignature, true),
      new x509.SubjectAlternativeNameExtension([{ type: "url", value: extra.uri ?? `urn:uuid:${uuid(device)}` }]),
    ];
    if (extra.critical) extensions.push(new x509.Extension(extra.critical, true, new Uint8Array([5, 0])));
    const cert = await x509.X509CertificateGenerator.create({
      serialNumber: "02",
      subject: `${extra.level ?? "OU=key in a file"}, CN=Signet event key, 2.5.4.5=${epoch}`,
      issuer: extra.issuer ?? "CN=Signet owner",
      ...forever,
      signingAlgorithm: es256,
      publicKey: key,
      signingKey: this.keys.signing,
      extensions,
    });
    return own(new Uint8Array(cert.rawData));
  }
}

/** cameraFacts describes one camera of a device, by its number. */
export function cameraFacts(name: string, number = 0, generated = false): Item {
  return new Map<Item, Item>([[1, name], [2, "generated"], [3, "MJPG"], [4, 1280], [5, 720], [6, 14992], [7, generated], [8, number]]);
}

export interface Sealed {
  kind: 1 | 2 | 3;
  plaintext: Uint8Array;
  mime: string;
  span?: [number, number];
  index?: number;
}

/** TestCamera signs records for one owner; every record gets the next position. */
export class TestCamera {
  n = 0n;
  recipient: string; // of what it seals
  readonly media = new Map<string, Uint8Array<ArrayBuffer>>(); // ciphertext by hash

  constructor(
    readonly owner: TestOwner,
    readonly device: Uint8Array<ArrayBuffer>,
    readonly epoch: bigint,
    readonly key: CryptoKeyPair,
    readonly certificate: Uint8Array<ArrayBuffer>,
    public boot = 1n,
  ) {
    this.recipient = owner.recipient;
  }

  static async make(owner: TestOwner, device = random(16), epoch = 1n): Promise<TestCamera> {
    const key = await crypto.subtle.generateKey(ec, true, ["sign", "verify"]);
    return new TestCamera(owner, device, epoch, key, await owner.certify(key.publicKey, device, epoch));
  }

  async x5t(): Promise<Uint8Array<ArrayBuffer>> {
    return sha256(this.certificate);
  }

  async header(): Promise<Item> {
    return new Map<Item, Item>([[1, -7], [34, [-16, await this.x5t()]]]);
  }

  /** body returns a record of the next position, as a map to change at will. */
  body(type: number, more: [number, Item][] = [], wallMs = Date.now()): Map<Item, Item> {
    return new Map<Item, Item>([
      [0, 1], [1, this.device], [2, this.owner.keys.id], [3, this.epoch], [4, [this.boot, this.n++]],
      [5, new Uint8Array(16).fill(Number(this.boot))], [6, wallMs % 100000000], [7, [wallMs, 2]], [8, type], [10, 1], [12, new Uint8Array(32)],
      ...more,
    ]);
  }

  async sign(body: Map<Item, Item>): Promise<Uint8Array<ArrayBuffer>> {
    return signed(await this.header(), cbor(body), "signet/v1 record", this.key.privateKey);
  }

  /** seal encrypts to the owner, keeps the ciphertext, and returns the entry of the media list. */
  async seal(s: Sealed, recipient = this.recipient): Promise<Item> {
    const encrypter = new Encrypter();
    encrypter.addRecipient(recipient);
    const ciphertext = own(await encrypter.encrypt(s.plaintext));
    const hash = await sha256(ciphertext);
    this.media.set(Buffer.from(hash).toString("hex"), ciphertext);
    const entry = new Map<Item, Item>([[1, s.kind], [2, hash], [3, ciphertext.length], [4, s.mime]]);
    if (s.span) entry.set(5, s.span);
    if (s.index !== undefined) entry.set(6, s.index);
    return entry;
  }

  facts(more: [number, Item][], event?: Uint8Array): Uint8Array {
    return cbor(new Map<Item, Item>([[0, 1], [1, this.device], ...(event ? ([[2, event]] as [number, Item][]) : []), ...more]));
  }

  /** online carries the certificates, and the name of each camera sealed. */
  async online(name: string | string[], generated: boolean, wallMs = Date.now(), more: [number, Item][] = []): Promise<Uint8Array<ArrayBuffer>> {
    const facts: Item[] = [];
    for (const [number, one] of [name].flat().entries()) {
      facts.push(await this.seal({ kind: 2, plaintext: this.facts([[7, cameraFacts(one, number, generated)]]), mime: "application/cbor" }));
    }
    return this.sign(this.body(2, [[11, facts], [15, [this.certificate, this.owner.rootDer]], ...more], wallMs));
  }
}
