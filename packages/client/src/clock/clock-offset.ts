import { type Micros, type Millis, micros, millis, Ring } from '@pinhole/core';

/** One ping and its pong. */
export interface ClockSample {
  /** When the ping left, on the local clock. */
  readonly sentAt: Millis;
  /** When the pong came, on the local clock. */
  readonly receivedAt: Millis;
  /** The server's UTC clock when it answered. */
  readonly serverTime: Micros;
}

/** What the exchanges of late say of the server's clock. */
export interface ClockEstimate {
  /** Server clock minus local clock. */
  readonly offset: Micros;
  /** The offset is wrong by no more than this: half of the shortest round trip. */
  readonly confidenceMs: Millis;
  /** The last round trip. */
  readonly roundTripMs: Millis;
}

const SAMPLES = 32;
/** Clocks drift by up to 50 ppm: after a minute an old sample is 3 ms off, however short its round trip was. */
const SAMPLE_LIFE_MS = 60_000;

/**
 * How far the server's clock is from this page's. Of the exchanges of the last minute the one with the shortest round
 * trip decides, since queueing only ever makes a round trip longer and lopsided (RFC 5905 §10, the clock filter).
 */
export class ClockOffset {
  readonly #samples = new Ring<ClockSample>(SAMPLES);
  #estimate: ClockEstimate | undefined;

  /** The estimate, once there is one. */
  get estimate(): ClockEstimate | undefined {
    return this.#estimate;
  }

  /** Takes an exchange; one that ended before it began (a clock was set) is left out. */
  add(sample: ClockSample): void {
    if (!(sample.receivedAt >= sample.sentAt)) return;
    this.#samples.push(sample);
    let best = sample;
    for (const other of this.#samples) {
      const fresh = sample.receivedAt - other.receivedAt <= SAMPLE_LIFE_MS;
      if (fresh && roundTrip(other) < roundTrip(best)) best = other;
    }
    const middleMs = (best.sentAt + best.receivedAt) / 2;
    this.#estimate = {
      offset: micros(best.serverTime - middleMs * 1000),
      confidenceMs: millis(roundTrip(best) / 2),
      roundTripMs: millis(roundTrip(sample)),
    };
  }

  /** Forgets all: the machine slept, so the local clock may have stood still. */
  reset(): void {
    this.#samples.clear();
    this.#estimate = undefined;
  }

  /** The server's clock at a local time. */
  serverTime(at: Millis): Micros | undefined {
    return this.#estimate === undefined ? undefined : micros(at * 1000 + this.#estimate.offset);
  }
}

const roundTrip = (sample: ClockSample): number => sample.receivedAt - sample.sentAt;
