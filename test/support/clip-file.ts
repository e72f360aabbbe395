import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { thirdParty } from './third-parties.ts';

/** How a clip file is made. */
export interface ClipFileOptions {
  readonly seconds?: number;
  readonly profile?: 'main' | 'high';
  readonly bFrames?: number;
  /** Default 30. */
  readonly framesPerSecond?: number;
  /** Frames from one key frame to the next. */
  readonly gop?: number;
}

const CARD = (seconds: number, framesPerSecond = 30): readonly string[] =>
  `-y -f lavfi -i testsrc2=size=320x180:rate=${framesPerSecond} -t ${seconds}`.split(' ');

/** Makes an MP4 of ffmpeg's test card, 320×180, by x264. @returns its path. */
export function makeMp4(folder: string, name: string, options: ClipFileOptions = {}): string {
  const { seconds = 30, profile = 'main', bFrames = 0, gop = 30, framesPerSecond = 30 } = options;
  const path = join(folder, name);
  const x264 = `-pix_fmt yuv420p -c:v libx264 -preset ultrafast -profile:v ${profile} -bf ${bFrames} -g ${gop}`;
  ffmpegOutput([...CARD(seconds, framesPerSecond), ...x264.split(' '), path]);
  return path;
}

/** Makes a QuickTime file of the same card in JPEG pictures. @returns its path. */
export function makeMotionJpeg(folder: string, name: string, { seconds = 3 } = {}): string {
  const path = join(folder, name);
  ffmpegOutput([...CARD(seconds), '-pix_fmt', 'yuvj420p', '-c:v', 'mjpeg', '-q:v', '3', path]);
  return path;
}

/** The H.264 of an MP4 as an Annex B stream, made by ffmpeg. */
export const annexBOf = (mp4: string): Uint8Array =>
  ffmpegOutput(['-i', mp4, '-c', 'copy', '-f', 'h264', 'pipe:1']);

/** Runs ffmpeg; its warnings are passed over. @returns what it wrote to its output. */
export function ffmpegOutput(args: readonly string[], input?: Uint8Array): Uint8Array {
  const ffmpeg = thirdParty('ffmpeg');
  if (ffmpeg === undefined) throw new Error('ffmpeg is missing: ask needs() first');
  return execFileSync(ffmpeg, ['-hide_banner', '-v', 'error', ...args], {
    ...(input === undefined ? { stdio: ['ignore', 'pipe', 'inherit'] } : { input }),
    maxBuffer: 2 ** 28,
  });
}
