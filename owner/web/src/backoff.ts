// When to try again: full jitter, so that pages which lost the cloud together do not come back together.

const floorMs = 500;
const capMs = 30_000;

/** delay returns milliseconds before attempt `n` (from 0): anywhere up to a bound that doubles. */
export function delay(n: number, random: () => number = Math.random): number {
  const bound = Math.min(capMs, floorMs * 2 ** Math.min(n + 1, 16));
  return floorMs + random() * (bound - floorMs);
}

/** pause waits, and returns early when aborted. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const timer = setTimeout(done, ms);
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    }
    signal.addEventListener("abort", done);
  });
}
