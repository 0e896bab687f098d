// Node 18 has WebCrypto, but not as a global. Injected into every bundle for node, before all else.

import { webcrypto } from "node:crypto";

if (globalThis.crypto === undefined) Object.defineProperty(globalThis, "crypto", { value: webcrypto });
if (globalThis.CryptoKey === undefined) Object.defineProperty(globalThis, "CryptoKey", { value: webcrypto.CryptoKey });
