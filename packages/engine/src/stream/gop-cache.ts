import type { Micros } from '@pinhole/core';
import type { StreamUnit } from './access-unit.ts';

/** Bounds of the cache. */
export interface GopCacheLimits {
  /** Sum of the units' bytes. */
  readonly bytes: number;
  /** From the key unit's dts to the newest unit's. */
  readonly duration: Micros;
}

/**
 * The units since the last key unit, so that a newcomer need not wait for the next one. A GOP that outgrows the limits
 * cannot lose its head and stay decodable: it is let go as a whole, and the cache is empty until the next key unit.
 */
export class GopCache {
  readonly #limits: GopCacheLimits;
  #units: StreamUnit[] = [];
  #bytes = 0;
  #overflows = 0;

  constructor(limits: GopCacheLimits) {
    this.#limits = limits;
  }

  /** The cached units in decoding order, the key unit first; empty while nothing can be decoded from here. */
  get units(): readonly StreamUnit[] {
    return this.#units;
  }

  /** Bytes held. */
  get bytes(): number {
    return this.#bytes;
  }

  /** GOPs let go because they outgrew the limits. */
  get overflows(): number {
    return this.#overflows;
  }

  /** Adds the newest unit; a key unit starts the cache anew. */
  push(unit: StreamUnit): void {
    if (unit.key) this.clear();
    else if (this.#units.length === 0) return;
    this.#units.push(unit);
    this.#bytes += unit.data.byteLength;
    const head = this.#units[0] ?? unit;
    if (this.#bytes > this.#limits.bytes || unit.dts - head.dts > this.#limits.duration) {
      this.clear();
      this.#overflows++;
    }
  }

  /** Lets everything go. */
  clear(): void {
    // A new array rather than length = 0: readers that replay the old one keep it.
    this.#units = [];
    this.#bytes = 0;
  }
}
