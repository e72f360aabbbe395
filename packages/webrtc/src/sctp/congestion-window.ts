import { QueueingDelay } from './queueing-delay.ts';
import { MAX_PACKET_BYTES } from './serialize-packet.ts';

/** What may be on the way at most, whatever the path would take: 160 Mbit/s at 50 ms. */
const LARGEST_BYTES = 2 ** 20;

/** Ten packets, as TCP begins (RFC 6928). */
const INITIAL_BYTES = 10 * MAX_PACKET_BYTES;

/** A transfer makes the pictures beside it wait by about so much, and no more. */
const TARGET_DELAY_MS = 60;

/** What others make wait is nothing to give way to for ever. */
const LEAST_FOR_DELAY_BYTES = 64 * MAX_PACKET_BYTES;

/**
 * How many bytes may be on the way: as TCP has it where packets get lost, and less than that where they only begin to
 * wait for each other, because the live pictures wait in the same queues.
 * @see RFC 9260 §7.2, RFC 6817 §2.4 (LEDBAT)
 */
export class CongestionWindow {
  readonly #delay = new QueueingDelay();
  #bytes = INITIAL_BYTES;
  #threshold = LARGEST_BYTES;

  get bytes(): number {
    return this.#bytes;
  }

  /** A packet was confirmed after so long. */
  measure(roundTripMs: number, nowMs: number): void {
    this.#delay.measure(roundTripMs, nowMs);
  }

  /** So many bytes arrived; `full` when as much was on the way before as may be. */
  acknowledge(bytes: number, { full }: { readonly full: boolean }): void {
    const room = (TARGET_DELAY_MS - this.#delay.ms) / TARGET_DELAY_MS;
    if (room < 0) {
      this.#threshold = Math.min(this.#threshold, this.#bytes);
      if (this.#bytes > LEAST_FOR_DELAY_BYTES) this.#grow(Math.max(room, -1) * bytes);
    } else if (full && this.#bytes < this.#threshold) {
      this.#bytes = Math.min(this.#bytes + Math.min(bytes, 2 * MAX_PACKET_BYTES), LARGEST_BYTES);
    } else if (full) this.#grow(bytes);
  }

  /** Something was lost, and others after it arrived. */
  loss(): void {
    this.#threshold = Math.max(this.#bytes / 2, 4 * MAX_PACKET_BYTES);
    this.#bytes = this.#threshold;
  }

  /** Nothing arrived for long. */
  timeout(): void {
    this.#threshold = Math.max(this.#bytes / 2, 4 * MAX_PACKET_BYTES);
    this.#bytes = MAX_PACKET_BYTES;
  }

  /** The path is another one. */
  restart(): void {
    this.#delay.restart();
    this.#bytes = INITIAL_BYTES;
    this.#threshold = LARGEST_BYTES;
  }

  /** By a packet for each window that arrives. */
  #grow(bytes: number): void {
    const next = this.#bytes + (bytes * MAX_PACKET_BYTES) / this.#bytes;
    this.#bytes = Math.min(LARGEST_BYTES, Math.max(next, 2 * MAX_PACKET_BYTES));
  }
}
