import { type Micros, micros } from '@pinhole/core';

/** Where a moment of sound lies. */
export interface SoundMoment {
  readonly pts: Micros;
  readonly captureTime: Micros;
}

interface Anchor extends SoundMoment {
  /** Seconds of sound that went in before. */
  readonly seconds: number;
}

/**
 * Carries times through a coder that takes sound and gives sound and knows nothing of either's time: what comes out is as
 * far from its beginning as what went in. Where sound was missing on the way in, the times leap on the way out as well.
 */
export class SampleClock {
  readonly #anchors: Anchor[] = [];
  #secondsIn = 0;
  #secondsOut = 0;

  /** Seconds of sound that went in and did not come out. */
  get pendingSeconds(): number {
    return this.#secondsIn - this.#secondsOut;
  }

  /** Sound goes in. */
  push(moment: SoundMoment, seconds: number): void {
    this.#anchors.push({ ...moment, seconds: this.#secondsIn });
    this.#secondsIn += seconds;
  }

  /** When the sound was heard that begins `seconds` after the very first; negative for what a coder puts in front of it. */
  at(seconds: number): SoundMoment | undefined {
    this.#secondsOut = Math.max(this.#secondsOut, seconds);
    let [anchor, next] = this.#anchors;
    while (next !== undefined && next.seconds <= seconds) {
      this.#anchors.shift();
      [anchor, next] = this.#anchors;
    }
    if (anchor === undefined) return undefined;
    const since = Math.round((seconds - anchor.seconds) * 1e6);
    return { pts: micros(anchor.pts + since), captureTime: micros(anchor.captureTime + since) };
  }
}
