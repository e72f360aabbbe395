import type { JanusClock } from '@pinhole/protocol/janus-session';
import { localNow } from '../clock/local-clock.ts';

/** The browser's time. */
export const browserClock: JanusClock = {
  monotonicNow: localNow,
  after: (delayMs, run) => {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
};
