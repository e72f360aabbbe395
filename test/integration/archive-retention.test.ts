import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Micros, micros, silentLogger } from '@pinhole/core';
import { Archive, diskSpaceOf, Retention, type RetentionOptions } from '@pinhole/outputs/archive';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { h264Fixture } from '../support/h264-fixture.ts';
import { recordedUnits, segmentBytes, writeSegment } from '../support/recorded-segment.ts';

const START = micros(Date.parse('2026-11-21T10:00:00Z') * 1000);
const minute = (count: number): Micros => micros(START + count * 60e6);
const clip = (start: Micros) => recordedUnits(h264Fixture('baseline'), { start, interval: micros(40_000) });
const SIZE = segmentBytes(clip(START)).byteLength;

describe('room for recordings', () => {
  let base: string;
  let archives: Archive[];

  beforeEach(async () => {
    base = await mkdtemp(join(tmpdir(), 'retention-'));
    archives = [];
  });
  afterEach(async () => {
    for (const archive of archives) await archive.close();
    await rm(base, { recursive: true, force: true });
  });

  /** A camera with a recording at each of these minutes; `d` for one that was asked for. */
  const camera = async (name: string, minutes: readonly (number | `${number}d`)[]): Promise<Archive> => {
    const root = join(base, name);
    for (const at of minutes) {
      const by = [{ who: 'Anna', since: '2026-11-21T10:00:00Z' }];
      const note = typeof at === 'string' ? { version: 1, camera: name, tree: 'on-demand', by } : undefined;
      const start = minute(Number.parseInt(String(at), 10));
      await writeSegment(root, { ...clip(start), ...(note && { note }), picture: true });
    }
    const archive = await Archive.open({ camera: name, root, now: () => minute(1000), log: silentLogger });
    await archive.sweep();
    archives.push(archive);
    return archive;
  };
  const minutesOf = ({ files }: Archive): number[] =>
    files.map(({ startTime }) => (startTime - START) / 60e6);
  const retention = (options: Partial<RetentionOptions>): Retention =>
    new Retention({
      archives: () => archives,
      limits: {},
      now: () => minute(1000),
      log: silentLogger,
      spaceOf: () => Promise.resolve({ freeBytes: 2 ** 40, device: 'disk' }),
      ...options,
    });
  /** A disk on which there is room for so many recordings, on top of what the limit wants free. */
  const diskOf = (recordings: number, minFreeBytes = 0) => {
    const used = (): number => archives.reduce((sum, { state }) => sum + state.sizeBytes, 0);
    return () =>
      Promise.resolve({ freeBytes: minFreeBytes + recordings * (SIZE + 50) - used(), device: 'disk' });
  };

  it('is made of the oldest recordings of all cameras of a disk', async () => {
    const [a, b] = [await camera('a', [0, 1, 2, 3]), await camera('b', [1, 2, 50])];
    const maker = retention({ limits: { minFreeBytes: 1000 }, spaceOf: diskOf(3, 1000) });

    expect(await maker.makeRoom()).toMatchObject({ files: 4, enough: true });

    expect([minutesOf(a), minutesOf(b)]).toEqual([[3], [2, 50]]);
    expect(maker.counters).toMatchObject({ filesDeletedForSpace: 4, roomNotMade: 0 });
  });

  it('is made on the disk that lacks it', async () => {
    const [a, b] = [await camera('a', [0, 1]), await camera('b', [5, 6])];
    const spaceOf = (folder: string) => {
      const device = folder.endsWith('b') ? 'small' : 'large';
      return Promise.resolve({ freeBytes: device === 'small' ? 100 - b.state.sizeBytes : 2 ** 40, device });
    };

    const made = await retention({ limits: { minFreeBytes: 100 - SIZE }, spaceOf }).makeRoom();

    expect([made.files, minutesOf(a), minutesOf(b)]).toEqual([1, [0, 1], [6]]);
  });

  it('takes the picture with the recording, and the folders that become empty', async () => {
    const archive = await camera('a', [0, 60, 61]);
    await writeFile(join(archive.root, '20261121/readme.txt'), '');

    await retention({ limits: { minFreeBytes: 1000 }, spaceOf: diskOf(1, 1000) }).makeRoom();

    expect((await readdir(join(archive.root, '20261121'))).toSorted()).toEqual(['11', 'readme.txt']);
    expect(await readdir(join(archive.root, '20261121/11'))).toEqual([
      '20261121_110100.jpg',
      '20261121_110100.mp4',
    ]);
  });

  it('leaves what somebody asked for until nothing else is left', async () => {
    const archive = await camera('a', ['0d', 1, '2d', 3, 4]);

    await retention({ limits: { minFreeBytes: 1000 }, spaceOf: diskOf(3.9, 1000) }).makeRoom();
    expect(minutesOf(archive)).toEqual([0, 2, 4]);

    await retention({ limits: { minFreeBytes: 1000 }, spaceOf: diskOf(1.2, 1000) }).makeRoom();
    expect(minutesOf(archive)).toEqual([2]);
  });

  it('never takes the recording that is being written, and says that there is nothing else', async () => {
    const archive = await camera('a', [0]);
    const path = '20261121/09/20261121_090000.mp4';
    archive.begun({ path, startTime: minute(-60) });

    const maker = retention({ limits: { minFreeBytes: 1000 }, spaceOf: diskOf(0, 999) });
    const made = await maker.makeRoom();

    expect(made).toMatchObject({ files: 1, enough: false });
    expect(made.why).toMatch(
      /^the disk of .*\/a has 999 bytes free, 1000 are wanted; what is left is being written/,
    );
    expect(archive.get(path)?.state).toBe('recording');
    expect(maker.counters.roomNotMade).toBe(1);
  });

  it('keeps what waits for its upload, and says so', async () => {
    const archive = await camera('a', [0, 1]);
    const isHeld: RetentionOptions['isHeld'] = (_, { startTime }) => startTime === minute(0);

    const made = await retention({
      limits: { minFreeBytes: 1000 },
      spaceOf: diskOf(0, 1000),
      isHeld,
    }).makeRoom();

    expect(minutesOf(archive)).toEqual([0]);
    expect(made.why).toContain('1 recordings wait for being uploaded');
  });

  it('ends recordings that are too old; those that somebody asked for by an age of their own', async () => {
    const archive = await camera('a', ['0d', 1, '400d', 401, 800]);

    await retention({
      limits: { maxAge: micros(500 * 60e6), maxOnDemandAge: micros(900 * 60e6) },
    }).makeRoom();

    expect(minutesOf(archive)).toEqual([400, 800]);
  });

  it('keeps all cameras together below a size', async () => {
    const [a, b] = [await camera('a', [0, 2, 4]), await camera('b', [1, 3, 5])];
    const total = a.state.sizeBytes + b.state.sizeBytes;

    const maker = retention({ limits: { maxTotalBytes: total / 2 } });
    await maker.makeRoom();

    expect([minutesOf(a), minutesOf(b)]).toEqual([[4], [3, 5]]);
    expect(maker.counters).toMatchObject({ filesDeletedForTotal: 3, filesDeletedForSpace: 0 });
  });

  it('does not delete ever more because space does not come back at once', async () => {
    const archive = await camera('a', [0, 1, 2, 3, 4, 5]);
    const spaceOf = () => Promise.resolve({ freeBytes: 1000, device: 'disk' });

    const made = await retention({ limits: { minFreeBytes: 1000 + SIZE }, spaceOf }).makeRoom();

    expect(made).toMatchObject({ files: 1, enough: false, why: expect.stringContaining('still being read') });
    expect(archive.state.files).toBe(5);
  });

  it('goes on past a recording that cannot be deleted', async () => {
    const archive = await camera('a', [0, 1, 2]);
    const [first] = archive.files;
    await rm(join(archive.root, first?.path ?? ''));
    await mkdir(join(archive.root, first?.path ?? ''));

    const maker = retention({ limits: { maxTotalBytes: 2 * SIZE + 10 } });
    const made = await maker.makeRoom();

    expect([made.enough, minutesOf(archive)]).toEqual([true, [0, 2]]);
    expect(maker.counters.deletionsFailed).toBe(1);
  });

  it('is asked for once at a time', async () => {
    await camera('a', [0, 1, 2]);
    const maker = retention({ limits: { maxTotalBytes: SIZE } });

    const [one, other] = await Promise.all([maker.makeRoom(), maker.makeRoom()]);

    expect(other).toBe(one);
    expect(maker.counters.filesDeletedForTotal).toBe(2);
  });

  const mountable = process.platform === 'linux' && process.getuid?.() === 0 && canMount();
  it.runIf(mountable)('is really made on a small disk, also while somebody downloads what goes', async () => {
    const disk = join(base, 'disk');
    await mkdir(disk);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', disk]);
    try {
      const names = ['a', 'b'];
      for (const [i, name] of [...names, ...names, ...names, ...names, ...names].entries()) {
        const start = minute(i);
        const path = join(disk, name, await writeSegment(join(disk, name), clip(start)));
        await writeFile(path, randomBytes(1_400_000), { flag: 'a' });
      }
      for (const name of names) {
        const options = { camera: name, root: join(disk, name), now: () => minute(1000), log: silentLogger };
        archives.push(await Archive.open(options));
      }
      for (const archive of archives) await archive.sweep();
      const [oldest] = archives[0]?.files ?? [];
      const download = await archives[0]?.openFile(oldest?.path ?? '');
      const maker = new Retention({
        archives: () => archives,
        limits: { minFreeBytes: 8 * 2 ** 20 },
        now: () => minute(1000),
        log: silentLogger,
      });

      await maker.makeRoom();
      const [body] = await Promise.all([new Response(download?.stream()).arrayBuffer(), maker.makeRoom()]);
      const made = await maker.makeRoom();

      expect(body.byteLength).toBe(oldest?.sizeBytes);
      expect(made.enough).toBe(true);
      const { freeBytes } = await diskSpaceOf(disk);
      expect(freeBytes).toBeGreaterThanOrEqual(8 * 2 ** 20);
      expect(freeBytes).toBeLessThan(12 * 2 ** 20);
      const left = archives.flatMap((archive) => minutesOf(archive)).toSorted((x, y) => x - y);
      expect(left).toEqual(Array.from({ length: left.length }, (_, i) => 10 - left.length + i));
      expect(await readdir(dirname(join(disk, 'a', oldest?.path ?? '')))).not.toContain(
        oldest?.path.slice(12),
      );
    } finally {
      for (const archive of archives) await archive.close();
      execFileSync('umount', [disk]);
    }
  });
});

function canMount(): boolean {
  try {
    execFileSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
