// The claim code: what the owner shows to the camera's lens. It holds a secret that is valid once and for two minutes,
// and is drawn on this screen and sent nowhere.

import { type Bytes, concat } from "./bytes.ts";
import * as cbor from "./cbor.ts";
import { readX25519 } from "./recipient.ts";
import { fromText, toText } from "./text.ts";

const prefix = "SIGNET1:";
const maxSeconds = 253402300799; // the end of 9999

/** WiFi is for a camera that is not on a network yet. */
export interface WiFi {
  readonly ssid: Bytes; // 1 to 32 bytes
  readonly passphrase: Bytes; // up to 63 bytes; empty for an open network
}

export interface ClaimCode {
  readonly owner: Bytes;
  readonly secret: Bytes; // 16 bytes
  readonly notAfter: number; // seconds since 1970
  readonly picture: Bytes; // X25519: what the camera sees is sealed to it
  readonly cloud?: string; // "host" or "host:port" of its MQTT listener
  readonly fleet?: Bytes; // first half of the SHA-256 of the fleet CA's certificate
  readonly wifi?: WiFi;
}

export function codeText(c: ClaimCode): string {
  const body = new Map<cbor.Value, cbor.Value>([
    [0, 1],
    [1, c.owner],
    [2, c.secret],
    [3, c.notAfter],
    [4, c.picture],
  ]);
  if (c.cloud !== undefined) body.set(5, c.cloud);
  if (c.fleet) body.set(6, c.fleet);
  if (c.wifi) body.set(7, [c.wifi.ssid, c.wifi.passphrase]);
  const text = toText(prefix, body);
  parseCode(text); // nothing is shown that a camera would refuse
  return text;
}

export function parseCode(text: string): ClaimCode {
  const f = cbor.fields(fromText(prefix, text, "claim code"), "claim code", [0, 1, 2, 3, 4], [5, 6, 7]);
  if (f.get(0) !== 1) throw new Error("claim code: its format is not spoken here");
  return {
    owner: cbor.bytes(f.get(1), "owner", 32),
    secret: cbor.bytes(f.get(2), "secret", 16),
    notAfter: cbor.small(f.get(3), "not after", maxSeconds),
    picture: readX25519(f.get(4), "picture key"),
    ...(f.has(5) && { cloud: cloud(f.get(5)) }),
    ...(f.has(6) && { fleet: cbor.bytes(f.get(6), "fleet", 16) }),
    ...(f.has(7) && { wifi: wifi(f.get(7)) }),
  };
}

function cloud(value: cbor.Value | undefined): string {
  const host = cbor.text(value, "cloud", 128);
  if (!/^[ -~]+$/.test(host)) throw new Error("cloud: not printable");
  return host;
}

function wifi(value: cbor.Value | undefined): WiFi {
  const [ssid, passphrase] = cbor.list(value, "Wi-Fi", 2, 2);
  return { ssid: cbor.someBytes(ssid, "Wi-Fi name", 32), passphrase: cbor.bytesUpTo(passphrase, "Wi-Fi passphrase", 63) };
}

/** proofOf is what a camera that has seen the secret puts beside its offer: HMAC-SHA-256(secret, the encoded offer). */
export async function proofOf(secret: Bytes, offer: Uint8Array): Promise<Bytes> {
  const key = await crypto.subtle.importKey("raw", secret, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", key, concat(offer)));
}
