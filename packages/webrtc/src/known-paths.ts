/** Paths on which datagrams are taken at a time. */
const MAX_KNOWN = 32;

/**
 * Paths in a session's life: the WebRTC stack keeps each and sends checks back along it, wherever that leads. A peer
 * behind a restless NAT makes a few an hour.
 */
const MAX_NEW = 256;

/**
 * The paths on which a signed request came, which proves them: the peer may send on any such (RFC 8445 §12.2), not on
 * the chosen one alone.
 */
export class KnownPaths {
  /** The one that was silent longest first. */
  readonly #paths = new Set<string>();
  #added = 0;

  has(path: string): boolean {
    return this.#paths.has(path);
  }

  /**
   * A signed request came on it.
   * @returns false for one new path too many: it stays unknown.
   */
  admit(path: string): boolean {
    if (!this.#paths.delete(path)) {
      if (this.#added >= MAX_NEW) return false;
      this.#added++;
    }
    this.#paths.add(path);
    const [oldest] = this.#paths;
    if (this.#paths.size > MAX_KNOWN && oldest !== undefined) this.#paths.delete(oldest);
    return true;
  }
}
