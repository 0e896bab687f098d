// The one gate. Bytes from the cloud go in; a record that may be believed comes out, or the reason why not. What the
// page draws takes a VerifiedRecord, and nothing outside this file can make one.

import { type Bytes, equal, hex, own, sha256, uuid } from "./bytes.ts";
import { type EventCertificate, type Issuer, type Root, verifyEventCertificate } from "./certificate.ts";
import { maxRecord, parseRecord, type RecordBody } from "./record.ts";
import { check, parse, type Statement } from "./statement.ts";
import { Objected, type Objection, type Tenures, type Tidings } from "./tenure.ts";

declare const verified: unique symbol;

/** VerifiedRecord was signed by a camera whose certificate the owner's key signed, for that owner: this one, or one who
 * shares the camera. */
export type VerifiedRecord = RecordBody & {
  readonly hash: string; // SHA-256 of the encoded record, in hex
  readonly certificate: EventCertificate;
  readonly issuer: Issuer; // whose key certified it
  readonly tidings: Tidings; // about its epoch
  readonly [verified]: true;
};

/** Why an item is refused; the order is that of the checks. */
export type Reason = "unreadable" | "foreign" | "no-certificate" | "bad-certificate" | "other-camera" | "bad-signature" | Objection;

/** Refusal tells what was refused. What it claims was never proven and is only ever shown as text. */
export interface Refusal {
  readonly reason: Reason;
  readonly detail: string;
  readonly claims?: { readonly owner: string; readonly device: string; readonly position: string; readonly type: string };
}

export type Verdict = { readonly record: VerifiedRecord } | { readonly refusal: Refusal };

/** CertificateSource returns the certificate of that SHA-256 or null. It is not trusted; it throws if it cannot say. */
export type CertificateSource = (x5t: string) => Promise<Bytes | null>;

/** Others says which records of other owners may be drawn: it returns the issuer that they must come from, or why not. */
export type Others = (record: RecordBody) => Issuer | string;

/** Gate verifies for one owner, and for those who share a camera with that one. It keeps every event certificate that it
 * has verified, by the owner for whom. */
export class Gate {
  private readonly known = new Map<string, EventCertificate>();

  /** Without tenures each record is judged by itself alone. */
  constructor(
    private readonly root: Root,
    private readonly source: CertificateSource,
    private readonly others: Others = () => "it names another owner",
    private readonly tenures?: Tenures,
  ) {}

  /** verify throws only if the certificate or the fleet cannot be had: then nothing is known yet, and it may be asked again. */
  async verify(bytes: Uint8Array): Promise<Verdict> {
    const raw = own(bytes); // nobody may change it meanwhile
    let statement: Statement;
    let body: RecordBody;
    try {
      statement = parse(raw, maxRecord);
      body = parseRecord(statement.payload);
      if (statement.signer.by !== "x5t") throw new Error("record: does not name its event certificate");
    } catch (err) {
      return { refusal: { reason: "unreadable", detail: (err as Error).message } };
    }
    const refuse = (reason: Reason, detail: string): Verdict => ({ refusal: { reason, detail, claims: claimsOf(body) } });

    const issuer = equal(body.owner, this.root.owner) ? this.root : this.others(body);
    if (typeof issuer === "string") return refuse("foreign", issuer);
    const x5t = hex(statement.signer.x5t);
    let certificate = this.known.get(place(issuer, x5t));
    if (!certificate) {
      const der = body.chain?.event ?? (await this.source(x5t));
      if (!der) return refuse("no-certificate", "the cloud does not have the certificate that it names");
      try {
        certificate = await this.believe(x5t, der, issuer);
      } catch (err) {
        return refuse("bad-certificate", (err as Error).message);
      }
    }
    if (!equal(certificate.device, body.device)) return refuse("other-camera", "its certificate is another camera's");
    if (certificate.epoch !== body.epoch) return refuse("other-camera", "its certificate is of another ownership");
    if (!(await check(statement, "signet/v1 record", certificate.key))) {
      return refuse("bad-signature", "its signature does not verify");
    }
    let tidings: Tidings = {};
    try {
      if (this.tenures) tidings = await this.tenures.admit(body, certificate, issuer);
    } catch (err) {
      if (err instanceof Objected) return refuse(err.reason, err.message);
      throw err;
    }
    const record = { ...body, hash: hex(await sha256(raw)), certificate, issuer, tidings };
    return { record: Object.freeze(record) as VerifiedRecord };
  }

  /** certificate returns a verified certificate by its hash, for statements other than records: of this owner, or of
   * the issuer of a camera that another shares. */
  async certificate(x5t: string, issuer: Issuer = this.root): Promise<EventCertificate> {
    const known = this.known.get(place(issuer, x5t));
    if (known) return known;
    const der = await this.source(x5t);
    if (!der) throw new Error("the cloud does not have the certificate that it names");
    return this.believe(x5t, der, issuer);
  }

  private async believe(x5t: string, der: Bytes, issuer: Issuer): Promise<EventCertificate> {
    const certificate = await verifyEventCertificate(der, issuer);
    if (hex(certificate.x5t) !== x5t) throw new Error("event certificate: not the one that is named");
    this.known.set(place(issuer, x5t), certificate);
    return certificate;
  }
}

const place = (issuer: Issuer, x5t: string): string => `${hex(issuer.owner)}/${x5t}`;

function claimsOf(r: RecordBody): Refusal["claims"] {
  return { owner: hex(r.owner), device: uuid(r.device), position: `${r.position.boot}.${r.position.n}`, type: r.type };
}
