// Sealed media: fetched as ciphertext, compared with the record that names it, then opened. A Picture exists only if
// a verified record names its ciphertext.

import { Decrypter } from "age-encryption";
import { type Bytes, equal, own, sha256 } from "./bytes.ts";
import { checkBelong, type Facts, parseFacts } from "./facts.ts";
import type { Media } from "./record.ts";
import type { VerifiedRecord } from "./verify.ts";

const hybridStanza = "mlkem768x25519"; // age's, of hybrid post-quantum recipients

declare const opened: unique symbol;

/** Plaintext is what a verified record's camera sealed, opened with the picture key. */
export interface Plaintext {
  readonly bytes: Bytes;
  readonly mime: string;
  readonly media: Media;
  readonly [opened]: true;
}

/** Ciphertext fetches at most `size` bytes of a record's media; null when it was not uploaded yet. */
export type CiphertextSource = (media: Media) => Promise<Bytes | null>;

/** MediaError means that the bytes are not what the record names, or do not open: never drawn, counted as refused. */
export class MediaError extends Error {}

/** PostQuantum means that the camera has sealed it to post-quantum recipients, whose keys this page does not hold. */
export class PostQuantum extends Error {}

/** openMedia compares size and SHA-256 of the ciphertext with the record before anything is decrypted. */
export async function openMedia(record: VerifiedRecord, media: Media, ciphertext: Bytes, key: CryptoKey): Promise<Plaintext> {
  if (!record.media.includes(media)) throw new MediaError("the record does not name this media");
  const sealed = own(ciphertext);
  if (sealed.length !== media.size) throw new MediaError(`${sealed.length} bytes instead of the ${media.size} that the record names`);
  if (!equal(await sha256(sealed), media.hash)) throw new MediaError("its hash is not the one that the record names");
  let bytes: Bytes;
  let kinds: (string | undefined)[] = [];
  const decrypter = new Decrypter();
  decrypter.addIdentity(key);
  decrypter.addIdentity({ unwrapFileKey: (stanzas) => ((kinds = stanzas.map((s) => s.args[0])), null) }); // asked where the key fits nothing
  try {
    bytes = own(await decrypter.decrypt(sealed));
  } catch {
    if (kinds.includes(hybridStanza)) throw new PostQuantum("it is sealed to a post-quantum key");
    throw new MediaError("it is not sealed to your picture key");
  }
  return { bytes, mime: media.mime, media } as Plaintext;
}

/** openFacts decodes facts and compares their device and event with the record's. */
export function openFacts(record: VerifiedRecord, plaintext: Plaintext): Facts {
  if (plaintext.media.kind !== "facts" || !record.media.includes(plaintext.media)) throw new MediaError("not this record's facts");
  try {
    const facts = parseFacts(plaintext.bytes);
    checkBelong(facts, record);
    return facts;
  } catch (err) {
    throw new MediaError((err as Error).message);
  }
}
