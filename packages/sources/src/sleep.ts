import type { Abort, Millis } from '@pinhole/core';
import type { SourceClock } from './clock.ts';

/** Waits; not for longer than until `signal` aborts. */
export function sleep(
  delayMs: Millis,
  { clock, signal }: { readonly clock: SourceClock; readonly signal: Abort },
): Promise<void> {
  return new Promise((resolve) => {
    const wake = (): void => {
      cancel();
      signal.removeEventListener('abort', wake);
      resolve();
    };
    const cancel = clock.after(delayMs, wake);
    signal.addEventListener('abort', wake);
    if (signal.aborted) wake();
  });
}
