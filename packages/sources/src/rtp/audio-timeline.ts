import { type Micros, micros } from '@pinhole/core';
import type { AccessUnit, SourceAudioFrame } from '@pinhole/engine';

/** Sound that is off its pictures by more is moved at once: a clock was set. */
const LARGEST_OFFSET = micros(150_000);

/** Sound that is off by so much on average over a while is moved: less than anybody notices, more than times jitter. */
const LARGEST_MEAN = micros(15_000);
const WHILE = micros(1_000_000);

/** Puts the sound of one connection on the time line of the pictures, by when both were taken. */
export class AudioTimeline {
  #shift: number | undefined;
  #last = Number.NEGATIVE_INFINITY;
  #off = { sum: 0, frames: 0, duration: 0 };

  /**
   * The frame on the pictures' line; its bytes are the same.
   * @param picture the newest picture
   */
  place<Frame extends SourceAudioFrame>(
    frame: Frame,
    picture: Pick<AccessUnit, 'pts' | 'captureTime'>,
  ): Frame {
    const wanted = picture.pts + (frame.captureTime - picture.captureTime) - frame.pts;
    const shift = this.#follow(wanted, frame.duration);
    this.#shift = shift;
    const pts: Micros = micros(Math.max(this.#last + 1, Math.round(frame.pts + shift)));
    this.#last = pts;
    return { ...frame, pts };
  }

  #follow(wanted: number, duration: Micros): number {
    const shift = this.#shift ?? wanted;
    const off = wanted - shift;
    if (Math.abs(off) > LARGEST_OFFSET) {
      this.#off = { sum: 0, frames: 0, duration: 0 };
      return wanted;
    }
    const { sum, frames, duration: watched } = this.#off;
    this.#off = { sum: sum + off, frames: frames + 1, duration: watched + duration };
    if (this.#off.duration < WHILE) return shift;
    const mean = this.#off.sum / this.#off.frames;
    this.#off = { sum: 0, frames: 0, duration: 0 };
    return Math.abs(mean) > LARGEST_MEAN ? shift + mean : shift;
  }
}
