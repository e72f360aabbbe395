const INITIAL_MS = 500;
/** Above the 200 ms by which a receiver may hold its SACK back. */
const SHORTEST_MS = 400;
/** A path that comes back, or is replaced by another, is to be noticed soon. */
const LONGEST_MS = 3000;

/** How long to wait for an acknowledgement (RFC 9260 §6.3.1), with shorter bounds, as browsers have them. */
export class RetransmissionTimeout {
  #smoothedMs: number | undefined;
  #variationMs = 0;
  #timeoutMs = INITIAL_MS;

  get ms(): number {
    return this.#timeoutMs;
  }

  /** A chunk that was sent once was acknowledged after so long. */
  measure(roundTripMs: number): void {
    if (this.#smoothedMs === undefined) {
      this.#smoothedMs = roundTripMs;
      this.#variationMs = roundTripMs / 2;
    } else {
      this.#variationMs = 0.75 * this.#variationMs + 0.25 * Math.abs(this.#smoothedMs - roundTripMs);
      this.#smoothedMs = 0.875 * this.#smoothedMs + 0.125 * roundTripMs;
    }
    this.#timeoutMs = bounded(this.#smoothedMs + 4 * this.#variationMs);
  }

  /** It ran out: the next one is twice as long. */
  backOff(): void {
    this.#timeoutMs = bounded(this.#timeoutMs * 2);
  }

  /** The path is another one: what was waited for on the old one tells nothing. */
  restart(): void {
    this.#smoothedMs = undefined;
    this.#timeoutMs = INITIAL_MS;
  }
}

const bounded = (ms: number): number => Math.min(LONGEST_MS, Math.max(SHORTEST_MS, ms));
