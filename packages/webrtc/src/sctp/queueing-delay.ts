/** The shortest round trip is that of the last one or two of these: a path may change. */
const BASE_PERIOD_MS = 15_000;

/** How long packets wait on the way, by how much longer the way takes than it did at its best. */
export class QueueingDelay {
  #recentMs = Number.POSITIVE_INFINITY;
  #beforeMs = Number.POSITIVE_INFINITY;
  #since: number | undefined;
  #smoothedMs: number | undefined;

  /** Milliseconds; 0 until something was measured. */
  get ms(): number {
    if (this.#smoothedMs === undefined) return 0;
    return Math.max(0, this.#smoothedMs - Math.min(this.#recentMs, this.#beforeMs));
  }

  /** A packet was confirmed after so long. */
  measure(roundTripMs: number, nowMs: number): void {
    this.#since ??= nowMs;
    if (nowMs - this.#since >= BASE_PERIOD_MS) {
      this.#since = nowMs;
      this.#beforeMs = this.#recentMs;
      this.#recentMs = roundTripMs;
    }
    this.#recentMs = Math.min(this.#recentMs, roundTripMs);
    const smoothed = this.#smoothedMs ?? roundTripMs;
    this.#smoothedMs = smoothed + (roundTripMs - smoothed) / 8;
  }

  /** The path is another one. */
  restart(): void {
    this.#recentMs = Number.POSITIVE_INFINITY;
    this.#beforeMs = Number.POSITIVE_INFINITY;
    this.#since = undefined;
    this.#smoothedMs = undefined;
  }
}
