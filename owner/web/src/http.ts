// Answers of the cloud, and of whoever serves this page: read up to a limit, whatever their headers say.

import { type Bytes, concat } from "./bytes.ts";

export const maxAnswer = 64 << 10; // bytes of small answers

/** CloudError is an answer that is not the one that was asked for. */
export class CloudError extends Error {
  constructor(
    readonly status: number, // 0: no answer at all
    message: string,
    readonly hint = "",
  ) {
    super(message);
  }

  /** Unreachable clouds are tried again; the others have said something. */
  get unreachable(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

/** plain asks, without keeping or sending anything else than what is given. It throws a CloudError for every answer but
 * success and those of `also`. */
export async function plain(url: string, init: RequestInit = {}, also: number[] = []): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, { ...init, cache: "no-store", credentials: "omit", redirect: "error" });
  } catch (err) {
    if (init.signal?.aborted) throw err;
    throw new CloudError(0, "the cloud cannot be reached");
  }
  if (response.ok || also.includes(response.status)) return response;
  const said = await json(response).catch(() => ({}) as Record<string, unknown>);
  throw new CloudError(response.status, String(said["error"] ?? `the cloud answered ${response.status}`), String(said["hint"] ?? ""));
}

export async function json(response: Response): Promise<Record<string, unknown>> {
  const value: unknown = JSON.parse(new TextDecoder().decode(await readAll(response, maxAnswer)));
  if (typeof value !== "object" || value === null) throw new CloudError(502, "the cloud's answer is not understood");
  return value as Record<string, unknown>;
}

/** readAll reads at most `limit` bytes, whatever the headers say; one more is an error. */
export async function readAll(response: Response, limit: number): Promise<Bytes> {
  const bytes = await readUpTo(response, limit + 1);
  if (bytes.length > limit) throw new CloudError(502, `the cloud sent more than the ${limit} bytes that were asked for`);
  return bytes;
}

/** readUpTo stops reading after `limit` bytes. */
export async function readUpTo(response: Response, limit: number): Promise<Bytes> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const piece of pieces(response)) {
    chunks.push(piece.subarray(0, limit - size));
    size += chunks.at(-1)!.length;
    if (size === limit) break;
  }
  return concat(...chunks);
}

export async function* pieces(response: Response): AsyncGenerator<Uint8Array> {
  const reader = response.body?.getReader();
  if (!reader) return;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
