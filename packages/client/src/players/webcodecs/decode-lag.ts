import type { Millis } from '@pinhole/core';

/** How many units a decoder may have taken in without giving them out. */
const UNITS_HELD = 4;
/** With B-frames it has to hold back as many as are reordered. */
const REORDERED_UNITS = 4;
/** How many units may wait for the decoder. */
const UNITS_QUEUED = 8;
/** A burst of cached units passes in less. */
const PATIENCE_MS = 1_000;

/** What is wrong with a decoder: it keeps pictures back, or it is too slow. */
export type LagCause = 'holds-back' | 'overloaded';

/** Where the units are that were given to a decoder and did not come out. */
export interface UnitsInFlight {
  /** Waiting for the decoder (`decodeQueueSize`). */
  readonly queued: number;
  /** Inside it. */
  readonly held: number;
}

/**
 * Notices a decoder that lags. Some hardware decoders hold back 8 to 25 pictures, or a whole group of pictures, whatever
 * they are told (w3c/webcodecs #732): another decoder helps. One that is too slow makes units queue up before it: then
 * leaving out units helps, and another decoder may not.
 */
export class DecodeLag {
  readonly #unitsHeld: number;
  #holdsSince: Millis | undefined;
  #queuedSince: Millis | undefined;

  constructor(options: { readonly bFrames: boolean }) {
    this.#unitsHeld = UNITS_HELD + (options.bFrames ? REORDERED_UNITS : 0);
  }

  /** Takes where the units are; names the cause once it has been so for a second. */
  observe({ queued, held }: UnitsInFlight, now: Millis): LagCause | undefined {
    this.#queuedSince = queued > UNITS_QUEUED ? (this.#queuedSince ?? now) : undefined;
    // What a busy decoder has at work is not held back.
    const holds = held > this.#unitsHeld && queued === 0;
    this.#holdsSince = holds ? (this.#holdsSince ?? now) : undefined;
    if (this.#queuedSince !== undefined && now - this.#queuedSince >= PATIENCE_MS) return 'overloaded';
    if (this.#holdsSince !== undefined && now - this.#holdsSince >= PATIENCE_MS) return 'holds-back';
    return undefined;
  }

  /** Starts over: another decoder, or units were left out. */
  reset(): void {
    this.#holdsSince = undefined;
    this.#queuedSince = undefined;
  }
}
