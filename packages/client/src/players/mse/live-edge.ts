import { type Millis, millis, Ring } from '@pinhole/core';

/** How the playhead stands to the newest picture, right after that was appended. */
export interface EdgeInput {
  /** Buffered media ahead of the playhead. */
  readonly aheadMs: number;
  /** Between playhead and newest picture there is a hole, which no playing passes; or the playhead is past it. */
  readonly hole: boolean;
  /** A seek is under way. */
  readonly seeking: boolean;
}

/** What to do about it. */
export interface EdgeAction {
  readonly playbackRate: number;
  /** Jump so that this much media is ahead. */
  readonly seekToAheadMs?: Millis;
}

const MIN_TARGET_MS = 40;
const MAX_TARGET_MS = 800;
/** So much more than the target is not worth catching up by playing fast. */
const JUMP_MS = 600;
const SEEK_PAUSE_MS = 500;
const MAX_RATE = 1.5;
const SLOW_RATE = 0.97;
const STALL_FACTOR = 1.5;
const MAX_STALL_MARGIN = 4;
const SETTLE_MS = 1_000;
const START_MS = 500;
/** A stall's margin halves in this time without another one. */
const STALL_HALF_LIFE_MS = 20_000;
const TRANSITS = 120;

/**
 * Keeps an MSE playhead near the newest picture. The target is two times the jitter of arrival (95th percentile) and a
 * frame, between 40 and 800 ms; each stall makes it half as long again, and that margin decays.
 */
export class LiveEdge {
  readonly #transitsMs = new Ring<number>(TRANSITS);
  #frameMs = 33;
  #lastPtsMs: number | undefined;
  #stallMargin = 1;
  #marginAt = millis(0);
  #seekAt: Millis | undefined;
  #startedAt: Millis | undefined;

  /** How much media should be ahead of the playhead. */
  targetMs(now: Millis): Millis {
    const sorted = [...this.#transitsMs].sort((a, b) => a - b);
    const jitterMs = (sorted[Math.floor(sorted.length * 0.95)] ?? 0) - (sorted[0] ?? 0);
    const base = Math.max(MIN_TARGET_MS, 2 * jitterMs + this.#frameMs);
    return millis(Math.min(MAX_TARGET_MS, base * this.#margin(now)));
  }

  /** A live picture came (not one from the cache). */
  arrived(ptsMs: number, now: Millis): void {
    this.#startedAt ??= now;
    const gapMs = this.#lastPtsMs === undefined ? 0 : ptsMs - this.#lastPtsMs;
    this.#lastPtsMs = ptsMs;
    if (gapMs < 0 || gapMs > 2_000) this.#transitsMs.clear();
    else if (gapMs > 0) this.#frameMs += 0.1 * (gapMs - this.#frameMs);
    // While everything starts, the page itself is what is late.
    if (now - this.#startedAt >= START_MS) this.#transitsMs.push(now - ptsMs);
  }

  /** The playhead ran out of media. At the start and after a seek that says nothing yet. */
  stalled(now: Millis): void {
    const settledAt = Math.max(this.#startedAt ?? now, this.#seekAt ?? 0) + SETTLE_MS;
    if (now < settledAt) return;
    this.#stallMargin = Math.min(MAX_STALL_MARGIN, this.#margin(now) * STALL_FACTOR);
    this.#marginAt = now;
  }

  /** What to do now. */
  steer({ aheadMs, hole, seeking }: EdgeInput, now: Millis): EdgeAction {
    const targetMs = this.targetMs(now);
    const excessMs = aheadMs - targetMs;
    const toleranceMs = Math.max(10, this.#frameMs / 2);
    if (seeking) return { playbackRate: 1 };
    if ((hole || excessMs > JUMP_MS) && (this.#seekAt === undefined || now - this.#seekAt >= SEEK_PAUSE_MS)) {
      this.#seekAt = now;
      return { playbackRate: 1, seekToAheadMs: targetMs };
    }
    if (excessMs > toleranceMs) return { playbackRate: Math.min(MAX_RATE, 1.05 + excessMs / 500) };
    if (aheadMs < targetMs / 2) return { playbackRate: SLOW_RATE };
    return { playbackRate: 1 };
  }

  #margin(now: Millis): number {
    return 1 + (this.#stallMargin - 1) * 0.5 ** ((now - this.#marginAt) / STALL_HALF_LIFE_MS);
  }
}
