import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Micros, micros, silentLogger } from '@pinhole/core';
import { Archive, FootageReader, type FootageRequest, followRecorder } from '@pinhole/outputs/archive';
import { RewindBuffer } from '@pinhole/outputs/recorder';
import { expect, onTestFinished } from 'vitest';
import {
  frameNumbersOf,
  numbersFrom,
  openRecorderRig,
  type RecorderRig,
  type RecorderRigOptions,
  recordingFolder,
} from '../support/recorder-rig.ts';
import { needs } from '../support/third-parties.ts';

const { it } = needs('ffmpeg');

const NOON = Date.UTC(2026, 4, 1, 12);
/** The rig shows ten pictures a second, the first one at noon. */
const at = (frame: number): Micros => micros(NOON * 1000 + frame * 100_000);

interface ArchiveRig extends Pick<RecorderRig, 'recorder'> {
  readonly run: (ms: number) => Promise<void>;
  readonly now: () => Micros;
  readonly archive: Archive;
  readonly footage: FootageReader;
  readonly memory: RewindBuffer;
  /** Numbers of the pictures of a stretch. */
  readonly read: (request: FootageRequest) => Promise<readonly number[]>;
}

async function openRig(options: RecorderRigOptions = {}): Promise<ArchiveRig> {
  const root = await recordingFolder();
  const rig = openRecorderRig({ root, startAt: NOON, segment: micros(4_000_000), ...options });
  const now = (): Micros => rig.now();
  const memory = new RewindBuffer({ camera: rig.camera, now, holds: 'camera' });
  memory.open();
  const archive = await Archive.open({ camera: 'front', root, now, log: silentLogger });
  const unfollow = followRecorder(archive, rig.recorder);
  onTestFinished(async () => {
    unfollow();
    memory.close();
    await rig.close();
    await archive.close();
  });
  const footage = new FootageReader({ archive, memory });
  const read = async (request: FootageRequest): Promise<readonly number[]> => {
    const file = join(root, 'read.bin');
    await writeFile(file, (await footage.open(request)).stream());
    return frameNumbersOf(file);
  };
  return { recorder: rig.recorder, run: (ms) => rig.run(ms), now, archive, footage, memory, read };
}

it('what was just seen is there at once: over complete files, the one being written, and memory', async () => {
  const { run, archive, read, footage, now } = await openRig();
  await run(10_700);

  expect(archive.files.map(({ state }) => state)).toEqual(['complete', 'complete', 'recording']);
  const newest = micros(now() + 1_000_000);
  expect(await read({ from: at(12), to: newest, purpose: 'playback' })).toEqual(numbersFrom(10, 107));
  expect(await read({ from: at(101), to: newest, purpose: 'playback' })).toEqual(numbersFrom(100, 107));
  expect(await read({ from: at(30), to: at(95), purpose: 'export' })).toEqual(numbersFrom(30, 94));
  const spans = await footage.spans({ from: at(0), to: newest });
  expect(spans.map(({ from, to, files }) => [from, to, files])).toEqual([[at(0), now(), 3]]);
});

it('memory alone can be played and saved where nothing is recorded', async () => {
  const { run, archive, read, memory } = await openRig({ mode: 'off' });
  await run(5000);

  expect(archive.state.files).toBe(0);
  const { from, to } = memory.extent;
  if (from === undefined || to === undefined) throw new Error('memory is empty');
  const all = await read({ from, to: micros(to + 1), purpose: 'playback' });
  expect(all.length).toBeGreaterThan(40);
  expect(all).toEqual(numbersFrom(all[0] ?? 0, all.at(-1) ?? 0));
  const some = await read({
    from: micros(from + 1_700_000),
    to: micros(from + 2_500_000),
    purpose: 'export',
  });
  expect(some).toEqual(numbersFrom((all[0] ?? 0) + 15, (all[0] ?? 0) + 24));
});

it('a recording that somebody starts beside the one in the background is known with who and when, and played once', async () => {
  const { run, archive, read, recorder, now } = await openRig({ mode: 'both' });
  await run(2000);
  const starter = recorder.start({ who: 'Anna' });
  await run(3000);
  await recorder.stop(starter.id);
  await run(2000);

  const [asked] = archive.files.filter(({ onDemand }) => onDemand);
  expect(asked).toMatchObject({ state: 'complete', onDemand: { by: 'Anna', at: starter.since } });
  expect(asked?.path).toMatch(/^on-demand\/20260501\/12\//);
  expect(await read({ from: at(0), to: micros(now() + 1_000_000), purpose: 'playback' })).toEqual(
    numbersFrom(0, 70),
  );
});

it('a recording that is being written tells how it is coded', async () => {
  const { run, footage, now, read } = await openRig();
  await run(3000);

  const spans = await footage.spans({ from: at(0), to: now() });

  expect(spans).toMatchObject([{ from: at(0), video: { width: 160, height: 120 } }]);
  expect(await read({ from: at(0), to: at(20), purpose: 'playback' })).toEqual(numbersFrom(0, 19));
});
