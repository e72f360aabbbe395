import { type Micros, micros } from '@pinhole/core';
import type { AccessUnit } from '@pinhole/engine';
import type { DemuxedUnit } from '@pinhole/ffmpeg';

/**
 * Puts the units of one connection after another on one line: each connection counts and dates from an origin of its
 * own, while a source's decoding times never fall and its numbers tell what was lost.
 */
export class Timeline {
  #last: AccessUnit | undefined;
  #shift: Micros = micros(0);
  #numberShift = 0;
  #joins = true;

  /** The next unit is the first of another connection. */
  join(): void {
    this.#joins = true;
  }

  /** The unit on the common line; its bytes are the same. */
  place(unit: DemuxedUnit): AccessUnit {
    if (this.#joins && this.#last !== undefined) {
      // What is missing in between was shown for as long as the gap took.
      const gap = Math.max(1, unit.captureTime - this.#last.captureTime);
      this.#shift = micros(this.#last.dts + gap - unit.dts);
      this.#numberShift = this.#last.sequence + 1 - unit.sequence;
    }
    this.#joins = false;
    this.#last = {
      ...unit,
      pts: micros(unit.pts + this.#shift),
      dts: micros(unit.dts + this.#shift),
      sequence: unit.sequence + this.#numberShift,
    };
    return this.#last;
  }
}
