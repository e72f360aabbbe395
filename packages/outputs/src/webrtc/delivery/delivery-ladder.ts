import { type Micros, micros } from '@pinhole/core';
import type { ViewerDelivery } from '@pinhole/engine';
import type { PathCondition } from './path-estimate.ts';

/** What one rung of the ladder sends. */
export type Rung = Pick<ViewerDelivery, 'stream' | 'pictures'>;

/** What can be chosen from now. */
export interface Choice {
  /** Pictures of the main stream that no other needs come at all. */
  readonly mainHasNonReference: boolean;
  /** There is a sub stream that can be used, as far as is known. */
  readonly sub: boolean;
  /** Bits a second of what a rung sends, as far as that is known. */
  readonly rateOf: (rung: Rung) => number | undefined;
}

/** What the ladder decides by. */
export interface LadderInput {
  readonly condition: PathCondition;
  /** Bits a second that the way carries, where it is known. */
  readonly capacity?: number | undefined;
  readonly choice: Choice;
  readonly now: Micros;
}

const MAIN: Rung = { stream: 'main', pictures: 'all' };

/** A step down shows its effect after so long: feedback comes, and the queue drains. */
const SETTLES_IN = micros(1_200_000);
/** A step up that is too much shows that sooner: there was no queue before it. */
const FAILS_IN = micros(500_000);
/** So long everything must be well before a step up. */
export const QUIET_TIME = micros(5_000_000);
/** And so long at most, after steps up that did not hold. */
const LONGEST_QUIET_TIME = micros(120_000_000);
/** A step up that did not hold so long was one too many; one that held twice as long was right. */
const PROOF = micros(10_000_000);
/** A rung is chosen whose rate leaves so much of the way free. */
const SHARE = 0.85;

/**
 * Which pictures one viewer is sent: all; all but those that no other needs; the sub stream's; key pictures alone.
 *
 * ```
 *  main, all ──▶ main, reference ──▶ sub, all ──▶ keys (of the sub stream where there is one)
 *      ◀───── a step at a time, each after the quiet time ─────
 * ```
 *
 * Down it goes as soon as more is sent than gets through, past the rungs that are known to be too much. Up it goes by one
 * after 5 s in which all was well; a step up that has to be taken back within 10 s doubles that time, up to two minutes, and one that
 * holds for 20 s ends that.
 */
export class DeliveryLadder {
  #rung: Rung = MAIN;
  #why: ViewerDelivery['why'];
  #changedAt: Micros;
  #clearSince: Micros | undefined;
  #quietTime = QUIET_TIME;
  #wentUp = false;

  constructor(now: Micros) {
    this.#changedAt = now;
  }

  get rung(): Rung {
    return this.#rung;
  }

  /** Why it is not the uppermost. */
  get why(): ViewerDelivery['why'] {
    return this.#why;
  }

  /** The rung shows its effect only from now on: the stream it speaks of has come. */
  begin(now: Micros): void {
    this.#changedAt = now;
    this.#clearSince = undefined;
  }

  /** Takes a look; @returns whether the rung changed. */
  step({ condition, capacity, choice, now }: LadderInput): boolean {
    if (condition.kind !== 'clear') this.#clearSince = undefined;
    else this.#clearSince ??= now;
    const rungs = rungsOf(choice);
    const here = rungs.findIndex((rung) => isSame(rung, this.#rung));
    // What it was is not there any more: the sub stream failed, e.g.
    if (here === -1) return this.#take(this.#nearest(rungs), now);
    if (this.#wentUp && now - this.#changedAt >= 2 * PROOF) this.#quietTime = QUIET_TIME;
    if (condition.kind === 'over')
      return this.#descend(rungs.slice(here + 1), { condition, capacity, choice, now });
    const since = Math.max(this.#clearSince ?? Number.POSITIVE_INFINITY, this.#changedAt);
    const higher = rungs[here - 1];
    if (!higher || now - since < this.#quietTime) return false;
    this.#wentUp = true;
    if (here === 1) this.#why = undefined;
    return this.#take(higher, now);
  }

  #descend(lower: readonly Rung[], { condition, capacity, choice, now }: LadderInput): boolean {
    const [next] = lower;
    const settlesIn = this.#wentUp ? FAILS_IN : SETTLES_IN;
    if (!next || now - this.#changedAt < settlesIn) return false;
    if (this.#wentUp && now - this.#changedAt < PROOF)
      this.#quietTime = micros(Math.min(this.#quietTime * 2, LONGEST_QUIET_TIME));
    this.#wentUp = false;
    this.#why = condition.why;
    const room = capacity === undefined ? Number.POSITIVE_INFINITY : SHARE * capacity;
    const fitting = lower.find((rung) => (choice.rateOf(rung) ?? 0) <= room);
    return this.#take(fitting ?? lower.at(-1) ?? next, now);
  }

  /** The rung that is next to the one that went. */
  #nearest(rungs: readonly Rung[]): Rung {
    const same = rungs.find(({ pictures }) => pictures === this.#rung.pictures);
    return (this.#rung.stream === 'sub' ? rungs.at(-1) : same) ?? MAIN;
  }

  #take(rung: Rung, now: Micros): boolean {
    this.#rung = rung;
    this.#changedAt = now;
    this.#clearSince = undefined;
    return true;
  }
}

function rungsOf({ mainHasNonReference, sub }: Choice): readonly Rung[] {
  return [
    MAIN,
    ...(mainHasNonReference ? [{ stream: 'main', pictures: 'reference' } as const] : []),
    ...(sub ? [{ stream: 'sub', pictures: 'all' } as const] : []),
    { stream: sub ? 'sub' : 'main', pictures: 'keys' },
  ];
}

const isSame = (one: Rung, other: Rung): boolean =>
  one.stream === other.stream && one.pictures === other.pictures;
