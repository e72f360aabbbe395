import { type Micros, micros } from '@pinhole/core';
import type { AccessUnit } from '@pinhole/engine';

/** The wall clock was set back by more: what follows is joined on rather than pressed together. */
const SET_BACK = 500_000;
const ONE_PICTURE = 33_333;

/** Numbers and dates the units of one source, over all its captures, so that times never fall. */
export class UnitLine {
  #sequence = 0;
  #last = Number.NEGATIVE_INFINITY;
  #shift = 0;

  /** The next unit. Pictures of cameras are shown in the order in which they come. */
  place(unit: {
    readonly data: Uint8Array;
    readonly key: boolean;
    readonly captureTime: Micros;
  }): AccessUnit {
    if (unit.captureTime + this.#shift < this.#last - SET_BACK)
      this.#shift = this.#last + ONE_PICTURE - unit.captureTime;
    this.#last = Math.max(this.#last + 1, unit.captureTime + this.#shift);
    const pts = micros(this.#last);
    return { ...unit, pts, dts: pts, sequence: this.#sequence++ };
  }
}
