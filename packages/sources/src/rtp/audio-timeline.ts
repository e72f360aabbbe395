import { type Micros, micros } from '@pinhole/core';
import type { AccessUnit, AudioFrame } from '@pinhole/engine';

/** Sound that is off its pictures by less is left where it is: times jitter. */
const TOLERANCE = micros(150_000);

/** Puts the sound of one connection on the time line of the pictures, by when both were taken. */
export class AudioTimeline {
  #shift: number | undefined;
  #last = Number.NEGATIVE_INFINITY;

  /**
   * The frame on the pictures' line; its bytes are the same.
   * @param picture the newest picture
   */
  place(frame: AudioFrame, picture: Pick<AccessUnit, 'pts' | 'captureTime'>): AudioFrame {
    const wanted = picture.pts + (frame.captureTime - picture.captureTime) - frame.pts;
    if (this.#shift === undefined || Math.abs(wanted - this.#shift) > TOLERANCE) this.#shift = wanted;
    const pts: Micros = micros(Math.max(this.#last + 1, frame.pts + this.#shift));
    this.#last = pts;
    return { ...frame, pts };
  }
}
