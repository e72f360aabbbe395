import type { Millis } from '@pinhole/core';

/** How often one address may do something. */
export interface RateLimitOptions {
  /** Refill. */
  readonly perSecond: number;
  /** How many at once after a pause. */
  readonly burst: number;
  /** Addresses remembered; beyond it the one unused for longest is forgotten. */
  readonly maxAddresses?: number;
}

/** A token bucket an address (an IPv6 /64 counts as one). Memory is bounded. */
export class RateLimit {
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #maxAddresses: number;
  readonly #buckets = new Map<string, { level: number; at: Millis }>();
  /** Requests refused so far. */
  refused = 0;

  constructor(options: RateLimitOptions) {
    this.#perSecond = options.perSecond;
    this.#burst = options.burst;
    this.#maxAddresses = options.maxAddresses ?? 10_000;
  }

  /** Whole seconds to wait until {@link take} would be granted; undefined when it would be now. Takes nothing. */
  waitFor(address: string, now: Millis): number | undefined {
    const bucket = this.#buckets.get(subnet(address));
    if (bucket === undefined) return undefined;
    const level = Math.min(this.#burst, bucket.level + ((now - bucket.at) / 1000) * this.#perSecond);
    return level >= 1 ? undefined : Math.max(1, Math.ceil((1 - level) / this.#perSecond));
  }

  /**
   * Takes one from the address's bucket.
   * @returns whole seconds to wait when it was empty, else undefined.
   */
  take(address: string, now: Millis): number | undefined {
    const key = subnet(address);
    const bucket = this.#buckets.get(key) ?? { level: this.#burst, at: now };
    this.#buckets.delete(key);
    const level = Math.min(this.#burst, bucket.level + ((now - bucket.at) / 1000) * this.#perSecond);
    const enough = level >= 1;
    this.#buckets.set(key, { level: enough ? level - 1 : level, at: now });
    if (this.#buckets.size > this.#maxAddresses) {
      const [oldest] = this.#buckets.keys();
      if (oldest !== undefined) this.#buckets.delete(oldest);
    }
    if (enough) return undefined;
    this.refused++;
    return Math.max(1, Math.ceil((1 - level) / this.#perSecond));
  }
}

/** One household has a whole IPv6 /64, so that is what counts as one address. */
export function subnet(address: string): string {
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.split('::', 2);
  const front = head === '' ? [] : head.split(':');
  const back = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros =
    tail === undefined ? [] : Array<string>(Math.max(0, 8 - front.length - back.length)).fill('0');
  return `${[...front, ...zeros, ...back].slice(0, 4).join(':')}::/64`;
}
