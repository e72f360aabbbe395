import { existsSync, renameSync } from 'node:fs';
import { ffmpegOutput } from './clip-file.ts';
import { timeCodedClip } from './time-coded-clip.ts';

/** How the sound of a clip is coded; G.711 has 8000 samples a second, the others 48 000. */
export type ClipSound = 'aac' | 'opus' | 'pcmu' | 'pcma';

const CODERS: Readonly<Record<ClipSound, string>> = {
  aac: '-c:a aac -ac 2 -ar 48000',
  opus: '-c:a libopus -ac 2 -ar 48000',
  pcmu: '-c:a pcm_mulaw -ac 1 -ar 8000',
  pcma: '-c:a pcm_alaw -ac 1 -ar 8000',
};

/** Frames a second of the pictures. */
export const BEEPING_RATE = 30;

/** Whether a beep begins with this second of the clip: with all but each fourth. */
export const beepsAt = (second: number): boolean => second % 4 !== 3;

/**
 * Pictures with a readable time code, and a beep of 100 ms that begins with each 30th of them (where `beepsAt` says so).
 * @returns the file's path
 */
export async function beepingClip(options: {
  readonly sound: ClipSound;
  readonly seconds: number;
  readonly width: number;
  readonly height: number;
  readonly format: 'mkv' | 'mp4';
}): Promise<string> {
  const { sound, seconds, width, height, format } = options;
  const pictures = await timeCodedClip({
    seconds,
    width,
    height,
    framesPerSecond: BEEPING_RATE,
    gop: 15,
    format: 'mp4',
  });
  const path = pictures.replace(/\.mp4$/, `-${sound}-beeps.${format}`);
  if (existsSync(path)) return path;
  const tone = '0.5*sin(2*PI*1000*t)*lt(mod(t\\,1)\\,0.1)*lt(mod(t\\,4)\\,3)';
  const beeps = ['-f', 'lavfi', '-i', `aevalsrc=${tone}:s=48000:d=${seconds}`];
  const making = `${path}.part`;
  const muxer = format === 'mkv' ? 'matroska' : 'mp4';
  const output = `-map 0:v -map 1:a -c:v copy ${CODERS[sound]} -f ${muxer}`.split(' ');
  ffmpegOutput(['-y', '-i', pictures, ...beeps, ...output, making]);
  renameSync(making, path);
  return path;
}
