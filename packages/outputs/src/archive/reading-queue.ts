/** How far the reading of many recordings is. */
export interface ReadingProgress {
  readonly read: number;
  readonly waiting: number;
  /** Recordings a second since it began. */
  readonly perSecond: number;
}

/** A disk serves two readers better than one, and more keep it from those who record. */
const READERS = 2;

/** Reads recordings one after the other, the newest first: they are what somebody looks for. */
export class ReadingQueue {
  readonly #read: (path: string) => Promise<void>;
  /** Sorted when work begins; the last is taken first. */
  readonly #waiting = new Set<string>();
  #done = 0;
  #startedMs = 0;

  constructor(read: (path: string) => Promise<void>) {
    this.#read = read;
  }

  /** Nothing while nothing waits. */
  get progress(): ReadingProgress | undefined {
    const waiting = this.#waiting.size;
    if (waiting === 0) return undefined;
    const seconds = Math.max(0.001, (performance.now() - this.#startedMs) / 1000);
    return { read: this.#done, waiting, perSecond: Math.round(this.#done / seconds) };
  }

  /** Lets a recording be read by the next `drain`. */
  add(path: string): void {
    this.#waiting.add(path);
  }

  /** Reads all that waits, until the signal aborts. */
  async drain(signal: AbortSignal): Promise<void> {
    this.#done = 0;
    this.#startedMs = performance.now();
    const newest = [...this.#waiting].sort();
    const work = async (): Promise<void> => {
      for (let path = newest.pop(); path !== undefined && !signal.aborted; path = newest.pop()) {
        await this.#read(path);
        this.#waiting.delete(path);
        this.#done++;
      }
    };
    await Promise.all(Array.from({ length: READERS }, work));
  }
}
