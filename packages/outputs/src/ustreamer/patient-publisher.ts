import { type Micros, type Millis, millis } from '@pinhole/core';
import type { SlotOutcome, SlotPicture, SlotPublisher } from './slot-publisher.ts';

/** What becomes of pictures that wait for a lock. */
export interface PatientPublisherOptions {
  readonly publisher: Pick<SlotPublisher, 'publish' | 'giveUp'>;
  /** Pictures that may wait; each in turn. */
  readonly places: number;
  readonly now: () => Micros;
  /** Calls `run` after so long. @returns what keeps it from that */
  readonly after: (delayMs: Millis, run: () => void) => () => void;
  /** Told of each picture what became of it: never `busy`. */
  readonly settled: (picture: SlotPicture, outcome: Exclude<SlotOutcome, 'busy'> | 'given-up') => void;
}

/** A reader copies a frame in less; one that holds the lock for longer hangs. µStreamer waits as long. */
const PATIENCE = 1_000_000;
const TRY_AGAIN_MS = millis(1);
/** A slot has room for one picture: the next comes when readers, who look every millisecond, have had the time. */
const BETWEEN_MS = millis(3);

/** Writes pictures in their order, and waits a little for a lock that a reader holds. */
export class PatientPublisher {
  readonly #options: PatientPublisherOptions;
  readonly #waiting: { readonly picture: SlotPicture; readonly since: Micros }[] = [];
  #cancel: (() => void) | undefined;

  constructor(options: PatientPublisherOptions) {
    this.#options = options;
  }

  /** 0 when nothing waits, 1 when there is no place for another picture. */
  get pressure(): number {
    return this.#waiting.length / this.#options.places;
  }

  /** Takes the next picture. @returns false when there is no place: it is left out */
  write(picture: SlotPicture): boolean {
    if (this.pressure >= 1) return false;
    this.#waiting.push({ picture, since: this.#options.now() });
    if (this.#cancel === undefined) this.#step();
    return true;
  }

  /** Forgets what waits. */
  close(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#waiting.length = 0;
  }

  #step(): void {
    const { publisher, now, after, settled } = this.#options;
    this.#cancel = undefined;
    const [first] = this.#waiting;
    if (first === undefined) return;
    const { picture, since } = first;
    let outcome: SlotOutcome | 'given-up' = publisher.publish(picture);
    if (outcome === 'busy' && now() - since >= PATIENCE) {
      publisher.giveUp();
      outcome = 'given-up';
    }
    if (outcome === 'busy') {
      this.#cancel = after(TRY_AGAIN_MS, () => this.#step());
      return;
    }
    this.#waiting.shift();
    if (this.#waiting.length > 0) this.#cancel = after(BETWEEN_MS, () => this.#step());
    settled(picture, outcome);
  }
}
