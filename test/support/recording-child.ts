/** A program that records the synthetic camera in real time until it is killed, and tells each picture it made. */
import { micros, silentLogger } from '@pinhole/core';
import { Camera } from '@pinhole/engine';
import { Recorder, WriteLanes } from '@pinhole/outputs/recorder';
import { SyntheticSource } from '@pinhole/sources/synthetic';
import { SystemClock } from '../../packages/sources/src/clock.ts';

const [root = '', segmentMs = '1000'] = process.argv.slice(2);
const clock = new SystemClock();
const now = () => clock.utcNow();
const camera = new Camera({
  id: 'child',
  source: new SyntheticSource({ width: 160, height: 120, framesPerSecond: 30, gopFrames: 30, clock }),
  now,
  openAbort: () => new AbortController(),
  log: silentLogger,
});
const recorder = new Recorder({
  camera,
  root,
  mode: 'background',
  segment: micros(Number(segmentMs) * 1000),
  now,
  log: silentLogger,
  lanes: new WriteLanes(),
});
const say = (line: object): void => {
  process.stdout.write(`${JSON.stringify(line)}\n`);
};
recorder.events.on('state', ({ background: { kind, lastError } }) => say({ kind, error: lastError?.why }));
camera.stream.attach({ pressure: 0, write: ({ sequence }) => say({ frame: sequence }) }, { now });
recorder.open();
setInterval(() => {
  camera.tick();
  recorder.tick();
}, 100);
process.once('SIGTERM', () => {
  void recorder.close().then(() => process.exit(0));
});
