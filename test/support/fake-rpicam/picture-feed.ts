import { createInterface } from 'node:readline';
import { micros } from '@pinhole/core';
import { SyntheticEncoder } from '@pinhole/sources/synthetic';

/**
 * The pictures of the fake picamera2: writes each behind length (u32), key (u8) and its moment on CLOCK_MONOTONIC in
 * microseconds (u64); reads `{ "brightness": -1…1 }` and `{ "key": true }` a line. Ends when its input does.
 */
interface FeedOptions {
  readonly width: number;
  readonly height: number;
  readonly framesPerSecond: number;
  readonly gopFrames: number;
  readonly brightness: number;
}

const options = JSON.parse(process.argv[2] ?? '{}') as FeedOptions;
const { width, height, framesPerSecond, gopFrames } = options;
const encoder = new SyntheticEncoder({ width, height, framesPerSecond, label: 'PICAMERA2' });
const look = (brightness: number): void =>
  encoder.setLook({ pattern: 'card', brightness: Math.round(brightness * 50) });
look(options.brightness);
let keyWanted = false;
let sinceKey = 0;

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const command = JSON.parse(line) as { readonly brightness?: number; readonly key?: boolean };
    if (command.brightness !== undefined) look(command.brightness);
    if (command.key === true) keyWanted = true;
  })
  .on('close', () => process.exit(0));
process.stdout.on('error', () => process.exit(0));

setInterval(() => {
  const utcMs = performance.timeOrigin + performance.now();
  const sensor = process.hrtime.bigint() / 1000n;
  const key = keyWanted || sinceKey >= gopFrames;
  keyWanted = false;
  sinceKey = key ? 1 : sinceKey + 1;
  const frameNumber = Math.round((utcMs / 1000) * framesPerSecond) % 2 ** 32;
  const picture = encoder.encode({ frameNumber, captureTime: micros(Math.round(utcMs * 1000)), key });
  const header = Buffer.alloc(13);
  header.writeUInt32BE(picture.byteLength, 0);
  // The first picture is a key picture in any case; its parameter sets tell.
  header.writeUInt8(key || picture[4] === 0x67 ? 1 : 0, 4);
  header.writeBigUInt64BE(sensor, 5);
  process.stdout.write(Buffer.concat([header, picture]));
}, 1000 / framesPerSecond);
