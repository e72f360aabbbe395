import type { Connection } from 'werift';

/** werift polls for the nomination every 20 ms; this tells at once. */
export function watchNomination(connection: Connection, nominated: () => void): void {
  let pair = connection.nominated;
  Object.defineProperty(connection, 'nominated', {
    configurable: true,
    enumerable: true,
    get: () => pair,
    set: (next: typeof pair) => {
      const first = pair === undefined && next !== undefined;
      pair = next;
      // Only once werift has finished with the nomination.
      if (first) queueMicrotask(nominated);
    },
  });
}
