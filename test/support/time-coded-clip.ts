import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { micros } from '@pinhole/core';
import { drawTimeCode } from '@pinhole/media/timecode';
import { thirdParty } from './third-parties.ts';

const FRAMES_PER_SECOND = 30;
const FOLDER = resolve(import.meta.dirname, '../output/clips');

/** What a clip looks like and how x264 encodes it. */
export interface TimeCodedClipOptions {
  readonly width?: number;
  readonly height?: number;
  readonly framesPerSecond?: number;
  readonly seconds: number;
  readonly profile?: 'baseline' | 'main' | 'high';
  /** B-frames in a row between two others. */
  readonly bFrames?: number;
  /** Frames from one key frame to the next. */
  readonly gop?: number;
  /** Number in the first picture. */
  readonly firstFrame?: number;
  /** Kilobits a second, noise below the time code; as little as the stripe needs unless told. */
  readonly bitrateKbps?: number;
  /** `mp4` also tells when each picture is shown; `h264` is the bare byte stream. */
  readonly format?: 'mp4' | 'h264';
}

/**
 * Pictures with a readable time code, encoded by x264: frame numbers rise by one from picture to picture, capture times by
 * the frame interval, from 0 on. Made once and kept in `test/output/clips`.
 *
 * @returns the file's path
 */
export async function timeCodedClip(options: TimeCodedClipOptions): Promise<string> {
  const { width, height, framesPerSecond, seconds, profile, bFrames, gop, firstFrame, format, bitrateKbps } =
    withDefaults(options);
  const name = `${profile}-${width}x${height}@${framesPerSecond}-${seconds}s-b${bFrames}-g${gop}-from${firstFrame}${bitrateKbps > 0 ? `-${bitrateKbps}k` : ''}`;
  return await kept(`${name}.${format}`, async (path) => {
    const x264 = [
      `keyint=${gop}:min-keyint=${gop}:scenecut=0:open-gop=0`,
      `bframes=${bFrames}:b-adapt=0:repeat-headers=${format === 'h264' ? 1 : 0}`,
    ].join(':');
    const quality =
      bitrateKbps > 0
        ? `-b:v ${bitrateKbps}k -maxrate ${bitrateKbps}k -bufsize ${Math.round(bitrateKbps / 4)}k`
        : '-crf 20';
    const input = `-f rawvideo -pix_fmt yuv420p -s ${width}x${height} -r ${framesPerSecond} -i pipe:0`;
    const output = `-c:v libx264 -preset veryfast ${quality} -profile:v ${profile} -x264-params ${x264}`;
    const pictures = drawnPictures(withDefaults(options));
    await ffmpeg([...input.split(' '), ...output.split(' '), '-f', format, path], pictures);
  });
}

/**
 * Clips one after the other, as an encoder sends them whose settings are changed while it runs: each brings its own
 * parameter sets, in the MP4 too.
 */
export async function joinedClip(
  clips: readonly TimeCodedClipOptions[],
  options: { readonly format: 'mp4' | 'h264' },
): Promise<string> {
  const parts = await Promise.all(clips.map((clip) => timeCodedClip({ ...clip, format: 'h264' })));
  const name = parts.map((part) => basename(part, '.h264')).join('-then-');
  const rate = String(clips[0]?.framesPerSecond ?? FRAMES_PER_SECOND);
  const joined = Buffer.concat(await Promise.all(parts.map((part) => readFile(part))));
  return await kept(`${name}.${options.format}`, (path) =>
    options.format === 'h264'
      ? writeFile(path, joined)
      : ffmpeg(['-f', 'h264', '-r', rate, '-i', 'pipe:0', '-c', 'copy', '-f', 'mp4', path], [joined]),
  );
}

const withDefaults = (options: TimeCodedClipOptions): Required<TimeCodedClipOptions> => ({
  width: 320,
  height: 180,
  framesPerSecond: FRAMES_PER_SECOND,
  profile: 'high',
  bFrames: 0,
  gop: 30,
  firstFrame: 0,
  bitrateKbps: 0,
  format: 'mp4',
  ...options,
});

function* drawnPictures(options: Required<TimeCodedClipOptions>): Generator<Uint8Array, void, void> {
  const { width, height, framesPerSecond, seconds, firstFrame } = options;
  const stripe = Math.round(height / 12);
  for (let i = 0; i < seconds * framesPerSecond; i++) {
    const frameNumber = firstFrame + i;
    const picture = new Uint8Array((width * height * 3) / 2).fill(128);
    const luma = picture.subarray(0, width * height);
    // A moving stripe below the time code: motion for the encoder to code, and for people to see.
    const top = Math.round(height / 2) + ((frameNumber * 2) % Math.round(height / 3));
    luma.fill(210, top * width, (top + stripe) * width);
    if (options.bitrateKbps > 0) addNoise(luma.subarray(Math.ceil((height * 5) / 6) * width), frameNumber);
    const captureTime = micros(Math.round((frameNumber * 1e6) / framesPerSecond));
    drawTimeCode({ luma, width, height }, { frameNumber, captureTime });
    yield picture;
  }
}

/** Another one in each picture: an encoder has no use for the picture before. */
function addNoise(luma: Uint8Array, seed: number): void {
  let state = (seed + 1) * 2_654_435_761;
  for (let i = 0; i < luma.length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    luma[i] = 96 + ((state >>> 24) & 63);
  }
}

/** The file of that name, made under another name first: what was broken off is made again. */
async function kept(name: string, make: (path: string) => Promise<void>): Promise<string> {
  const path = join(FOLDER, name);
  if (existsSync(path)) return path;
  await mkdir(FOLDER, { recursive: true });
  const unfinished = join(FOLDER, `unfinished-${process.pid}-${name}`);
  try {
    await make(unfinished);
    await rename(unfinished, path);
  } finally {
    await rm(unfinished, { force: true });
  }
  return path;
}

async function ffmpeg(args: readonly string[], input: Iterable<Uint8Array>): Promise<void> {
  const program = thirdParty('ffmpeg');
  if (program === undefined) throw new Error('ffmpeg is missing: ask needs() first');
  const child = spawn(program, ['-hide_banner', '-v', 'error', ...args], {
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  let complaints = '';
  child.stderr.on('data', (chunk) => {
    complaints += String(chunk);
  });
  const ended = new Promise<number | null>((settle) => child.once('close', settle));
  const [fed] = await Promise.allSettled([pipeline(Readable.from(input), child.stdin), ended]);
  const code = await ended;
  if (code !== 0 || fed.status === 'rejected') {
    throw new Error(`ffmpeg ended with ${code}: ${complaints.trim()}`);
  }
}
