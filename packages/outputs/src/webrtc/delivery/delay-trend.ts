/** Samples looked at: more than feedback comes within the window. */
const CAPACITY = 32;

/** How far back the trend looks. */
const WINDOW_MS = 600;

/** How the waiting time in the queues on the way goes, by the latest samples. */
export interface Trend {
  /** From the first sample that counts to the last. */
  readonly spanMs: number;
  /** The least wait among them. */
  readonly leastMs: number;
  /** Milliseconds of wait that a second adds, by least squares. */
  readonly slopeMsPerSecond: number;
}

/**
 * The trend of waiting times: a straight line through the samples of the last 600 ms.
 * @see draft-ietf-rmcat-gcc-02 §5.4, whose filter is the inspiration; here the wait itself is known, not its change alone
 */
export class DelayTrend {
  readonly #at = new Float64Array(CAPACITY);
  readonly #wait = new Float64Array(CAPACITY);
  #count = 0;

  /** Adds what was waited at a time; times rise. */
  add(atMs: number, waitMs: number): void {
    const place = this.#count++ % CAPACITY;
    this.#at[place] = atMs;
    this.#wait[place] = waitMs;
  }

  clear(): void {
    this.#count = 0;
  }

  /** Undefined with fewer than three samples. */
  get now(): Trend | undefined {
    const newest = this.#at[(this.#count - 1) % CAPACITY] ?? 0;
    let count = 0;
    let sumT = 0;
    let sumW = 0;
    let sumTT = 0;
    let sumTW = 0;
    let spanMs = 0;
    let leastMs = Number.POSITIVE_INFINITY;
    for (let back = 1; back <= Math.min(this.#count, CAPACITY); back++) {
      const place = (this.#count - back) % CAPACITY;
      const t = (this.#at[place] ?? 0) - newest;
      const wait = this.#wait[place] ?? 0;
      if (-t > WINDOW_MS) break;
      spanMs = -t;
      leastMs = Math.min(leastMs, wait);
      count++;
      sumT += t;
      sumW += wait;
      sumTT += t * t;
      sumTW += t * wait;
    }
    const spread = count * sumTT - sumT * sumT;
    if (count < 3 || spread === 0) return undefined;
    return { spanMs, leastMs, slopeMsPerSecond: ((count * sumTW - sumT * sumW) / spread) * 1000 };
  }
}
