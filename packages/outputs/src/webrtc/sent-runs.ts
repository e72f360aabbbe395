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

/** Which sequence numbers one viewer got for which unit, for the latest units. */
export class SentRuns {
  #runs: SentRun[] = [];

  /** Notes a run; its index follows that of the run before. */
  push(run: SentRun): void {
    this.#runs.push(run);
    // Half at a time, so that the cost of moving the rest is spread thin.
    if (this.#runs.length > CAPACITY) this.#runs = this.#runs.slice(CAPACITY / 2);
  }

  /** Where the packet of a 16-bit sequence number went: the latest packet that had it. */
  find(sequence: number): { readonly run: SentRun; readonly position: number } | undefined {
    const newest = this.#runs.at(-1);
    if (!newest) return undefined;
    const lastIndex = newest.firstIndex + newest.count - 1;
    const index = lastIndex - ((((lastIndex - sequence) % 0x10000) + 0x10000) % 0x10000);
    let low = 0;
    let high = this.#runs.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const run = this.#runs[middle];
      if (!run) return undefined;
      if (index < run.firstIndex) high = middle - 1;
      else if (index >= run.firstIndex + run.count) low = middle + 1;
      else return { run, position: index - run.firstIndex };
    }
    return undefined;
  }
}
