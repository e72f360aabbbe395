/** Counts requests that were answered with an error, by HTTP status; whatever refuses one tells it here. */
export class Refusals {
  readonly #byStatus = new Map<number, number>();

  /** How many so far, by status. */
  get byStatus(): ReadonlyMap<number, number> {
    return this.#byStatus;
  }

  /** Takes note of an answer; what is no error is passed over. */
  note(status: number): void {
    if (status >= 400) this.#byStatus.set(status, (this.#byStatus.get(status) ?? 0) + 1);
  }
}
