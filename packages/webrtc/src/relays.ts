import type { Logger } from '@pinhole/core';
import { Relay, type RelayOptions, type RelayServer } from './relay.ts';

const PATIENCE_MS = 3000;
const REST_MS = 30_000;

/**
 * Relays for all peers. A TURN server that failed costs one peer its patience and not each: the next ones go without a relay
 * for a while.
 */
export class Relays {
  readonly #log: Logger;
  #restsUntilMs = Number.NEGATIVE_INFINITY;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** @returns undefined where the server gives none in time, or failed just now. The caller releases it. */
  async open(server: RelayServer, options: RelayOptions): Promise<Relay | undefined> {
    if (performance.now() < this.#restsUntilMs) return undefined;
    try {
      const relay = await Relay.inTime(PATIENCE_MS, Relay.open(server, options));
      if (relay === undefined) throw new Error(`no answer for ${PATIENCE_MS / 1000} s`);
      return relay;
    } catch (reason) {
      this.#restsUntilMs = performance.now() + REST_MS;
      this.#log.warn(
        { server: server.address.join(':'), reason: String(reason) },
        'no relay by the TURN server',
      );
      return undefined;
    }
  }
}
