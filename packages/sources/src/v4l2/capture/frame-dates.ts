import { type Micros, micros } from '@pinhole/core';
import type { CaptureCounters, CapturedFrame } from '../device/v4l2-access.ts';
import type { BufferLine } from './parse-buffer-line.ts';

/** The clocks that a frame's date is made of. */
export interface FrameClock {
  /** The kernel's monotonic clock, by which drivers date frames. */
  readonly monotonicNow: () => Micros;
  readonly utcNow: () => Micros;
}

/** A driver that dates a frame older than this uses another clock than it says. */
const OLDEST = 2_000_000;
const MOST_WAITING = 8;

interface Waiting {
  readonly data: Uint8Array;
  readonly monotonic: Micros;
  readonly utc: Micros;
}

/**
 * Brings frames and what the driver told of them together: they come by two pipes, in the same order, the frame a
 * little earlier. A frame that gets no word is handed over when the next one comes, or by `flush`, dated by its arrival.
 */
export class FrameDates {
  readonly #clock: FrameClock;
  readonly #hand: (frame: CapturedFrame) => void;
  readonly #frames: Waiting[] = [];
  readonly #lines: BufferLine[] = [];
  /** Words that are still to come for frames that were handed over without. */
  #owed = 0;
  #lastSequence: number | undefined;
  #counters = { frames: 0, lostFrames: 0, datedByArrival: 0 };

  constructor(clock: FrameClock, hand: (frame: CapturedFrame) => void) {
    this.#clock = clock;
    this.#hand = hand;
  }

  get counters(): CaptureCounters {
    return this.#counters;
  }

  /** Frames that wait for their word. */
  get waiting(): number {
    return this.#frames.length;
  }

  /** Takes a frame. */
  frame(data: Uint8Array): void {
    this.#frames.push({ data, monotonic: this.#clock.monotonicNow(), utc: this.#clock.utcNow() });
    this.#match();
    while (this.#frames.length > MOST_WAITING) this.#handOver(undefined);
  }

  /** Takes the driver's word about a frame. */
  line(line: BufferLine): void {
    if (this.#lastSequence !== undefined) {
      const missing = line.sequence - this.#lastSequence - 1;
      if (missing > 0 && missing < 10_000) this.#counters.lostFrames += missing;
    }
    this.#lastSequence = line.sequence;
    if (!line.written) {
      this.#counters.lostFrames++;
      return;
    }
    if (this.#owed > 0) {
      this.#owed--; // its frame went on without it
      return;
    }
    this.#lines.push(line);
    if (this.#lines.length > MOST_WAITING) this.#lines.shift();
    this.#match();
  }

  /** Hands over what waits in vain. */
  flush(): void {
    while (this.#frames.length > 0) this.#handOver(undefined);
  }

  #match(): void {
    for (let [frame] = this.#frames; frame !== undefined; [frame] = this.#frames) {
      const line = this.#lines.shift();
      if (line === undefined) return;
      // A word about another size belongs to a frame that never came whole.
      if (line.sizeBytes === frame.data.byteLength) this.#handOver(line);
    }
  }

  #handOver(line: BufferLine | undefined): void {
    const frame = this.#frames.shift();
    if (frame === undefined) return;
    if (line === undefined) this.#owed++;
    const age = line?.monotonic === undefined ? Number.NaN : frame.monotonic - line.monotonic;
    const believed = age >= -1_000 && age < OLDEST;
    if (!believed) this.#counters.datedByArrival++;
    this.#counters.frames++;
    const captureTime = believed ? micros(Math.round(frame.utc - Math.max(0, age))) : frame.utc;
    this.#hand({ data: frame.data, captureTime });
  }
}
