/** Counts faults, and knows when they come too often to go on. */
export class ErrorBudget {
  readonly #most: number;
  readonly #windowMs: number;
  #at: readonly number[] = [];

  constructor({ most, windowMs }: { readonly most: number; readonly windowMs: number }) {
    this.#most = most;
    this.#windowMs = windowMs;
  }

  /** One more. @returns whether it is worth to begin anew */
  add(nowMs: number): boolean {
    this.#at = [...this.#at.filter((at) => nowMs - at < this.#windowMs), nowMs];
    return this.#at.length <= this.#most;
  }
}
