const REST_MS = 30_000;

/** A TURN server that failed costs one viewer its patience and not each: the next ones go without a relay for a while. */
export class RelayRest {
  #untilMs = Number.NEGATIVE_INFINITY;

  /** Whether the server may be asked. */
  get isOver(): boolean {
    return performance.now() >= this.#untilMs;
  }

  /** The server failed just now. */
  begin(): void {
    this.#untilMs = performance.now() + REST_MS;
  }
}
