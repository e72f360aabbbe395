import { type Micros, Ring } from '@pinhole/core';

const FRAMES = 512;

/** The capture times of the last frames by the media time at which a player shows them. */
export class CaptureTimes {
  readonly #frames = new Ring<{ readonly mediaTime: Micros; readonly captureTime: Micros }>(FRAMES);

  /** Remembers a frame; a capture time of 0 is unknown and is not kept. */
  add(mediaTime: Micros, captureTime: Micros): void {
    if (captureTime > 0) this.#frames.push({ mediaTime, captureTime });
  }

  /** The capture time of the frame at this media time, give or take `tolerance` µs for what players round. */
  at(mediaTime: Micros, tolerance = 1_500): Micros | undefined {
    let nearest: { readonly mediaTime: Micros; readonly captureTime: Micros } | undefined;
    for (const frame of this.#frames) {
      const distance = Math.abs(frame.mediaTime - mediaTime);
      if (distance <= tolerance && (!nearest || distance < Math.abs(nearest.mediaTime - mediaTime))) {
        nearest = frame;
      }
    }
    return nearest?.captureTime;
  }

  /** Forgets all: the media time starts anew. */
  clear(): void {
    this.#frames.clear();
  }
}
