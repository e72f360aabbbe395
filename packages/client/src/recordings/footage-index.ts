import { type Micros, micros, microsToTicks, type Ticks90k, ticks90k, ticksToMicros } from '@pinhole/core';
import { type FootageFragment, type FootageFrame, frameTicks } from './footage-fragment.ts';

/** A picture that is loaded. */
export interface LoadedFrame extends FootageFrame {
  /** When it was captured, UTC. */
  readonly captureTime: Micros;
}

/** Where one stretch of pictures that follow one another ends, and the next begins. */
export interface Hole {
  readonly from: Ticks90k;
  readonly to: Ticks90k;
}

/** So much may be missing between two fragments that follow one another. */
const SEAM_TICKS = 90_000;
/** Players round times. */
const ROUNDED_TICKS = 90;

/** Which pictures are in the buffer, when each is shown, and when it was captured. In the order of time. */
export class FootageIndex {
  #fragments: FootageFragment[] = [];

  /** Where what is loaded ends; nothing while nothing is. */
  get end(): Ticks90k | undefined {
    return this.#fragments.at(-1)?.end;
  }

  /** When the last picture that is loaded ends, UTC. */
  get reached(): Micros | undefined {
    const last = this.#fragments.at(-1);
    return last && captureAt(last, last.end);
  }

  /** The first picture. */
  get first(): LoadedFrame | undefined {
    return this.#at(0, 0);
  }

  /** The last one. */
  get last(): LoadedFrame | undefined {
    const index = this.#fragments.length - 1;
    return this.#at(index, (this.#fragments[index]?.frames.length ?? 0) - 1);
  }

  /** Takes a fragment; what it overlaps is replaced by it. */
  add(fragment: FootageFragment): void {
    const half = frameTicks(fragment) / 2;
    while ((this.#fragments.at(-1)?.start ?? Number.NEGATIVE_INFINITY) > fragment.start - half)
      this.#fragments.pop();
    this.#fragments.push(fragment);
  }

  /** Forgets all. */
  clear(): void {
    this.#fragments = [];
  }

  /** The last picture at this time of capture or before it; nothing when it is not loaded. */
  frameAt(captureTime: Micros): LoadedFrame | undefined {
    const index = this.#fragments.findLastIndex((fragment) => firstCapture(fragment) <= captureTime);
    const fragment = this.#fragments[index];
    if (fragment === undefined) return undefined;
    const ticks = microsToTicks(micros(captureTime - fragment.zero));
    const next = this.#fragments[index + 1];
    // Behind the last of a stretch its last picture stands for no longer than it lasts.
    if (ticks >= fragment.end && (next === undefined || next.start - fragment.end >= SEAM_TICKS))
      return undefined;
    return this.#at(
      index,
      fragment.frames.findLastIndex(({ at }) => at <= ticks + ROUNDED_TICKS),
    );
  }

  /** The first picture that was captured after this time. */
  frameAfter(captureTime: Micros): LoadedFrame | undefined {
    for (const [index, fragment] of this.#fragments.entries()) {
      if (captureAt(fragment, fragment.end) <= captureTime) continue;
      const frame = fragment.frames.findIndex(({ at }) => captureAt(fragment, at) > captureTime);
      if (frame !== -1) return this.#at(index, frame);
    }
    return undefined;
  }

  /** The picture that is shown at a time of the time line; nothing in a gap, and behind what is loaded. */
  shownAt(ticks: Ticks90k): LoadedFrame | undefined {
    const index = this.#fragments.findLastIndex(
      ({ frames }) => (frames[0]?.at ?? 0) <= ticks + ROUNDED_TICKS,
    );
    const fragment = this.#fragments[index];
    if (fragment === undefined || ticks >= fragment.end + SEAM_TICKS) return undefined;
    return this.#at(
      index,
      fragment.frames.findLastIndex(({ at }) => at <= ticks + ROUNDED_TICKS),
    );
  }

  /** The picture so many before or behind the one at `ticks`; only key frames where `keys` says so. */
  beside(
    ticks: Ticks90k,
    { step, keys = false }: { readonly step: 1 | -1; readonly keys?: boolean },
  ): LoadedFrame | undefined {
    const fragments = step === 1 ? this.#fragments : this.#fragments.toReversed();
    for (const fragment of fragments) {
      const frames = step === 1 ? fragment.frames : fragment.frames.toReversed();
      const found = frames.find(
        ({ at, key }) =>
          (key || !keys) && (step === 1 ? at > ticks + ROUNDED_TICKS : at < ticks - ROUNDED_TICKS),
      );
      if (found) return { ...found, captureTime: captureAt(fragment, found.at) };
    }
    return undefined;
  }

  /** Where the stretch of pictures around a time of the time line ends in a gap, if the next one is loaded. */
  holeAfter(ticks: Ticks90k): Hole | undefined {
    for (const [index, fragment] of this.#fragments.entries()) {
      const next = this.#fragments[index + 1];
      if (next === undefined || next.start <= ticks || next.start - fragment.end < SEAM_TICKS) continue;
      return { from: fragment.end, to: next.start };
    }
    return undefined;
  }

  /** The time of capture that a time of the time line stands for, of a picture or of a gap. */
  captureTimeAt(ticks: Ticks90k): Micros | undefined {
    const fragment =
      this.#fragments.findLast(({ start }) => start <= ticks + ROUNDED_TICKS) ?? this.#fragments[0];
    return fragment && captureAt(fragment, ticks);
  }

  /** How many bytes are loaded for after this time. */
  bytesAfter(ticks: Ticks90k): number {
    return this.#fragments.reduce((sum, { end, bytes }) => (end > ticks ? sum + bytes.byteLength : sum), 0);
  }

  /**
   * Forgets what was shown before a time, up to a key frame.
   * @returns where what is left begins; nothing when nothing can go
   */
  forgetBefore(ticks: number): Ticks90k | undefined {
    const index = this.#fragments.findLastIndex(({ key, start }) => key && start <= ticks);
    if (index <= 0) return undefined;
    this.#fragments = this.#fragments.slice(index);
    return this.#fragments[0]?.start;
  }

  #at(index: number, frame: number): LoadedFrame | undefined {
    const fragment = this.#fragments[index];
    const found = fragment?.frames[frame];
    return fragment && found && { ...found, captureTime: captureAt(fragment, found.at) };
  }
}

const captureAt = ({ zero }: FootageFragment, ticks: Ticks90k): Micros => micros(zero + ticksToMicros(ticks));
const firstCapture = (fragment: FootageFragment): Micros =>
  captureAt(fragment, fragment.frames[0]?.at ?? ticks90k(0));
