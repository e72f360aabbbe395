import { type Millis, millis } from '@pinhole/core';

/** A stream that is silent for so long has made way for another. */
const SILENCE_MS = millis(500);

/**
 * Tells which of the streams on one channel is ours. Cameras announce an SSRC that they do not use, take another one
 * when their encoder restarts, and some (live555 before 2017) send remains of a former session.
 */
export class SsrcChoice {
  readonly #announced: number | undefined;
  #current: { readonly ssrc: number; readonly heardAt: Millis } | undefined;

  constructor(announced: number | undefined) {
    this.#announced = announced;
  }

  /** The stream that packets are taken of now; undefined before the first packet. */
  get current(): number | undefined {
    return this.#current?.ssrc;
  }

  /** Whether this is the stream that packets are taken of now; any is before the first packet. */
  is(ssrc: number): boolean {
    return this.#current === undefined || this.#current.ssrc === ssrc;
  }

  /** A packet came: of our stream, of what is our stream from now on, or of another. */
  choose(ssrc: number, now: Millis): 'ours' | 'changed' | 'foreign' {
    const current = this.#current;
    if (current !== undefined && current.ssrc !== ssrc && ssrc !== this.#announced) {
      if (now - current.heardAt < SILENCE_MS) return 'foreign';
    }
    this.#current = { ssrc, heardAt: now };
    return current === undefined || current.ssrc === ssrc ? 'ours' : 'changed';
  }
}
