import type { DemuxedUnit } from '../demuxed-unit.ts';

/**
 * Units that wait for a parent that is busy. Beyond its bound the oldest leave, up to a key unit, so that what is left
 * can be decoded and is as new as can be; where one group of pictures fills it, all leave and the next key unit begins
 * anew.
 */
export class UnitBacklog {
  readonly #maxBytes: number;
  #units: DemuxedUnit[] = [];
  #bytes = 0;
  #dropped = 0;
  #waitsForKey = false;

  constructor(options: { readonly maxBytes: number }) {
    this.#maxBytes = options.maxBytes;
  }

  /** Units that left without being taken, so far. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Appends a unit, or drops it where it cannot be decoded any more. */
  push(unit: DemuxedUnit): void {
    if (this.#waitsForKey && !unit.key) {
      this.#dropped++;
      return;
    }
    this.#waitsForKey = false;
    this.#units.push(unit);
    this.#bytes += unit.data.byteLength;
    if (this.#bytes > this.#maxBytes) this.#shed();
  }

  /** Takes the oldest unit out. */
  shift(): DemuxedUnit | undefined {
    const unit = this.#units.shift();
    this.#bytes -= unit?.data.byteLength ?? 0;
    return unit;
  }

  #shed(): void {
    const newestKey = this.#units.findLastIndex((unit) => unit.key);
    // The key at the front: its pictures fill the backlog alone. None: the key went out before they piled up.
    const from = newestKey > 0 ? newestKey : this.#units.length;
    this.#dropped += from;
    this.#units = this.#units.slice(from);
    this.#bytes = this.#units.reduce((sum, unit) => sum + unit.data.byteLength, 0);
    this.#waitsForKey = this.#units.length === 0;
  }
}
