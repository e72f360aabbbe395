import { type Micros, type Millis, micros, millis } from '@pinhole/core';
import type { SourceClock } from './clock.ts';

interface Timer {
  readonly at: number;
  readonly run: () => void;
}

/** A clock that moves only when told, for tests. */
export class FakeClock implements SourceClock {
  #nowMs = 5_000;
  #utcOffsetMs = Date.UTC(2026, 0, 2, 3, 4, 5);
  readonly #timers = new Set<Timer>();

  /** Timers that have not run yet. */
  get pending(): number {
    return this.#timers.size;
  }

  monotonicNow(): Millis {
    return millis(this.#nowMs);
  }

  utcNow(): Micros {
    return micros(Math.round((this.#nowMs + this.#utcOffsetMs) * 1000));
  }

  after(delayMs: Millis, run: () => void): () => void {
    const timer = { at: this.#nowMs + delayMs, run };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Sets the wall clock, forward or back; the monotonic one does not notice. */
  stepWallClock(byMs: number): void {
    this.#utcOffsetMs += byMs;
  }

  /** Lets time pass; each timer runs at its moment. */
  advance(byMs: number): void {
    const end = this.#nowMs + byMs;
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#nowMs = Math.max(this.#nowMs, next.at);
      this.#timers.delete(next);
      next.run();
    }
    this.#nowMs = end;
  }

  /** Lets time pass until the next timer is due, and runs it; does nothing without one. */
  advanceToNext(): void {
    const next = this.#next(Number.POSITIVE_INFINITY);
    if (next !== undefined) this.advance(Math.max(0, next.at - this.#nowMs));
  }

  /** Lets time pass as on a machine that was busy: timers due meanwhile run late, at the end of it. */
  stall(byMs: number): void {
    this.#nowMs += byMs;
    this.advance(0);
  }

  #next(end: number): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers) if (timer.at <= end && (!first || timer.at < first.at)) first = timer;
    return first;
  }
}
