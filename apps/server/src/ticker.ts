import type { Logger } from '@pinhole/core';

const TICK_MS = 250;

/**
 * The one timer behind everything that comes due in the engine.
 * @returns a function that stops it.
 */
export function startTicker(steps: readonly (() => void)[], log: Logger): () => void {
  const timer = setInterval(() => {
    for (const step of steps) {
      try {
        step();
      } catch (thrown) {
        log.error({ error: thrown }, 'a tick failed');
      }
    }
  }, TICK_MS);
  return () => clearInterval(timer);
}
