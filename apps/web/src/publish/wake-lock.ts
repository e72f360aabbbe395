/**
 * Keeps the screen on while the page is seen, where the browser can: a phone that locks itself films no more.
 * @returns a function that ends it
 */
export function keepAwake(changed: (awake: boolean) => void): () => void {
  const { wakeLock } = navigator as { readonly wakeLock?: WakeLock };
  if (wakeLock === undefined) return () => {};
  let lock: WakeLockSentinel | undefined;
  let ended = false;
  const take = async (): Promise<void> => {
    if (ended || document.visibilityState !== 'visible' || lock?.released === false) return;
    try {
      lock = await wakeLock.request('screen');
      if (ended) await lock.release();
      changed(!ended);
      lock.addEventListener('release', () => changed(false));
    } catch {
      changed(false); // the battery is low, say
    }
  };
  // The browser takes it back when the page is hidden.
  const seen = (): void => void take();
  document.addEventListener('visibilitychange', seen);
  seen();
  return () => {
    ended = true;
    document.removeEventListener('visibilitychange', seen);
    void lock?.release();
  };
}
