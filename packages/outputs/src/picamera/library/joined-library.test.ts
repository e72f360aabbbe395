import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Micros, micros, silentLogger } from '@pinhole/core';
import { serializeQueryTime, VideoMode } from '@pinhole/protocol/picamera';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { h264Fixture } from '../../../../../test/support/h264-fixture.ts';
import { recordedUnits, writeSegment } from '../../../../../test/support/recorded-segment.ts';
import { refusalOf } from '../../../../../test/support/refusal-of.ts';
import { Archive } from '../../archive/archive.ts';
import { ArchiveLibrary } from './archive-library.ts';
import { JoinedLibrary } from './joined-library.ts';

const { RECORDING, TIMELAPSE } = VideoMode;
const START = micros(Date.parse('2026-11-21T10:00:00Z') * 1000);
const minute = (count: number): Micros => micros(START + count * 60e6);

let folder: string;
let theirs: string;
/** Below theirs, as `pinhole picamera --record-path` lays it. */
let ours: string;
const archives: Archive[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'joined-library-'));
  theirs = join(folder, 'video');
  ours = join(theirs, 'garden');
  await mkdir(ours, { recursive: true });
});
afterEach(async () => {
  for (const archive of archives.splice(0)) await archive.close();
  await rm(folder, { recursive: true, force: true });
});

async function open(): Promise<JoinedLibrary> {
  const libraries: ArchiveLibrary[] = [];
  for (const root of [theirs, ours]) {
    const now = (): Micros => micros(Date.now() * 1000);
    const archive = await Archive.open({ camera: 'garden', root, now, log: silentLogger });
    await archive.sweep();
    archives.push(archive);
    libraries.push(new ArchiveLibrary({ archive, writtenBy: root === theirs ? 'others' : 'us' }));
  }
  return new JoinedLibrary(libraries);
}

/** Writes recordings that begin with so many minutes. @returns their paths on the device */
async function record(root: string, minutes: readonly number[]): Promise<readonly string[]> {
  const paths: string[] = [];
  for (const count of minutes) {
    const units = recordedUnits(h264Fixture('baseline'), {
      start: minute(count),
      interval: micros(125_000),
    });
    paths.push(join(root, await writeSegment(root, { ...units, picture: true })));
  }
  return paths;
}

describe('recordings of two programs', () => {
  it('are one list by time, whichever of them a page asks from', async () => {
    const [a0, a2, a4] = await record(theirs, [0, 2, 4]);
    const [b1, b3, b5] = await record(ours, [1, 3, 5]);
    const library = await open();
    const paths = async (path: string | undefined): Promise<readonly string[]> =>
      (await library.find({ by: 'before-file', path: path ?? '', mode: RECORDING })).map(
        (entry) => entry.path,
      );

    expect((await library.find({ by: 'latest', mode: RECORDING })).map(({ path }) => path)).toEqual([b5]);
    expect(await paths(b5)).toEqual([a4, b3, a2, b1, a0]);
    expect(await paths(a2)).toEqual([b1, a0]);
    const time = serializeQueryTime(new Date((minute(4) + 30e6) / 1000));
    expect(await library.find({ by: 'before-time', time, mode: RECORDING })).toMatchObject([{ path: a4 }]);
  });

  it('come up to eight at a time, none left out', async () => {
    await record(theirs, [0, 2, 4, 6, 8, 10, 12, 14, 16]);
    const written = await record(ours, [1, 3, 5, 7, 9, 11, 13, 15, 17]);
    const library = await open();

    const seen: string[] = [];
    for (let path = written.at(-1); path !== undefined; ) {
      const page = await library.find({ by: 'before-file', path, mode: RECORDING });
      expect(page.length).toBeLessThanOrEqual(8);
      seen.push(...page.map((entry) => entry.path));
      path = page.at(-1)?.path;
    }

    expect(seen).toHaveLength(17);
    expect(new Set(seen).size).toBe(17);
  });

  it('are opened, with their pictures, from where they lie, and nothing else is', async () => {
    const [their] = await record(theirs, [0]);
    const [our] = await record(ours, [1]);
    const library = await open();

    for (const path of [their ?? '', our ?? '']) {
      const { handle } = await library.open(path);
      await handle.close();
      expect(await library.thumbnail({ path, durationSeconds: 1 })).toBeInstanceOf(Uint8Array);
    }

    expect(await refusalOf(library.open('/etc/passwd'))).toBe('picamera/outside');
    expect(await refusalOf(library.open(`${ours}/../../secret.mp4`))).toBe('recording/bad-path');
    expect(await refusalOf(library.find({ by: 'before-file', path: '/x.mp4', mode: RECORDING }))).toBe(
      'picamera/outside',
    );
  });

  it('have the time-lapse films of the folder that has some', async () => {
    await mkdir(join(theirs, 'timelapse'));
    const film = join(theirs, 'timelapse/week.mp4');
    await writeFile(film, 'film');
    const library = await open();

    expect(await library.find({ by: 'latest', mode: TIMELAPSE })).toEqual([
      { path: film, durationSeconds: 0 },
    ]);
    expect(await library.find({ by: 'before-file', path: film, mode: TIMELAPSE })).toEqual([]);
  });
});
