import { MAX_PACKET_BYTES } from './serialize-packet.ts';

/**
 * What may be on the way at most, whatever the path would take: enough for 160 Mbit/s at 50 ms, and little enough that
 * a transfer does not fill the buffers before the pictures.
 */
const LARGEST_BYTES = 2 ** 20;

/** Ten packets, as TCP begins (RFC 6928). */
const INITIAL_BYTES = 10 * MAX_PACKET_BYTES;

/** How many bytes may be on the way (RFC 9260 §7.2). */
export class CongestionWindow {
  #bytes = INITIAL_BYTES;
  #threshold = LARGEST_BYTES;
  #partialBytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  /** So many bytes arrived; `full` when as much was on the way before as may be. */
  acknowledge(bytes: number, { full }: { readonly full: boolean }): void {
    if (!full) return;
    if (this.#bytes <= this.#threshold) {
      this.#bytes += Math.min(bytes, 2 * MAX_PACKET_BYTES);
    } else {
      this.#partialBytes += bytes;
      if (this.#partialBytes < this.#bytes) return;
      this.#partialBytes -= this.#bytes;
      this.#bytes += MAX_PACKET_BYTES;
    }
    this.#bytes = Math.min(this.#bytes, LARGEST_BYTES);
  }

  /** Something was lost, and others after it arrived. */
  loss(): void {
    this.#threshold = Math.max(this.#bytes / 2, 4 * MAX_PACKET_BYTES);
    this.#bytes = this.#threshold;
    this.#partialBytes = 0;
  }

  /** Nothing arrived for long. */
  timeout(): void {
    this.#threshold = Math.max(this.#bytes / 2, 4 * MAX_PACKET_BYTES);
    this.#bytes = MAX_PACKET_BYTES;
    this.#partialBytes = 0;
  }

  /** The path is another one. */
  restart(): void {
    this.#bytes = INITIAL_BYTES;
    this.#threshold = LARGEST_BYTES;
    this.#partialBytes = 0;
  }
}
