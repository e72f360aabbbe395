import type { Millis } from '@pinhole/core';
import type { SourceClock } from '../../clock.ts';

/** Calls `run` again and again, each time after `waitMs()`. @returns what ends it. */
export function repeat(clock: SourceClock, waitMs: () => Millis, run: () => void): () => void {
  let cancel = (): void => {};
  const wait = (): void => {
    cancel = clock.after(waitMs(), () => {
      wait();
      run();
    });
  };
  wait();
  return () => cancel();
}
