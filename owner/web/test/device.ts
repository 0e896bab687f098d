// A fleet and its devices for tests: what a camera makes and signs when it changes hands, made here by hand.

import "reflect-metadata";
import * as x509 from "@peculiar/x509";
import { Encrypter } from "age-encryption";
import { own, sha256, uuid } from "../src/bytes.ts";
import { type ClaimCode, proofOf } from "../src/code.ts";
import { type Fleet, openFleet } from "../src/fleet.ts";
import { fromX25519, recipientOf, toX25519 } from "../src/recipient.ts";
import { cbor, type Item } from "./cbor.ts";
import { ec, es256, forever, random, signed, TestCamera, type TestOwner } from "./kit.ts";

type B = Uint8Array<ArrayBuffer>;

export class TestFleet {
  private constructor(
    readonly key: CryptoKeyPair,
    readonly der: B,
    readonly hash: B,
    readonly fleet: Fleet,
  ) {}

  static async make(name = "Test fleet"): Promise<TestFleet> {
    const key = await crypto.subtle.generateKey(ec, true, ["sign", "verify"]);
    const cert = await x509.X509CertificateGenerator.createSelfSigned({
      serialNumber: "01",
      name: `CN=${name}`,
      ...forever,
      signingAlgorithm: es256,
      keys: key,
      extensions: [
        new x509.BasicConstraintsExtension(true, 0, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
        await x509.SubjectKeyIdentifierExtension.create(key.publicKey),
      ],
    });
    const der = own(new Uint8Array(cert.rawData));
    const hash = await sha256(der);
    return new TestFleet(key, der, hash, await openFleet(der, hash));
  }

  /** revoke makes a revocation list of these serial numbers. */
  async revoke(serials: string[], by = this.key.privateKey, extensions: x509.Extension[] = []): Promise<B> {
    const crl = await x509.X509CrlGenerator.create({
      issuer: new x509.X509Certificate(this.der).subjectName,
      thisUpdate: new Date(),
      nextUpdate: new Date("9999-12-31T23:59:59Z"),
      entries: serials.map((serialNumber) => ({ serialNumber, revocationDate: new Date() })),
      signingAlgorithm: es256,
      signingKey: by,
      extensions: [new x509.AuthorityKeyIdentifierExtension(this.fleet.keyId), ...extensions],
    });
    return own(new Uint8Array(crl.rawData));
  }
}

/** OfferChange spoils an offer, or makes it a renewal. */
export interface OfferChange {
  owner?: B;
  epoch?: bigint;
  renews?: B;
  view?: B | null; // null: no picture
  device?: B;
  level?: string; // of the event key
}

/** Offered is an offer, and what the camera keeps of it. */
export interface Offered {
  readonly raw: B;
  readonly message: B;
  readonly hash: B;
  readonly event: CryptoKeyPair;
  readonly settings: CryptoKeyPair;
}

export class TestDevice {
  private constructor(
    readonly id: B,
    readonly key: CryptoKeyPair,
    readonly certificate: B,
    readonly serial: string,
  ) {}

  static async make(fleet: TestFleet, id = random(16), level = "key in a TPM 2.0"): Promise<TestDevice> {
    const key = await crypto.subtle.generateKey(ec, true, ["sign", "verify"]);
    const serial = "5" + Buffer.from(random(7)).toString("hex").slice(1);
    const cert = await x509.X509CertificateGenerator.create({
      serialNumber: serial,
      subject: `OU=${level}, CN=Signet camera`,
      issuer: new x509.X509Certificate(fleet.der).subjectName,
      ...forever,
      signingAlgorithm: es256,
      publicKey: key.publicKey,
      signingKey: fleet.key.privateKey,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth]),
        new x509.SubjectAlternativeNameExtension([{ type: "url", value: `urn:uuid:${uuid(id)}` }]),
      ],
    });
    return new TestDevice(id, key, own(new Uint8Array(cert.rawData)), serial);
  }

  private get header(): Item {
    return new Map<Item, Item>([[1, -7], [33, this.certificate]]);
  }

  /** answer makes the offer to a code, with a view if there is a picture. */
  async answer(code: ClaimCode, picture: B | null, change: OfferChange = {}): Promise<Offered> {
    const view = change.view !== undefined ? change.view : picture && (await sealTo(fromX25519(code.picture), picture));
    return this.offer({ owner: code.owner, ...change, view }, code.secret);
  }

  async offer(change: OfferChange & { owner: B }, secret?: B): Promise<Offered> {
    const event = await crypto.subtle.generateKey(ec, true, ["sign", "verify"]);
    const settings = (await crypto.subtle.generateKey({ name: "X25519" }, true, ["deriveBits"])) as CryptoKeyPair;
    const device = change.device ?? this.id;
    const csr = await x509.Pkcs10CertificateRequestGenerator.create({
      name: `OU=${change.level ?? "key in a file"}, CN=Signet event key`,
      keys: event,
      signingAlgorithm: es256,
      extensions: [new x509.SubjectAlternativeNameExtension([{ type: "url", value: `urn:uuid:${uuid(device)}` }])],
    });
    const body = new Map<Item, Item>([
      [0, 1], [1, device], [2, change.owner], [3, change.epoch ?? 1n], [4, new Uint8Array(csr.rawData)],
      [6, toX25519(await recipientOf(settings.privateKey))],
    ]);
    if (change.view) body.set(5, await sha256(change.view));
    if (change.renews) body.set(7, change.renews);
    const raw = await signed(this.header, cbor(body), "signet/v1 offer", this.key.privateKey);
    const message = new Map<Item, Item>([[1, raw]]);
    if (secret) message.set(2, await proofOf(secret, raw));
    if (change.view) message.set(3, change.view);
    return { raw, message: cbor(message), hash: await sha256(raw), event, settings };
  }

  /** camera is one that has got a grant with this certificate. */
  camera(owner: TestOwner, epoch: bigint, offered: Offered, certificate: B, boot = 1n): TestCamera {
    return new TestCamera(owner, this.id, epoch, offered.event, certificate, boot);
  }

  /** claimed is the record that tells of a claim or a renewal. */
  async claimed(camera: TestCamera, offered: Offered, policy = 1): Promise<B> {
    return camera.sign(camera.body(1, [[10, policy], [15, [camera.certificate, camera.owner.rootDer]], [16, offered.raw]]));
  }

  /** closed ends the epoch of a camera at its next position. */
  async closed(camera: TestCamera, began: B, release?: Uint8Array, change: [number, Item][] = []): Promise<B> {
    const last: Item = [camera.boot, camera.n];
    const body = new Map<Item, Item>([[0, 1], [1, this.id], [2, camera.owner.keys.id], [3, camera.epoch], [4, began], [5, last], [6, release ? 1 : 2], ...change]);
    if (release) body.set(7, release);
    const closing = await signed(this.header, cbor(body), "signet/v1 closing", this.key.privateKey);
    return camera.sign(camera.body(8, [[17, closing]]));
  }
}

export async function sealTo(recipient: string, plaintext: Uint8Array): Promise<B> {
  const encrypter = new Encrypter();
  encrypter.addRecipient(recipient);
  return own(await encrypter.encrypt(plaintext));
}
