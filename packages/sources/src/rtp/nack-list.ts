import { type Millis, millis } from '@pinhole/core';
import { SequenceUnwrapper } from '@pinhole/media/rtp';

/** What a list of missing packets did. */
export interface NackCounters {
  /** Packets asked for again, each as often as it was asked for. */
  readonly asked: number;
  /** Packets that came after they were asked for. */
  readonly recovered: number;
  /** Packets no longer asked for: too old, asked for often enough, or one of too many. */
  readonly givenUp: number;
}

/** A sender that began its numbers anew, not a loss. */
const LARGEST_JUMP = 3000;

/** Missing at a time; a link that loses more needs a key frame, not its packets. */
const MAX_MISSING = 512;

const MAX_TRIES = 10;

/** Packets are mostly not lost but late by a little. */
const PATIENCE = millis(8);

/** Until a round trip was measured. */
const FIRST_ROUND_TRIP = millis(50);
const LEAST_INTERVAL = millis(20);

interface Missing {
  readonly since: Millis;
  tries: number;
  askedAt: Millis | undefined;
}

/** Which packets of a stream are missing, and when to ask for them again (RFC 4585 §6.2.1). */
export class NackList {
  readonly #maxAge: Millis;
  readonly #missing = new Map<number, Missing>();
  readonly #counters = { asked: 0, recovered: 0, givenUp: 0 };
  #unwrapper = new SequenceUnwrapper();
  #highest: number | undefined;
  #roundTripMs: number = FIRST_ROUND_TRIP;

  /** @param options.maxAgeMs what is missing for longer is of no use any more */
  constructor(options: { readonly maxAgeMs: Millis }) {
    this.#maxAge = options.maxAgeMs;
  }

  get counters(): NackCounters {
    return this.#counters;
  }

  /** Whether {@link due} may have something to ask for, now or later. */
  get waits(): boolean {
    return this.#missing.size > 0;
  }

  /** A packet came, for the first time or when asked for. */
  received(sequence: number, now: Millis): void {
    const number = this.#unwrapper.unwrap(sequence);
    const highest = this.#highest;
    if (highest === undefined || Math.abs(number - highest) > LARGEST_JUMP) {
      this.#giveUp(this.#missing.size);
      this.#missing.clear();
      this.#highest = number;
      return;
    }
    this.#found(number, now);
    if (number <= highest) return;
    for (let lost = highest + 1; lost < number; lost++) {
      this.#missing.set(lost, { since: now, tries: 0, askedAt: undefined });
    }
    this.#highest = number;
    for (const [oldest] of this.#missing) {
      if (this.#missing.size <= MAX_MISSING) break;
      this.#missing.delete(oldest);
      this.#giveUp(1);
    }
  }

  /** The packets to ask for now; they count as asked for. Called every few milliseconds while some are missing. */
  due(now: Millis): readonly number[] {
    const due: number[] = [];
    const interval = Math.max(LEAST_INTERVAL, this.#roundTripMs * 1.5);
    for (const [number, missing] of this.#missing) {
      const { since, tries, askedAt } = missing;
      if (now - since > this.#maxAge || tries >= MAX_TRIES) {
        this.#missing.delete(number);
        this.#giveUp(1);
      } else if (askedAt === undefined ? now - since >= PATIENCE : now - askedAt >= interval) {
        missing.tries++;
        missing.askedAt = now;
        due.push(number & 0xffff);
      }
    }
    this.#counters.asked += due.length;
    return due;
  }

  /** What was lost is lost: a key frame takes its place. */
  clear(): void {
    this.#giveUp(this.#missing.size);
    this.#missing.clear();
  }

  #found(number: number, now: Millis): void {
    const missing = this.#missing.get(number);
    if (missing === undefined) return;
    this.#missing.delete(number);
    if (missing.askedAt === undefined) return;
    this.#counters.recovered++;
    // Asked for more than once, it does not tell which time was answered.
    if (missing.tries === 1) this.#roundTripMs += (now - missing.askedAt - this.#roundTripMs) / 4;
  }

  #giveUp(count: number): void {
    this.#counters.givenUp += count;
  }
}
