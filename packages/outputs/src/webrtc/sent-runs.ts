/** The packets of one unit as they were numbered for one viewer. */
export interface SentRun {
  /** Id of the unit in the stream's history. */
  readonly unit: number;
  /** 65536 × rollover counter + sequence number of the first packet. */
  readonly firstIndex: number;
  readonly count: number;
  /** RTP time stamp that this viewer got for it. */
  readonly timestamp: number;
  /** Transport-wide sequence number of the first packet. */
  readonly firstTransport: number;
}

/** Units remembered: a second of 60 frames, and a long GOP replayed. */
const CAPACITY = 2048;

/**
 * Which sequence numbers one viewer got for which unit, for the latest units. As plain numbers: objects that live for as
 * long as these are what the collector of garbage has most work with.
 */
export class SentRuns {
  readonly #units = new Uint32Array(CAPACITY);
  readonly #firstIndices = new Float64Array(CAPACITY);
  readonly #counts = new Uint32Array(CAPACITY);
  readonly #timestamps = new Uint32Array(CAPACITY);
  readonly #firstTransports = new Uint16Array(CAPACITY);
  #pushed = 0;

  /** Notes a run; its index follows that of the run before. */
  push(run: SentRun): void {
    const at = this.#pushed++ % CAPACITY;
    this.#units[at] = run.unit;
    this.#firstIndices[at] = run.firstIndex;
    this.#counts[at] = run.count;
    this.#timestamps[at] = run.timestamp;
    this.#firstTransports[at] = run.firstTransport;
  }

  /** The latest run; undefined before the first. */
  get newest(): SentRun | undefined {
    return this.#pushed === 0 ? undefined : this.#at(this.#pushed - 1);
  }

  /** Where the packet of a 16-bit sequence number went: the latest packet that had it. */
  find(sequence: number): { readonly run: SentRun; readonly position: number } | undefined {
    const { newest } = this;
    if (!newest) return undefined;
    const lastIndex = newest.firstIndex + newest.count - 1;
    const index = lastIndex - ((((lastIndex - sequence) % 0x10000) + 0x10000) % 0x10000);
    let low = Math.max(0, this.#pushed - CAPACITY);
    let high = this.#pushed - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const run = this.#at(middle);
      if (index < run.firstIndex) high = middle - 1;
      else if (index >= run.firstIndex + run.count) low = middle + 1;
      else return { run, position: index - run.firstIndex };
    }
    return undefined;
  }

  #at(place: number): SentRun {
    const at = place % CAPACITY;
    return {
      unit: this.#units[at] ?? 0,
      firstIndex: this.#firstIndices[at] ?? 0,
      count: this.#counts[at] ?? 0,
      timestamp: this.#timestamps[at] ?? 0,
      firstTransport: this.#firstTransports[at] ?? 0,
    };
  }
}
