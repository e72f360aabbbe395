import { type Micros, micros } from '@pinhole/core';
import type { ClockOffsets } from '../capture-times.ts';

/** Two tracks of one camera that differ by more would be of no use together: what it reports of one is wrong. */
const LARGEST_DISAGREEMENT = micros(2_000_000);

/**
 * How far the time line of a track of sound lies from that of the pictures: what is heard at 0 belongs to what is seen
 * there. By the clock of the camera where it reports both, whatever that reads; else by when they come.
 *
 * @returns undefined before both came.
 */
export function soundOffset(sound: ClockOffsets, video: ClockOffsets): Micros | undefined {
  const byArrival = difference(sound.arrival, video.arrival);
  const byCamera = difference(sound.camera, video.camera);
  if (byArrival === undefined || byCamera === undefined) return byArrival;
  return Math.abs(byCamera - byArrival) <= LARGEST_DISAGREEMENT ? byCamera : byArrival;
}

const difference = (sound: number | undefined, video: number | undefined): Micros | undefined =>
  sound === undefined || video === undefined ? undefined : micros(Math.round(sound - video));
