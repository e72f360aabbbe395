/** So many intervals are looked at: a change of rate counts after half of them, one late frame never does. */
const WINDOW = 5;

/** The usual interval between frames: the median of the last few. */
export class FrameIntervalEstimator {
  readonly #first: number;
  readonly #recent: number[] = [];

  /** @param first what is said before any interval was seen. */
  constructor(first: number) {
    this.#first = first;
  }

  /** The interval to be expected next, in the unit of what was added. */
  get ticks(): number {
    const sorted = this.#recent.toSorted((a, b) => a - b);
    return sorted[sorted.length >> 1] ?? this.#first;
  }

  /** Counts in one more interval. */
  add(ticks: number): void {
    this.#recent.push(ticks);
    if (this.#recent.length > WINDOW) this.#recent.shift();
  }
}
