import { writeFileSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { micros } from '@pinhole/core';
import type { AccessUnit, SourceAudioFrame, SourceState } from '@pinhole/engine';
import { FakeClock } from '../fake-clock.ts';
import { SyntheticEncoder } from '../synthetic/index.ts';
import { createFileSource, type FileSourceOptions } from './file-source.ts';

/** Pictures of the raw clip. */
export const RAW_FRAMES = 12;
const RAW_FPS = 20;

/** Writes a short clip of H.264 as it comes from an encoder: one key picture, 20 pictures a second. */
export function writeRawClip(path: string): void {
  const encoder = new SyntheticEncoder({ width: 160, height: 120, framesPerSecond: RAW_FPS });
  const units = Array.from({ length: RAW_FRAMES }, (_, i) =>
    encoder.encode({ frameNumber: i, captureTime: micros(i + 1), key: i === 0 }),
  );
  writeFileSync(path, Buffer.concat(units));
}

/** Plays on a fake clock, which goes from timer to timer, until there are `count` pictures or the file has ended. */
export async function play(options: FileSourceOptions, count: number) {
  const clock = new FakeClock();
  const source = createFileSource({ clock, ...options });
  const units: AccessUnit[] = [];
  const sounds: SourceAudioFrame[] = [];
  const handedOnMs: number[] = [];
  const states: SourceState[] = [];
  const abort = new AbortController();
  const sink = {
    write: (unit: AccessUnit) => {
      units.push(unit);
      handedOnMs.push(clock.monotonicNow());
      if (units.length === count) abort.abort();
    },
    audio: (frame: SourceAudioFrame) => sounds.push(frame),
    state: (state: SourceState) => states.push(state),
  };
  let running = true;
  const ended = source.start(sink, { signal: abort.signal }).finally(() => {
    running = false;
  });
  ended.catch(() => {}); // awaited below
  while (running) {
    await setImmediate();
    clock.advanceToNext();
  }
  await ended;
  return { clock, source, units, sounds, handedOnMs, states, sink };
}

/** What lies between values. */
export const intervals = (values: readonly number[]): readonly number[] =>
  values.slice(1).map((value, i) => Math.round(value - (values[i] ?? 0)));

/** Why a file does not play. */
export const failure = (options: FileSourceOptions): Promise<unknown> =>
  play(options, 1).then(
    () => 'played',
    (thrown: unknown) => thrown,
  );
