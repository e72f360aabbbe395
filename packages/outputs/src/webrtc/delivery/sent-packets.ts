import type { Micros } from '@pinhole/core';

/** Packets remembered: several seconds of a picture. A power of two. */
export const SENT_PACKETS = 2048;

/** Steps of 250 µs, as feedback tells arrivals; 32 bits, of which differences count. */
export const quarterMillis = (time: Micros): number => Math.floor(time / 250) | 0;

/** When the latest packets of one viewer were sent and how large they were, by their transport-wide numbers. */
export class SentPackets {
  readonly #sentAt = new Int32Array(SENT_PACKETS);
  /** 0 where a packet is not waited for. */
  readonly #sizeBytes = new Uint16Array(SENT_PACKETS);
  readonly #sequences = new Uint16Array(SENT_PACKETS);

  /**
   * Notes packets that are sent now, by their bytes of payload.
   * @returns bytes of older ones that were waited for, and are forgotten for these
   */
  note(first: number, sizes: Uint16Array, now: Micros): number {
    const at = quarterMillis(now);
    let sequence = first;
    let forgottenBytes = 0;
    for (const size of sizes) {
      const place = sequence & (SENT_PACKETS - 1);
      forgottenBytes += this.#sizeBytes[place] ?? 0;
      this.#sentAt[place] = at;
      this.#sizeBytes[place] = Math.max(1, size);
      this.#sequences[place] = sequence;
      sequence = (sequence + 1) & 0xffff;
    }
    return forgottenBytes;
  }

  /** When a packet was sent, by {@link quarterMillis}; only to be asked of one that is waited for. */
  sentAt(sequence: number): number {
    return this.#sentAt[sequence & (SENT_PACKETS - 1)] ?? 0;
  }

  /** Bytes of payload of a packet that is waited for; 0 of any other. */
  sizeBytes(sequence: number): number {
    const place = sequence & (SENT_PACKETS - 1);
    return this.#sequences[place] === sequence ? (this.#sizeBytes[place] ?? 0) : 0;
  }

  /** It is not waited for any more. */
  settle(sequence: number): void {
    this.#sizeBytes[sequence & (SENT_PACKETS - 1)] = 0;
  }
}
