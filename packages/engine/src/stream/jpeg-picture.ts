import type { Micros } from '@pinhole/core';

/**
 * One whole JPEG picture of a camera that makes those.
 *
 * Ownership: nobody changes or reuses `data` once it was handed over.
 */
export interface JpegPicture {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  /** When light hit the sensor as well as the source knows it, else when the last byte came; UTC. */
  readonly captureTime: Micros;
  /** Counts up by one a picture. */
  readonly sequence: number;
}
