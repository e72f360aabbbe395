/** Lets so many things through in each second. */
export class SecondWindow {
  readonly #limit: number;
  #second = 0;
  #taken = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Takes so many. @returns whether the second had them left. */
  take(count: number): boolean {
    const second = Math.floor(performance.now() / 1000);
    if (this.#second !== second) this.#taken = 0;
    this.#second = second;
    this.#taken += count;
    return this.#taken <= this.#limit;
  }
}
