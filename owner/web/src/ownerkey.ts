// An owner's public key, found in what that owner has signed. A statement names its key by the hash alone, and somebody
// who views has perhaps never seen the owner's root. But an ECDSA signature fits at most four keys (SEC 1, section 4.1.6),
// and the owner id says which of them it is.

import { p256 } from "@noble/curves/nist.js";
import { type Bytes, equal, sha256 } from "./bytes.ts";
import { importKey, type Issuer } from "./certificate.ts";
import { spkiOf } from "./owner.ts";
import { check, maxStatement, parse, type Purpose, toBeSigned } from "./statement.ts";

/** issuerFrom returns the key of that owner, or throws if the statement is not signed by it for this purpose. */
export async function issuerFrom(raw: Uint8Array, purpose: Purpose, owner: Bytes): Promise<Issuer> {
  const statement = parse(raw, maxStatement);
  const hash = await sha256(toBeSigned(statement.protected, purpose, statement.payload));
  const { r, s } = p256.Signature.fromBytes(statement.signature, "compact");
  for (const which of [0, 1, 2, 3]) {
    let spki: Bytes;
    try {
      spki = spkiOf(new p256.Signature(r, s, which).recoverPublicKey(hash).toBytes(false));
    } catch {
      continue; // no such point
    }
    if (!equal(await sha256(spki), owner)) continue;
    const key = await importKey(spki);
    if (await check(statement, purpose, key)) return { owner, key };
  }
  throw new Error("statement: not signed by the owner whom it names");
}
