import { ffmpegOutput } from './clip-file.ts';
import { timeCodedClip } from './time-coded-clip.ts';

/** How pictures are made. */
export interface TimeCodedPicturesOptions {
  readonly width: number;
  readonly height: number;
  readonly count: number;
  /** Number in the first one; default 0. */
  readonly firstFrame?: number;
  /** What is below the time code: nothing much, or ffmpeg's test card, which moves and costs bits. */
  readonly below?: 'stripe' | 'card';
}

const RATE = 10;

/** JPEG files with a readable time code: frame numbers rise by one, capture times are none. Needs ffmpeg. */
export async function timeCodedPictures(options: TimeCodedPicturesOptions): Promise<readonly Uint8Array[]> {
  const { count, below = 'stripe', ...size } = options;
  const clip = await timeCodedClip({ ...size, framesPerSecond: RATE, seconds: Math.ceil(count / RATE) });
  const output = '-pix_fmt yuvj420p -c:v mjpeg -q:v 3 -f image2pipe pipe:1'.split(' ');
  const top = Math.ceil(size.height / 3);
  const card = `testsrc2=size=${size.width}x${size.height - top}:rate=${RATE}`;
  const inputs = below === 'card' ? ['-f', 'lavfi', '-i', card] : [];
  const filter = below === 'card' ? ['-filter_complex', `[0:v][1:v]overlay=0:${top}:shortest=1`] : [];
  const files = ffmpegOutput(['-i', clip, ...inputs, ...filter, ...output]);
  return [...split(files)].slice(0, count);
}

/** Cuts files apart. In coded data each ff is followed by 00 or a restart marker, so SOI can only be a beginning. */
function* split(files: Uint8Array): Generator<Uint8Array, void, void> {
  const all = Buffer.from(files);
  const start = Buffer.from([0xff, 0xd8, 0xff]);
  for (let at = 0; at !== -1 && at < all.length; ) {
    const next = all.indexOf(start, at + 1);
    yield new Uint8Array(all.subarray(at, next === -1 ? undefined : next));
    at = next;
  }
}
