import { existsSync, type FSWatcher, watch } from 'node:fs';
import { dirname } from 'node:path';
import { type Abort, type Millis, millis } from '@pinhole/core';
import type { SourceClock } from './clock.ts';

/** udev sets the rights of a node a moment after it made it. */
const SETTLE_MS = 250;
/** A folder of links that is made anew is not watched yet when the link comes into it: so often it is looked again. */
const LOOKS = 20;
const LOOK_AGAIN_MS = 100;

/**
 * Waits for `delayMs`, or for less when the device appears meanwhile.
 * @returns why it ended.
 */
export function waitForDevice(
  path: string,
  options: { readonly delayMs: Millis; readonly clock: SourceClock; readonly signal: Abort },
): Promise<'appeared' | 'time' | 'aborted'> {
  const { delayMs, clock, signal } = options;
  const wasThere = existsSync(path);
  return new Promise((resolve) => {
    let cancelSettling = (): void => {};
    const watchers: FSWatcher[] = [];
    const end = (why: 'appeared' | 'time' | 'aborted'): void => {
      cancel();
      cancelSettling();
      signal.removeEventListener('abort', aborted);
      for (const each of watchers) each.close();
      resolve(why);
    };
    const aborted = (): void => end('aborted');
    const look = (looksLeft: number): void => {
      if (wasThere) return;
      cancelSettling();
      const isThere = existsSync(path);
      if (isThere) cancelSettling = clock.after(millis(SETTLE_MS), () => end('appeared'));
      else if (looksLeft > 0) cancelSettling = clock.after(millis(LOOK_AGAIN_MS), () => look(looksLeft - 1));
    };
    const cancel = clock.after(delayMs, () => end('time'));
    signal.addEventListener('abort', aborted);
    // The folder of links is made and removed with the links in it, so its nearest ancestor that is there.
    for (const folder of new Set([nearest(dirname(path)), nearest(dirname(dirname(path)))])) {
      try {
        const watcher = watch(folder, () => look(LOOKS));
        watcher.on('error', () => watcher.close());
        watchers.push(watcher);
      } catch {
        // Too many watches: the wait ends by time.
      }
    }
    if (signal.aborted) aborted();
  });
}

function nearest(folder: string): string {
  for (let at = folder; ; at = dirname(at)) if (existsSync(at) || at === dirname(at)) return at;
}
