import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { micros, millis } from '@pinhole/core';
import { AccessUnitAssembler } from '@pinhole/media/h264';
import { drawTimeCode } from '@pinhole/media/timecode';
import { findThirdParty } from '../../test/support/find-third-party.ts';

/** One picture of a clip. */
export interface ClipUnit {
  /** Annex B. */
  readonly data: Uint8Array;
  readonly key: boolean;
}

/** How a clip is encoded. */
export interface ClipFormat {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly framesPerSecond: number;
  readonly seconds: number;
  readonly gopFrames: number;
  readonly bitrateKbps: number;
  /** Every picture carries its number, which the page of the harness can read. */
  readonly timeCode?: true;
}

/** What a good camera sends: a key frame of over a hundred packets every two seconds. */
export const CAMERA_CLIP: ClipFormat = {
  name: 'camera-1080p30',
  width: 1920,
  height: 1080,
  framesPerSecond: 30,
  seconds: 10,
  gopFrames: 60,
  bitrateKbps: 4000,
};

/** What an old camera sends: one key frame in ten seconds. */
export const LONG_GOP_CLIP: ClipFormat = {
  name: 'long-gop-360p30',
  width: 640,
  height: 360,
  framesPerSecond: 30,
  seconds: 10,
  gopFrames: 300,
  bitrateKbps: 1000,
  timeCode: true,
};

const CACHE = join(import.meta.dirname, '../.cache');

const MAX_RAW_BYTES = 2 ** 28;

/** Where a clip lies, made now if it does not. Grain on ffmpeg's test card takes the bit rate that is asked for. */
export function clipFile(format: ClipFormat): string {
  const path = join(CACHE, `${format.name}.h264`);
  if (existsSync(path)) return path;
  mkdirSync(CACHE, { recursive: true });
  const { width, height, framesPerSecond, seconds, gopFrames, bitrateKbps } = format;
  const size = `${width}x${height}`;
  const card = `-f lavfi -i testsrc2=size=${size}:rate=${framesPerSecond}:duration=${seconds},noise=alls=10:allf=t`;
  const raw = `-f rawvideo -pix_fmt yuv420p`;
  const x264 = `aud=1:scenecut=0:repeat-headers=1:keyint=${gopFrames}:min-keyint=${gopFrames}:bframes=0`;
  const rate = `${bitrateKbps}k`;
  const encoder = `-pix_fmt yuv420p -c:v libx264 -preset veryfast -profile:v main -b:v ${rate} -maxrate ${rate}
    -bufsize ${rate} -x264-params ${x264} -f h264 ${path}.part`;
  if (format.timeCode) {
    const pictures = runFfmpeg(`${card} ${raw} -`);
    drawNumbers(pictures, format);
    runFfmpeg(`${raw} -s ${size} -r ${framesPerSecond} -i - ${encoder}`, pictures);
  } else {
    runFfmpeg(`${card} ${encoder}`);
  }
  renameSync(`${path}.part`, path);
  return path;
}

function runFfmpeg(args: string, input?: Uint8Array): Uint8Array {
  const ffmpeg = findThirdParty('ffmpeg');
  if (ffmpeg === undefined) throw new Error('ffmpeg is not installed');
  const words = `-hide_banner -loglevel error -y ${args}`.split(/\s+/);
  return execFileSync(ffmpeg, words, { maxBuffer: MAX_RAW_BYTES, ...(input && { input }) });
}

/** Draws its number into each of the planar 4:2:0 pictures, in place. */
function drawNumbers(pictures: Uint8Array, { width, height }: ClipFormat): void {
  const pictureBytes = (width * height * 3) / 2;
  for (let frameNumber = 0; (frameNumber + 1) * pictureBytes <= pictures.byteLength; frameNumber++) {
    const luma = pictures.subarray(frameNumber * pictureBytes, frameNumber * pictureBytes + width * height);
    drawTimeCode({ luma, width, height }, { frameNumber, captureTime: micros(0) });
  }
}

/** The pictures of a clip, in decoding order. */
export function readClip(path: string): readonly ClipUnit[] {
  const assembler = new AccessUnitAssembler();
  const units = assembler.push(readFileSync(path), millis(0));
  const last = assembler.flush();
  return last ? [...units, last] : units;
}
