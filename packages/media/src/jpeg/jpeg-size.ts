import { JpegWalk, type PictureSize } from './jpeg-walk.ts';

/**
 * Width and height that a JPEG image tells. Only its headers are looked at.
 * @returns undefined where it tells none, as anything that is no JPEG
 * @see ITU-T T.81 §B.2.2 (frame header)
 */
export function jpegSize(jpeg: Uint8Array): PictureSize | undefined {
  const walk = new JpegWalk();
  for (let step = walk.step(jpeg); step === 'segment'; step = walk.step(jpeg)) if (walk.size) break;
  return walk.size;
}
