/** One file's way to the disk. */
export interface WriteLane {
  /** Does `work` when it is this lane's turn. One at a time per lane: the caller waits for it before the next. */
  run<T>(work: () => Promise<T>): Promise<T>;
}

/**
 * The way to the disk that all recorders share. So many pieces of work are done at a time, and the lanes that have some
 * take turns: a camera with ten times the bytes does not make the others wait ten times as long.
 *
 * Node does file work in four threads for the whole program; the default leaves half of them to everything else, even
 * while a card takes seconds for a sync.
 */
export class WriteLanes {
  readonly #concurrency: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(options: { readonly concurrency?: number } = {}) {
    this.#concurrency = options.concurrency ?? 2;
  }

  /** Pieces of work that wait for their turn. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** A lane of its own: whoever has one piece of work in line comes behind all that waited before. */
  lane(): WriteLane {
    let last: Promise<unknown> = Promise.resolve();
    return {
      run: (work) => {
        const done = last.then(() => this.#turn(work));
        last = done.catch(() => {}); // whoever gave the work hears of it
        return done;
      },
    };
  }

  async #turn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#concurrency) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#running++;
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      // The place is handed on rather than freed: nobody slips in between.
      if (next === undefined) this.#running--;
      else next();
    }
  }
}
