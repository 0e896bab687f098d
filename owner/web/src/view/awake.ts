// Keeps the screen from going dark while somebody holds it in front of a camera.

/** keepAwake asks the browser (Screen Wake Lock API), again whenever the page comes back to sight, and returns what ends it. */
export function keepAwake(): () => void {
  let lock: WakeLockSentinel | undefined;
  let over = false;
  const ask = async (): Promise<void> => {
    if (document.visibilityState !== "visible" || !("wakeLock" in navigator)) return;
    const got = await navigator.wakeLock.request("screen").catch(() => undefined); // not in power-saving mode
    if (over) await got?.release();
    else lock = got;
  };
  const again = () => void ask();
  document.addEventListener("visibilitychange", again);
  void ask();
  return () => {
    over = true;
    document.removeEventListener("visibilitychange", again);
    void lock?.release().catch(() => undefined);
  };
}
