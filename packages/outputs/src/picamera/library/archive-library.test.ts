import { copyFile, link, mkdir, mkdtemp, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Micros, micros, silentLogger } from '@pinhole/core';
import { serializeQueryTime, VideoMode } from '@pinhole/protocol/picamera';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeMp4 } from '../../../../../test/support/clip-file.ts';
import { h264Fixture } from '../../../../../test/support/h264-fixture.ts';
import { recordedUnits, writeSegment } from '../../../../../test/support/recorded-segment.ts';
import { refusalOf } from '../../../../../test/support/refusal-of.ts';
import { needs } from '../../../../../test/support/third-parties.ts';
import { Archive } from '../../archive/archive.ts';
import { localTimeOf } from '../../archive/local-time.ts';
import { formatRecordingPath, siblingPath } from '../../archive/recording-path.ts';
import { ArchiveLibrary } from './archive-library.ts';

const { RECORDING, TIMELAPSE } = VideoMode;
const START = micros(Date.parse('2026-11-21T10:00:00Z') * 1000);
const minute = (count: number): Micros => micros(START + count * 60e6);
/** Ten pictures that take a second and a quarter. */
const clip = (start: Micros) => recordedUnits(h264Fixture('baseline'), { start, interval: micros(125_000) });
const pathAt = (start: Micros): string =>
  formatRecordingPath({ branch: '', local: localTimeOf(start), copy: 1, kind: 'mp4' });

let folder: string;
let root: string;
let archive: Archive;
let library: ArchiveLibrary;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'library-'));
  root = join(folder, 'door');
  await mkdir(root);
});
afterEach(async () => {
  await archive.close();
  await rm(folder, { recursive: true, force: true });
});

async function open({ writtenBy = 'us' }: { readonly writtenBy?: 'us' | 'others' } = {}): Promise<void> {
  archive = await Archive.open({
    camera: 'door',
    root,
    now: () => micros(Date.now() * 1000),
    log: silentLogger,
  });
  await archive.sweep();
  library = new ArchiveLibrary({ archive, writtenBy });
}

const latest = (mode: VideoMode = RECORDING) => library.find({ by: 'latest', mode });
const before = (path: string, mode: VideoMode = RECORDING) => library.find({ by: 'before-file', path, mode });
const beforeTime = (at: Micros, mode: VideoMode = RECORDING) =>
  library.find({ by: 'before-time', time: serializeQueryTime(new Date(at / 1000)), mode });

describe('recordings', () => {
  it('are told of by their absolute path and whole seconds, the newest that is finished first', async () => {
    for (let i = 0; i < 3; i++) await writeSegment(root, clip(minute(i)));
    await open();

    expect(await latest()).toEqual([{ path: join(root, pathAt(minute(2))), durationSeconds: 1 }]);
    archive.begun({ path: pathAt(minute(3)), startTime: minute(3) });
    expect(await latest()).toEqual([{ path: join(root, pathAt(minute(2))), durationSeconds: 1 }]);
  });

  it('that has just ended is the latest, though it is still being read', async () => {
    await open();
    const path = pathAt(START);
    archive.begun({ path, startTime: START });
    await writeSegment(root, clip(START));

    const ended = archive.ended(path);

    expect(await latest()).toEqual([{ path: join(root, path), durationSeconds: 1 }]);
    await ended;
  });

  it('before one are up to eight, the newest first, over hours and days', async () => {
    for (let i = 0; i < 12; i++) await writeSegment(root, clip(minute(i * 300)));
    await open();

    const page = await before(join(root, pathAt(minute(11 * 300))));
    const next = await before(page.at(-1)?.path ?? '');

    expect(page.map(({ path }) => path)).toEqual(
      [10, 9, 8, 7, 6, 5, 4, 3].map((i) => join(root, pathAt(minute(i * 300)))),
    );
    expect(next.map(({ path }) => path)).toEqual([2, 1, 0].map((i) => join(root, pathAt(minute(i * 300)))));
    expect(await before(next.at(-1)?.path ?? '')).toEqual([]);
  });

  it('that cannot be played do not end a list', async () => {
    for (const i of [0, 20]) await writeSegment(root, clip(minute(i)));
    for (let i = 1; i < 19; i++) {
      const path = join(root, pathAt(minute(i)));
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, 'not an MP4');
    }
    await open();

    expect(await before(join(root, pathAt(minute(20))))).toMatchObject([{ path: join(root, pathAt(START)) }]);
  });

  it('before a time are the one that ended last by then', async () => {
    for (let i = 0; i < 3; i++) await writeSegment(root, clip(minute(i)));
    await open();

    expect(await beforeTime(micros(minute(1) + 30e6))).toMatchObject([
      { path: join(root, pathAt(minute(1))) },
    ]);
    expect(await beforeTime(minute(1))).toMatchObject([{ path: join(root, pathAt(minute(0))) }]);
    expect(await beforeTime(minute(-1))).toEqual([]);
    for (const time of ['', '20261121', '20261121_9999', 'yesterday', '20261340_101010']) {
      expect(await library.find({ by: 'before-time', time, mode: RECORDING })).toEqual([]);
    }
  });

  it('have the picture beside them, or none', async () => {
    const path = await writeSegment(root, { ...clip(START), picture: true });
    await writeSegment(root, clip(minute(1)));
    await open();

    const picture = await library.thumbnail({ path: join(root, path), durationSeconds: 1 });

    expect(picture?.subarray(0, 2)).toEqual(Uint8Array.of(0xff, 0xd8));
    expect(
      await library.thumbnail({ path: join(root, pathAt(minute(1))), durationSeconds: 1 }),
    ).toBeUndefined();
    await rm(join(root, siblingPath(path, 'jpg')));
    expect(await library.thumbnail({ path: join(root, path), durationSeconds: 1 })).toBeUndefined();
  });

  needs('ffmpeg').it('of another program are found when they are asked for', async () => {
    await writeSegment(root, clip(START));
    await open({ writtenBy: 'others' });
    expect(await latest()).toMatchObject([{ path: join(root, pathAt(START)) }]);

    // Not fragmented, its index at the end: as other recorders write them.
    const path = join(root, pathAt(minute(1)));
    await copyFile(makeMp4(folder, 'foreign.mp4', { seconds: 3 }), path);
    library = new ArchiveLibrary({ archive, writtenBy: 'others' });

    expect(await latest()).toEqual([{ path, durationSeconds: 3 }]);
  });
});

describe('time-lapse films', () => {
  const film = async (name: string, changed: Micros): Promise<string> => {
    const path = join(root, 'timelapse', name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, name);
    await utimes(path, changed / 1e6, changed / 1e6);
    return path;
  };

  it('lie in one folder with names of their own, and stand by their last change', async () => {
    const paths: string[] = [];
    for (let i = 0; i < 10; i++) paths.push(await film(`week ${i} ä.mp4`, minute(i)));
    await film('.hidden.mp4', minute(99));
    await film('notes.txt', minute(99));
    await mkdir(join(root, 'timelapse/folder.mp4'));
    await open();

    expect(await latest(TIMELAPSE)).toEqual([{ path: paths[9], durationSeconds: 0 }]);
    expect((await before(paths[9] ?? '', TIMELAPSE)).map(({ path }) => path)).toEqual(
      [8, 7, 6, 5, 4, 3, 2, 1].map((i) => paths[i]),
    );
    expect(await before(join(root, 'timelapse/gone.mp4'), TIMELAPSE)).toEqual([]);
    expect(await beforeTime(micros(minute(3) + 1e6), TIMELAPSE)).toMatchObject([{ path: paths[3] }]);
    const { handle, sizeBytes } = await library.open(paths[4] ?? '');
    await handle.close();
    expect(sizeBytes).toBe(13);
  });

  needs('ffmpeg').it('tell how long they are', async () => {
    await mkdir(join(root, 'timelapse'));
    const path = makeMp4(join(root, 'timelapse'), 'week.mp4', { seconds: 2 });
    await open();

    expect(await latest(TIMELAPSE)).toEqual([{ path, durationSeconds: 2 }]);
  });

  it('need not be there', async () => {
    await open();

    expect(await latest(TIMELAPSE)).toEqual([]);
    expect(await latest()).toEqual([]);
  });
});

describe('a path', () => {
  it.each<[string, (own: string) => string, string]>([
    ['that climbs out', (own) => `${root}/20261121/10/../../../door2/${own}`, 'recording/bad-path'],
    ['of another place', () => '/etc/passwd', 'picamera/outside'],
    ['of another camera', (own) => `${root}2/${own}`, 'picamera/outside'],
    ['of the folder itself', () => root, 'picamera/outside'],
    ['that is relative', (own) => own, 'picamera/outside'],
    ['that is encoded', () => `${root}/%2e%2e/%2e%2e/etc/passwd`, 'recording/bad-path'],
    ['with a NUL', (own) => `${root}/${own}\0.jpg`, 'recording/bad-path'],
    ['of a device', () => '/dev/zero', 'picamera/outside'],
    ['of the index', () => `${root}/.index.jsonl`, 'recording/bad-path'],
    ['of an address', (own) => `file://${root}/${own}`, 'picamera/outside'],
    ['with empty parts', (own) => `${root}//${own}`, 'recording/bad-path'],
    ['of a film that climbs out', () => `${root}/timelapse/../../x.mp4`, 'recording/bad-path'],
    ['of a hidden film', () => `${root}/timelapse/.x.mp4`, 'recording/bad-path'],
    ['of a film that is none', () => `${root}/timelapse/x.sh`, 'recording/bad-path'],
    ['that is empty', () => '', 'picamera/outside'],
    ['of nothing', () => `${root}/${pathAt(minute(7))}`, 'recording/not-found'],
  ])('%s is refused', async (_, pathOf, code) => {
    const own = await writeSegment(root, clip(START));
    await writeSegment(`${root}2`, clip(START));
    await open();

    expect(await refusalOf(library.open(pathOf(own)))).toBe(code);
    expect(await refusalOf(library.open(join(root, own)).then(({ handle }) => handle.close()))).toBe('done');
  });

  it('that is reached by a link is refused, whatever part of it is one', async () => {
    const own = await writeSegment(root, clip(START));
    const secret = join(folder, 'secret.mp4');
    await writeFile(secret, 'secret');
    const file = pathAt(minute(1));
    await symlink(secret, join(root, file));
    await symlink(folder, join(root, '20261201'));
    await mkdir(join(folder, '10'));
    await link(secret, join(folder, '10/20261201_100000.mp4'));
    await mkdir(join(root, 'timelapse'));
    await symlink(secret, join(root, 'timelapse/film.mp4'));
    await open();

    for (const path of [file, '20261201/10/20261201_100000.mp4', 'timelapse/film.mp4']) {
      expect(await refusalOf(library.open(join(root, path)))).toBe('recording/symlink');
    }
    expect((await latest())[0]?.path).toBe(join(root, own));
    expect(archive.counters.pathsRefused.symlink).toBeGreaterThan(1);
  });

  it('of any form never leads out of the folder', async () => {
    await writeSegment(root, clip(START));
    await open();
    const part = fc.constantFrom(
      '..',
      '.',
      '',
      '/',
      '20261121',
      '10',
      'timelapse',
      '%2e%2e',
      '\0',
      root,
      'x.mp4',
      '~',
    );

    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 8 }), fc.string({ maxLength: 12 }), async (parts, end) => {
        for (const path of [`${parts.join('/')}${end}`, `${root}/${parts.join('/')}${end}`]) {
          const code = await refusalOf(library.open(path));
          expect(code).toMatch(
            /^(?:picamera\/outside|recording\/(?:bad-path|not-found|symlink|not-a-file))$/,
          );
        }
      }),
      { numRuns: 200 },
    );
  });
});
