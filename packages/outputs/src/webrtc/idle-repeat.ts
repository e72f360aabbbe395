import { type Micros, micros } from '@pinhole/core';
import type { Stream, StreamUnit } from '@pinhole/engine';

/** What {@link IdleRepeat} does it with. */
export interface IdleRepeatOptions {
  readonly stream: Pick<Stream, 'snapshotUnits' | 'lastUnit'>;
  /** Sends a unit once more. */
  readonly write: (unit: StreamUnit) => void;
  /** Wants no units of the stream, until `wake`: what follows the last one could not be decoded. */
  readonly rest: () => void;
  readonly wake: () => void;
}

/** A picture is missed after this long. */
const IDLE_AFTER = micros(700_000);

/** What a viewer is sent at once while nothing new comes; above it, the key picture alone. */
const MAX_REPEATED_BYTES = 2 ** 20;

/**
 * Keeps the picture of a camera that sends none before a viewer: its last GOP once more, at whose end the picture is
 * the one that stands there anyway, and behind which the next one can be decoded. Of a GOP that is too large for that,
 * the key picture alone; then the stream is taken up again with its next key unit.
 */
export class IdleRepeat {
  readonly #options: IdleRepeatOptions;
  #wroteAt: Micros | undefined;
  #gop: readonly StreamUnit[] = [];
  /** The newest unit when resting began. */
  #restsAfter: StreamUnit | undefined;

  constructor(options: IdleRepeatOptions) {
    this.#options = options;
  }

  /** A unit of the stream was sent. */
  wrote(now: Micros): void {
    this.#wroteAt = now;
  }

  /** Repeats what has to be. */
  tick(now: Micros): void {
    const { stream, write, rest, wake } = this.#options;
    const newest = stream.lastUnit?.unit;
    if (this.#restsAfter !== undefined) {
      if (newest !== this.#restsAfter) {
        this.#restsAfter = undefined;
        wake();
        return;
      }
    } else if (this.#wroteAt === undefined || now - this.#wroteAt < IDLE_AFTER) {
      return;
    }
    // A source that starts anew empties the cache; what was sent of it stands before the viewer all the same.
    const cached = stream.snapshotUnits();
    if (cached.length > 0) this.#gop = [...cached];
    const [key] = this.#gop;
    if (key === undefined) return;
    if (this.#gop.reduce((sum, { data }) => sum + data.byteLength, 0) <= MAX_REPEATED_BYTES) {
      for (const unit of this.#gop) write(unit);
      return;
    }
    if (this.#restsAfter === undefined) {
      this.#restsAfter = newest;
      rest();
    }
    write(key);
  }
}
