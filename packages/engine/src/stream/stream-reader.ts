import type { StreamUnit } from './access-unit.ts';
import type { AudioFrame } from './audio-frame.ts';
import type { AccessUnitSink, ReaderCounters } from './sink.ts';

/** One sink's place in a stream: what it waits for, and what was left out for it. */
export class Reader {
  readonly sink: AccessUnitSink;
  /** Nothing can be decoded until a key unit comes. */
  needsKey = true;
  paused = false;
  #wishedForKey = false;
  readonly #counters = { written: 0, droppedBusy: 0, droppedUntilKey: 0 };

  constructor(sink: AccessUnitSink) {
    this.sink = sink;
  }

  get counters(): ReaderCounters {
    return this.#counters;
  }

  /** Hands a unit of the live edge over, or leaves it out and counts why. */
  write(unit: StreamUnit): void {
    if (this.paused) return;
    if (this.needsKey && !unit.key) {
      this.#counters.droppedUntilKey++;
      return;
    }
    if (this.sink.pressure >= 1) {
      this.#counters.droppedBusy++;
      // What no other picture needs can be missed without a wait for the next key.
      if (!unit.droppable) this.needsKey = true;
      return;
    }
    const discontinuity = this.needsKey && this.#counters.written > 0;
    this.#found();
    this.#counters.written++;
    this.sink.write(unit, { discontinuity, catchUp: false });
  }

  /** Hands sound over once there is a picture to go with it. */
  writeAudio(frame: AudioFrame): void {
    if (!this.paused && this.#counters.written > 0 && this.sink.pressure < 1) this.sink.writeAudio?.(frame);
  }

  /** Hands over what was cached since the last key unit, so that live units can follow. */
  replay(units: readonly StreamUnit[]): void {
    const newest = units.at(-1);
    const resumed = this.#counters.written > 0;
    for (const unit of units) {
      this.sink.write(unit, { discontinuity: resumed && unit.key, catchUp: unit !== newest });
      this.#counters.written++;
    }
    if (newest) this.#found();
  }

  /** Lost its place and has room again: true once for each time, so that one key frame is wished for and not thirty. */
  takeWishForKey(): boolean {
    const wishes =
      this.needsKey &&
      !this.paused &&
      !this.#wishedForKey &&
      this.#counters.written > 0 &&
      this.sink.pressure < 1;
    if (wishes) this.#wishedForKey = true;
    return wishes;
  }

  #found(): void {
    this.needsKey = false;
    this.#wishedForKey = false;
  }
}
