import { readTimeCode } from '@pinhole/media/timecode';
import { runFfmpeg } from './decode-with-ffmpeg.ts';

/** The numbers that stand in the pictures of a time-coded clip, as FFmpeg decodes and shows them. */
export function readFrameNumbers(
  file: string,
  { width = 320, height = 180 }: { readonly width?: number; readonly height?: number } = {},
): readonly number[] {
  const output = ['-map', '0:v', '-fps_mode', 'passthrough', '-pix_fmt', 'rgba', '-f', 'rawvideo', 'pipe:1'];
  const raw = runFfmpeg(['-err_detect', 'explode', '-i', file, ...output]);
  const frameBytes = width * height * 4;
  if (raw.byteLength % frameBytes !== 0)
    throw new Error(`${raw.byteLength} bytes are not whole ${width}×${height}`);
  return Array.from({ length: raw.byteLength / frameBytes }, (_, i) => {
    const picture = new Uint8ClampedArray(raw.buffer, raw.byteOffset + i * frameBytes, frameBytes);
    const code = readTimeCode({ data: picture, width, height });
    if (code === undefined) throw new Error(`picture ${i} shows no time code`);
    return code.frameNumber;
  });
}
