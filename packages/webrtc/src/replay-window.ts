/** Which numbers came, of the latest ones; each is to be taken once. */
export class ReplayWindow {
  readonly #seen: Float64Array;
  #highest = -1;

  /** @param size how far behind the highest one a number may be. */
  constructor(size: number) {
    this.#seen = new Float64Array(size).fill(-1);
  }

  /** The highest number that came; below zero before the first. */
  get highest(): number {
    return this.#highest;
  }

  /** @returns false for one that came already, or is too far behind to tell. */
  isNew(number: number): boolean {
    const size = this.#seen.length;
    return number >= 0 && this.#highest - number < size && this.#seen[number % size] !== number;
  }

  /** It came, and is genuine. */
  add(number: number): void {
    this.#seen[number % this.#seen.length] = number;
    this.#highest = Math.max(this.#highest, number);
  }
}
