import { Backoff, type Millis, millis } from '@pinhole/core';
import type { JanusFault } from './janus-fault.ts';
import type { JanusViewerOptions } from './janus-viewer-options.ts';

const OFFER_WITHIN: Millis = millis(10_000);

/** How often a plugin is asked for its offer, and for how long. */
export class WatchPatience {
  readonly #options: Pick<JanusViewerOptions, 'clock' | 'offerWithinMs'>;
  readonly #backoff: Backoff;
  #until = 0;
  #lastWords: JanusFault | undefined;
  #silences = 0;

  constructor(options: Pick<JanusViewerOptions, 'clock' | 'offerWithinMs' | 'random'>) {
    const { random } = options;
    this.#options = options;
    this.#backoff = new Backoff({ firstMs: millis(400), maxMs: millis(3_000), ...(random && { random }) });
  }

  /** What the plugin said last. */
  get lastWords(): JanusFault | undefined {
    return this.#lastWords;
  }

  /** No time is left. */
  get isOver(): boolean {
    return this.#left <= 0;
  }

  /** The time begins. */
  begin(): void {
    const { clock, offerWithinMs = OFFER_WITHIN } = this.#options;
    this.#until = clock.monotonicNow() + offerWithinMs;
    this.#lastWords = undefined;
    this.#silences = 0;
    this.#backoff.reset();
  }

  /** Nothing was heard. @returns whether the handle is to be replaced: every other time */
  doubtsHandle(): boolean {
    return ++this.#silences % 2 === 0 && !this.isOver;
  }

  /** @returns the wait before the plugin is asked again; undefined when no time is left */
  waitAfter(fault: JanusFault): Millis | undefined {
    this.#lastWords = fault;
    const waitMs = this.#backoff.next();
    return waitMs < this.#left ? waitMs : undefined;
  }

  get #left(): number {
    return this.#until - this.#options.clock.monotonicNow();
  }
}
