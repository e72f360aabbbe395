import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs/promises';
import { readdir, rm, stat, statfs, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { micros } from '@pinhole/core';
import type { RecorderDisk, RecorderState } from '@pinhole/outputs/recorder';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  filesBelow,
  frameNumbersOf,
  openRecorderRig,
  probe,
  type RecorderRig,
  recordingFolder,
} from '../support/recorder-rig.ts';
import { needs } from '../support/third-parties.ts';

const withFfmpeg = needs('ffmpeg');
const SEGMENT = micros(2_000_000);

/** A small file system of its own, gone after the test; undefined where this account may not mount one. */
async function smallDisk(sizeKb: number): Promise<string | undefined> {
  const folder = await recordingFolder();
  if (!mount(['-t', 'tmpfs', '-o', `size=${sizeKb}k`, 'none', folder])) return undefined;
  onTestFinished(() => unmount(folder));
  return folder;
}

const mount = (args: readonly string[]): boolean => spawnSync('mount', args).status === 0;

const unmount = (folder: string): void => {
  spawnSync('umount', ['-l', folder]);
};

const mayMount = ((): boolean => {
  const can = spawnSync('unshare', ['--mount', 'true']).status === 0;
  if (!can) console.log('skipped: disks that fill up or vanish; mounting one needs root');
  return can;
})();

const onDisks = mayMount ? withFfmpeg.describe : describe.skip;

/** The live picture while a disk is in trouble: pictures that reached a viewer. */
function watch(rig: RecorderRig): { frames: number } {
  const seen = { frames: 0 };
  const viewer = { pressure: 0, write: () => seen.frames++ };
  rig.camera.stream.attach(viewer, { now: () => rig.now() });
  return seen;
}

/** Every picture of the camera reached the viewer, whatever the disk did. */
function expectLive(
  rig: RecorderRig,
  live: { readonly frames: number },
  before: { live: number; at: number },
): void {
  const { framesPerSecond = 10 } = rig.picture;
  const wanted = ((rig.now() - before.at) / 1e6) * framesPerSecond;
  expect(live.frames - before.live).toBeGreaterThanOrEqual(Math.floor(wanted) - 1);
}

const isFailing = ({ background }: RecorderState): boolean => background.kind === 'failing';
const isRecording = ({ background }: RecorderState): boolean => background.kind === 'recording';

async function expectPlayable(root: string): Promise<void> {
  for (const file of await filesBelow(root)) {
    const numbers = frameNumbersOf(join(root, file));
    expect(numbers.length).toBeGreaterThan(0);
    expect(numbers).toEqual(numbers.map((_, index) => (numbers[0] ?? 0) + index));
    probe(join(root, file));
  }
}

onDisks('a disk', () => {
  it('that fills up is told in words, keeps what it has, and is used again when there is room', async () => {
    const root = (await smallDisk(400)) ?? '';
    const ballast = join(root, 'ballast');
    const segment = micros(10_000_000);
    const startAt = Date.UTC(2026, 4, 1, 12, 0, 0);
    const rig = openRecorderRig({ root, segment, startAt, picture: { framesPerSecond: 30, gopFrames: 30 } });
    const live = watch(rig);
    await rig.run(3000);
    await writeFile(ballast, new Uint8Array((await statfs(root)).bavail * 4096));
    const before = { live: live.frames, at: rig.now() };

    await rig.runUntil(isFailing);
    await rig.run(3000);

    const { background } = rig.recorder.state;
    expect(background.lastError).toMatchObject({
      code: 'recorder/disk-full',
      why: expect.stringMatching(/the disk is full; delete something/),
    });
    // Three seconds; those that are just being tried are not counted yet.
    expect(background.droppedUnits).toBeGreaterThan(80);
    expectLive(rig, live, before);
    await expectPlayable(root);

    await unlink(ballast);
    await rig.runUntil(isRecording);
    await rig.run(3000);
    await rig.close();
    await expectPlayable(root);
    const [cut] = rig.segments.filter(({ closed }) => !closed);
    expect(cut?.units).toBeGreaterThan(0);
    expect(rig.segments.at(-1)?.closed).toBe(true);
  });

  it('that fills up loses nothing where room can be made', async () => {
    const root = (await smallDisk(200)) ?? '';
    const asked: string[] = [];
    const rig = openRecorderRig({
      root,
      segment: SEGMENT,
      picture: { framesPerSecond: 30, gopFrames: 30 },
      makeRoom: async (why) => {
        asked.push(why);
        if (why === 'segment') return true;
        const [oldest] = await filesBelow(root);
        if (oldest !== undefined) await unlink(join(root, oldest));
        return oldest !== undefined;
      },
    });

    await rig.run(40_000);
    await rig.close();

    expect(asked).toContain('disk-full');
    expect(rig.recorder.counters.background).toMatchObject({
      faults: 0,
      unitsDroppedFault: 0,
      unitsDroppedSlowDisk: 0,
    });
    const files = await filesBelow(root);
    const numbers = files.flatMap((file) => frameNumbersOf(join(root, file)));
    expect(files.length).toBeLessThan(rig.segments.length);
    expect(numbers.at(-1)).toBe(1200);
    expect(numbers).toEqual(numbers.map((_, index) => (numbers[0] ?? 0) + index));
  });

  it('that turns read-only is told in words, and recording goes on when it can be written again', async () => {
    const root = (await smallDisk(4096)) ?? '';
    const rig = openRecorderRig({ root, segment: SEGMENT });
    const live = watch(rig);
    await rig.run(1000);
    // A file system that is written to cannot be made read-only; one over it is.
    expect(mount(['-t', 'tmpfs', '-o', 'ro', 'none', root])).toBe(true);
    const before = { live: live.frames, at: rig.now() };

    await rig.runUntil(isFailing);
    await rig.run(3000);

    const { background } = rig.recorder.state;
    expect(background.lastError).toMatchObject({
      code: 'recorder/read-only',
      why: expect.stringContaining('the file system is read-only'),
    });
    expectLive(rig, live, before);
    unmount(root);
    await rig.runUntil(isRecording);
    await rig.run(3000);
    await rig.close();
    await expectPlayable(root);
    expect(rig.segments.at(-1)?.closed).toBe(true);
    expect(rig.segments.some(({ closed }) => !closed)).toBe(true);
  });

  it('that is unmounted does not make the recordings go to the disk below it', async () => {
    const disk = (await smallDisk(4096)) ?? '';
    const root = join(disk, 'front');
    const rig = openRecorderRig({ root, segment: SEGMENT });
    const live = watch(rig);
    await rig.run(1000);
    unmount(disk);
    const before = { live: live.frames, at: rig.now() };

    await rig.runUntil(({ background }) => background.lastError?.code === 'recorder/other-disk');
    await rig.run(3000);

    expect(rig.recorder.state.background).toMatchObject({
      kind: 'failing',
      lastError: { code: 'recorder/other-disk', why: expect.stringContaining('mount it again') },
    });
    expect(await readdir(disk)).toEqual([]);
    expectLive(rig, live, before);
    expect(mount(['-t', 'tmpfs', '-o', 'size=4m', 'none', disk])).toBe(true);
    await rig.runUntil(isRecording);
    await rig.run(3000);
    await rig.close();
    await expectPlayable(root);
    expect((await filesBelow(root)).length).toBeGreaterThan(0);
  });
});

withFfmpeg.describe('a folder', () => {
  it('that is removed while it is recorded to is made again, with a new file', async () => {
    const folder = await recordingFolder();
    const root = join(folder, 'front');
    const rig = openRecorderRig({ root, segment: SEGMENT });
    const live = watch(rig);
    await rig.run(3000);
    await rm(root, { recursive: true });
    const before = { live: live.frames, at: rig.now() };

    await rig.runUntil(isFailing);
    const fault = rig.recorder.state.lastError;
    await rig.runUntil(isRecording);
    await rig.run(3000);
    await rig.close();

    expect(fault?.code).toBe('recorder/file-gone');
    expectLive(rig, live, before);
    await expectPlayable(root);
    const files = await filesBelow(root);
    const numbers = files.flatMap((file) => frameNumbersOf(join(root, file)));
    expect(numbers.at(-1)).toBe(rig.camera.stream.counters.units - 1);
    // Gone with the folder, and a second or two until that was seen.
    expect(numbers[0]).toBeLessThan(70);
  });

  it('in whose place a file stands is told in words', async () => {
    const folder = await recordingFolder();
    const root = join(folder, 'front');
    await writeFile(root, '');
    const rig = openRecorderRig({ root });

    await rig.run(1000);
    await rig.close();

    expect(rig.recorder.state.lastError).toMatchObject({
      code: expect.stringMatching(/^recorder\/(folder-gone|disk-error)$/),
      why: expect.stringContaining(root),
    });
    expect((await stat(root)).size).toBe(0);
  });

  it('that another recorder of this program has is refused', async () => {
    const root = await recordingFolder();
    const first = openRecorderRig({ root });
    await first.run(1000);
    const second = openRecorderRig({ root });

    await second.run(1000);
    const refusal = second.recorder.state.lastError;
    await first.close();
    await second.runUntil(isRecording);
    await second.close();

    expect(refusal).toMatchObject({
      code: 'recorder/locked',
      why: expect.stringContaining(`this process (${process.pid})`),
    });
  });
});

describe('a disk that does what the test says', () => {
  it('that is slow gets whole groups of pictures or none, counted, and the live picture does not wait', async () => {
    const root = await recordingFolder();
    const gate: { open: boolean; waiting: (() => void)[] } = { open: true, waiting: [] };
    const rig = openRecorderRig({
      root,
      segment: SEGMENT,
      disk: diskWith(async (work) => {
        if (!gate.open) await new Promise<void>((resolve) => gate.waiting.push(resolve));
        return await work();
      }),
      writing: { queueBytes: 2 ** 16 },
      picture: { framesPerSecond: 30, gopFrames: 30 },
    });
    const live = watch(rig);
    await rig.run(1000);
    gate.open = false;
    const before = live.frames;

    await rig.run(20_000);
    const stuck = rig.recorder.state.background;
    const shown = live.frames - before;
    gate.open = true;
    for (const resume of gate.waiting) resume();
    await rig.run(5000);
    await rig.close();

    expect(shown).toBe(600);
    expect(stuck.lastError).toMatchObject({ code: 'recorder/disk-slow' });
    expect(stuck.queuedBytes).toBeLessThan(2 ** 16 + 40_000);
    const { unitsDroppedSlowDisk, unitsDroppedUntilKey } = rig.recorder.counters.background;
    expect(unitsDroppedSlowDisk).toBeGreaterThan(0);
    const numbers = (await filesBelow(root)).flatMap((file) => frameNumbersOf(join(root, file)));
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(numbers.length + unitsDroppedSlowDisk + unitsDroppedUntilKey).toBe(
      rig.camera.stream.counters.units,
    );
    for (const file of await filesBelow(root)) probe(join(root, file));
  });

  it.each([
    ['EIO', 'recorder/disk-error', 'the disk fails (EIO); check cable and card'],
    ['EACCES', 'recorder/not-permitted', 'this account may not write there'],
    ['EROFS', 'recorder/read-only', 'mount it for writing'],
    ['ENODEV', 'recorder/folder-gone', 'mount the disk again'],
    ['EDQUOT', 'recorder/disk-full', 'the quota of this account'],
  ])('that fails with %s says so, and is tried again', async (errno, code, words) => {
    const root = await recordingFolder();
    const { disk, trouble } = diskThatFails(errno);
    const rig = openRecorderRig({ root, segment: SEGMENT, disk });
    await rig.run(1000);
    trouble.now = true;
    await rig.runUntil(isFailing);
    const failing = rig.recorder.state.background;
    trouble.now = false;
    await rig.runUntil(isRecording);
    await rig.run(1000);
    await rig.close();

    expect(failing).toMatchObject({ kind: 'failing', lastError: { code } });
    expect(failing.lastError?.why).toContain(words);
    expect(rig.segments.at(-1)?.closed).toBe(true);
  });

  it('counts each picture that it misses as it is missed, and none after somebody ended it', async () => {
    const root = await recordingFolder();
    const { disk, trouble } = diskThatFails('EIO');
    const rig = openRecorderRig({ root, mode: 'on-demand', disk });
    const release = rig.camera.acquire();
    const uncounted = (): number =>
      rig.camera.stream.counters.units - rig.recorder.state.onDemand.droppedUnits;
    const wanted = rig.recorder.start({ who: 'Ana' });
    await rig.run(1000);
    trouble.now = true;
    await rig.runUntil(({ onDemand }) => onDemand.kind === 'failing');

    const recorded = uncounted();
    for (let step = 0; step < 100; step++) {
      await rig.run(100);
      // A try takes as long as a fragment, and may still succeed.
      expect(uncounted()).toBeLessThanOrEqual(recorded + 15);
    }
    await rig.recorder.stop(wanted.id);
    const { droppedUnits } = rig.recorder.state.onDemand;
    trouble.now = false;
    await rig.run(1000);
    rig.recorder.start({ who: 'Ben' });
    await rig.run(1000);
    release();
    await rig.close();

    expect(rig.recorder.state.onDemand.droppedUnits).toBe(droppedUnits);
    expect(rig.segments.at(-1)?.closed).toBe(true);
  });
});

/** The real disk, which fails while there is trouble. */
function diskThatFails(errno: string): { readonly disk: RecorderDisk; readonly trouble: { now: boolean } } {
  const trouble = { now: false };
  const disk = diskWith(async (work) => {
    if (trouble.now) throw Object.assign(new Error(errno), { code: errno });
    return await work();
  });
  return { disk, trouble };
}

/** The real disk, behind something that may wait or throw before each piece of work. */
function diskWith(before: <T>(work: () => Promise<T>) => Promise<T>): RecorderDisk {
  const open = (async (...args: Parameters<typeof fs.open>) => {
    const handle = await before(() => fs.open(...args));
    const real = { writev: handle.writev.bind(handle), datasync: handle.datasync.bind(handle) };
    handle.writev = ((...pieces: Parameters<typeof handle.writev>) =>
      before(() => real.writev(...pieces))) as typeof handle.writev;
    handle.datasync = () => before(real.datasync);
    return handle;
  }) as typeof fs.open;
  return { ...fs, open, readdir: (folder) => fs.readdir(folder) };
}
