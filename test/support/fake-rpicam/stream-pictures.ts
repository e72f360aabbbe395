import { type ChildProcess, spawn } from 'node:child_process';
import { openSync, writeSync } from 'node:fs';
import { micros } from '@pinhole/core';
import { SyntheticEncoder } from '@pinhole/sources/synthetic';
import type { FakeControl } from './fake-control.ts';
import type { FakeOptions } from './fake-options.ts';

/** Smaller, larger or odder pictures than the test card takes are refused by it. */
const nearest = (side: number, [least, most]: readonly [number, number]): number =>
  Math.max(least, Math.min(most, side - (side % 2)));

/** Writes pictures to the standard output at their moments, until told to end or nobody reads. */
export async function streamPictures(options: FakeOptions, control: FakeControl): Promise<'end' | 'crash'> {
  const width = nearest(options.width, [160, 1920]);
  const height = nearest(options.height, [120, 1080]);
  const framesPerSecond = Math.max(1, Math.min(60, options.framesPerSecond));
  const encoder = new SyntheticEncoder({ width, height, framesPerSecond, label: 'RPICAM' });
  encoder.setLook({ pattern: 'card', brightness: options.brightness });
  const x264 =
    options.slices === undefined ? undefined : startX264(options, { width, height, slices: options.slices });
  // Opens as the real one does: waits for a reader, and flushes after each line.
  const pts = options.ptsPath === undefined ? undefined : openSync(options.ptsPath, 'w');
  if (pts !== undefined) writeSync(pts, '# timecode format v2\n');
  await sleep(control.number('FAKE_RPICAM_START_MS', 100));
  const encodeMs = control.number('FAKE_RPICAM_ENCODE_MS', 10);
  const start = performance.now();
  for (let frame = 0; ; frame++) {
    await sleep(start + (frame * 1000) / framesPerSecond - performance.now());
    if (control.take('crash')) {
      x264?.kill('SIGKILL');
      return 'crash';
    }
    if (control.is('hang')) continue;
    const utcMs = performance.timeOrigin + performance.now();
    const captureTime = micros(Math.round(utcMs * 1000));
    const frameNumber = Math.round((utcMs / 1000) * framesPerSecond) % 2 ** 32;
    const bytes = encoder.encode({ frameNumber, captureTime, key: frame % options.gopFrames === 0 });
    const ptsMs = performance.now() - start;
    await sleep(encodeMs);
    if (x264 === undefined) await write(process.stdout, bytes);
    else await write(x264.stdin, rawPicture(encoder, width, height));
    if (pts !== undefined && process.env['FAKE_RPICAM_NO_STAMPS'] === undefined)
      writeSync(pts, `${Math.floor(ptsMs)}.${String(Math.floor((ptsMs % 1) * 1000)).padStart(3, '0')}\n`);
  }
}

/** x264 as `rpicam-vid --low-latency` sets it up; it writes to our standard output itself, and ends with us. */
function startX264(
  { framesPerSecond, gopFrames, kbps }: FakeOptions,
  { width, height, slices }: { readonly width: number; readonly height: number; readonly slices: number },
): ChildProcess & { readonly stdin: NodeJS.WritableStream } {
  const input = [
    '-f',
    'rawvideo',
    '-pix_fmt',
    'yuv420p',
    '-s',
    `${width}x${height}`,
    '-r',
    String(framesPerSecond),
  ];
  const coding = [
    '-c:v',
    'libx264',
    '-preset',
    'ultrafast',
    '-tune',
    'zerolatency',
    '-threads',
    String(slices),
    '-slices',
    String(slices),
  ];
  const rate = ['-g', String(gopFrames), '-b:v', `${Math.max(500, Math.round(kbps))}k`];
  return spawn(
    'ffmpeg',
    [
      '-loglevel',
      'error',
      ...input,
      '-i',
      'pipe:0',
      ...coding,
      ...rate,
      '-flush_packets',
      '1',
      '-f',
      'h264',
      'pipe:1',
    ],
    { stdio: ['pipe', 'inherit', 'inherit'] },
  );
}

/** The test picture as I420: each of its blocks is 4×4 samples. */
function rawPicture({ picture }: SyntheticEncoder, width: number, height: number): Uint8Array {
  const raw = new Uint8Array((width * height * 3) / 2);
  const fill = (
    at: number,
    blocks: Uint8Array,
    shape: { columns: number; rows: number; stride: number },
  ): void => {
    for (let y = 0; y < shape.rows; y++) {
      for (let x = 0; x < shape.columns; x++)
        raw[at + y * shape.columns + x] = blocks[(y >> 2) * shape.stride + (x >> 2)] ?? 0;
    }
  };
  const chroma = { columns: width / 2, rows: height / 2, stride: picture.chromaStride };
  fill(0, picture.luma, { columns: width, rows: height, stride: picture.lumaStride });
  fill(width * height, picture.cb, chroma);
  fill((width * height * 5) / 4, picture.cr, chroma);
  return raw;
}

function write(stream: NodeJS.WritableStream, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    // The reader is gone: so are we, as the real one.
    stream.once('error', () => process.exit(0));
    stream.write(bytes, () => {
      stream.removeAllListeners('error');
      resolve();
    });
  });
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
