import { type Millis, millis, Ring } from '@pinhole/core';

/** Capture to paint over the last frames. */
export interface LatencySummary {
  /** Half of the frames were faster. */
  readonly p50Ms: Millis;
  /** 95 of 100 frames were faster. */
  readonly p95Ms: Millis;
  /** The last frame's. */
  readonly lastMs: Millis;
  /** All of them may be wrong by this, either way: what the clock exchange leaves open. */
  readonly confidenceMs: Millis;
  /** Frames that were counted. */
  readonly frames: number;
}

const FRAMES = 300;

/** The latencies of the last 300 frames. */
export class LatencyWindow {
  readonly #latenciesMs = new Ring<number>(FRAMES);
  #lastMs = 0;

  /** Takes one painted frame's latency. */
  add(latencyMs: Millis): void {
    this.#latenciesMs.push(latencyMs);
    this.#lastMs = latencyMs;
  }

  /** Forgets all: another transport or another camera. */
  clear(): void {
    this.#latenciesMs.clear();
  }

  /** The figures now; `undefined` before the first frame. */
  summary(confidenceMs: Millis): LatencySummary | undefined {
    if (this.#latenciesMs.length === 0) return undefined;
    const sorted = [...this.#latenciesMs].sort((a, b) => a - b);
    return {
      p50Ms: millis(quantile(sorted, 0.5)),
      p95Ms: millis(quantile(sorted, 0.95)),
      lastMs: millis(this.#lastMs),
      confidenceMs,
      frames: sorted.length,
    };
  }
}

/** The nearest-rank quantile of sorted numbers. */
const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? 0;
