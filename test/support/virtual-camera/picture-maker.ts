import { type ChildProcess, spawn } from 'node:child_process';
import { performance } from 'node:perf_hooks';
import { micros } from '@pinhole/core';
import { drawTimeCode, timeCodeLayout } from '@pinhole/media/timecode';
import { createSyntheticSource } from '@pinhole/sources/synthetic';
import { thirdParty } from '../third-parties.ts';

/** What is to be made. */
export interface PictureOrder {
  readonly fourcc: 'MJPG' | 'YUYV' | 'H264';
  readonly width: number;
  readonly height: number;
  readonly framesPerSecond: number;
}

/** It makes pictures until it is stopped. */
export interface PictureMaker {
  stop(): void;
}

const monotonicMicros = (): bigint => process.hrtime.bigint() / 1000n;
const utcMicros = (): number => Math.round((performance.timeOrigin + performance.now()) * 1000);

/** Makes time-coded pictures at a real pace; `take` gets each with the moment when it was drawn. */
export function pictureMaker(
  order: PictureOrder,
  take: (picture: Uint8Array, at: bigint) => void,
): PictureMaker {
  if (order.fourcc === 'H264') return h264Maker(order, take);
  return order.fourcc === 'YUYV' ? yuyvMaker(order, take) : jpegMaker(order, take);
}

function h264Maker(order: PictureOrder, take: (picture: Uint8Array, at: bigint) => void): PictureMaker {
  const stop = new AbortController();
  const source = createSyntheticSource({ ...order, gopFrames: order.framesPerSecond });
  void source.start(
    { write: ({ data }) => take(data, monotonicMicros()), state: () => {} },
    { signal: stop.signal },
  );
  return { stop: () => stop.abort() };
}

function yuyvMaker(order: PictureOrder, take: (picture: Uint8Array, at: bigint) => void): PictureMaker {
  const { width, height } = order;
  return paced(order, (luma, at) => {
    const pixels = new Uint8Array(2 * width * height).fill(128);
    for (let i = 0; i < luma.byteLength; i++) pixels[2 * i] = luma[i] ?? 0;
    take(pixels, at);
  });
}

/** By ffmpeg, which makes each picture as soon as all its pixels are there. */
function jpegMaker(order: PictureOrder, take: (picture: Uint8Array, at: bigint) => void): PictureMaker {
  const { width, height } = order;
  const child = spawn(
    thirdParty('ffmpeg') ?? 'ffmpeg',
    `-hide_banner -v error -probesize 32 -f rawvideo -pix_fmt gray -s ${width}x${height} -r ${order.framesPerSecond} -i pipe:0 -pix_fmt yuvj422p -c:v mjpeg -threads 1 -q:v 4 -huffman default -flush_packets 1 -f image2pipe pipe:1`.split(
      ' ',
    ),
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const drawn: bigint[] = [];
  cutJpegs(child, (jpeg) => take(withoutTables(jpeg), drawn.shift() ?? monotonicMicros()));
  child.stdin.on('error', () => {}); // it was stopped
  const pace = paced(order, (luma, at) => {
    drawn.push(at);
    child.stdin.write(luma);
  });
  return {
    stop: () => {
      pace.stop();
      child.kill('SIGKILL');
    },
  };
}

function paced(
  { width, height, framesPerSecond }: PictureOrder,
  draw: (luma: Uint8Array, at: bigint) => void,
): PictureMaker {
  const start = performance.now();
  const strip = timeCodeLayout(width, height).heightPixels;
  let frameNumber = 0;
  const timer = setInterval(() => {
    if (performance.now() - start < (frameNumber * 1000) / framesPerSecond) return;
    const luma = new Uint8Array(width * height);
    for (let y = strip; y < height; y++)
      luma.fill(64 + ((y + frameNumber * 4) & 127), y * width, (y + 1) * width);
    const [captureTime, at] = [micros(utcMicros()), monotonicMicros()];
    drawTimeCode({ luma, width, height }, { frameNumber, captureTime });
    frameNumber++;
    draw(luma, at);
  }, 2);
  return { stop: () => clearInterval(timer) };
}

/** ffmpeg's files begin with ff d8 ff e0, which is nowhere inside. */
function cutJpegs(child: ChildProcess, take: (jpeg: Uint8Array) => void): void {
  let held = Buffer.alloc(0);
  child.stdout?.on('data', (chunk: Buffer) => {
    held = Buffer.concat([held, chunk]);
    for (let end = held.indexOf('ffd9', 0, 'hex'); end !== -1; end = held.indexOf('ffd9', 0, 'hex')) {
      take(Uint8Array.from(held.subarray(0, end + 2)));
      held = held.subarray(end + 2);
    }
  });
}

/** As many USB cameras send it: Motion JPEG may leave the standard Huffman tables out. */
function withoutTables(jpeg: Uint8Array): Uint8Array {
  const bytes = Buffer.from(jpeg);
  const at = bytes.indexOf('ffc401a2', 0, 'hex');
  return at === -1 ? jpeg : Uint8Array.from(Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 420)]));
}
