import type { Micros } from '@pinhole/core';
import { Ring } from '@pinhole/core';

const WINDOW_US = 3_000_000;

/** Units and bits a second over the last three seconds. */
export class RateMeter {
  readonly #seen = new Ring<{ readonly at: Micros; readonly bytes: number }>(512);

  /** Counts a unit that came at `at`. */
  add(at: Micros, bytes: number): void {
    this.#seen.push({ at, bytes });
  }

  /** 0 and 0 when nothing came within the window. */
  rate(now: Micros): { readonly framesPerSecond: number; readonly bitsPerSecond: number } {
    const recent = [...this.#seen].filter(({ at }) => now - at < WINDOW_US);
    const first = recent[0];
    if (!first || recent.length < 2) return { framesPerSecond: 0, bitsPerSecond: 0 };
    const seconds = Math.max(now - first.at, 1) / 1e6;
    // The first unit marks the beginning of the measured span, so it is not part of what came in it.
    const bytes = recent.reduce((sum, { bytes }) => sum + bytes, -first.bytes);
    return { framesPerSecond: (recent.length - 1) / seconds, bitsPerSecond: (bytes * 8) / seconds };
  }
}
