import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NODE_DISK } from './disk.ts';
import { BEAT_MS, LOCK_NAME, RootLock, WATCH_MS } from './root-lock.ts';
import { ownIdentity, type WriterIdentity } from './writer-identity.ts';

let root = '';
let nowMs = 0;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'pinhole-lock-'));
  nowMs = 0;
});
afterEach(() => rm(root, { recursive: true }));

const lockOf = (over: Partial<WriterIdentity> = {}): RootLock =>
  new RootLock({
    root,
    disk: NODE_DISK,
    monotonic: () => nowMs,
    identity: { ...ownIdentity(), ...over },
  });

/** Another machine that shares the disk: nothing but its beat tells whether it lives. */
const FOREIGN = { pid: 77, host: 'shed', machine: 'b', boot: 'b', pidSpace: 'b', startedTicks: '1' };

describe('RootLock', () => {
  it('is for one at a time, and free when it is given back', async () => {
    const [first, second] = [lockOf(), lockOf()];
    await first.acquire();

    await expect(second.acquire()).rejects.toMatchObject({
      code: 'recorder/locked',
      message: expect.stringContaining(`(${process.pid})`),
    });
    await first.release();
    await second.acquire();

    expect([first.held, second.held]).toEqual([false, true]);
    await second.release();
    expect(await readdir(root)).toEqual([]);
  });

  it.each([
    ['a process that has ended', { pid: 2 ** 22 - 1 }],
    ['a process whose id was used again', { startedTicks: '1' }],
    ['this machine before it was started anew', { boot: 'before' }],
  ])('is taken from %s at once', async (_, gone) => {
    const machine = 'm';
    const left = lockOf({ machine, ...gone });
    await left.acquire();

    const taker = lockOf({ machine });
    await taker.acquire();

    expect(taker.held).toBe(true);
    expect(await readdir(root)).toEqual([LOCK_NAME]);
  });

  it('is not taken from a machine that shows signs of life, and is from one that shows none', async () => {
    const [other, own] = [lockOf(FOREIGN), lockOf()];
    await other.acquire();

    await expect(own.acquire()).rejects.toMatchObject({ message: expect.stringContaining('77 on shed') });
    nowMs += WATCH_MS - 1;
    await other.beat();
    await expect(own.acquire()).rejects.toMatchObject({ code: 'recorder/locked' });
    nowMs += WATCH_MS - 1;
    await expect(own.acquire()).rejects.toMatchObject({ code: 'recorder/locked' });
    nowMs += 1;
    await own.acquire();

    expect(own.held).toBe(true);
  });

  it('tells its holder when somebody else has it by now', async () => {
    const [first, second] = [lockOf(FOREIGN), lockOf()];
    await first.acquire();
    await rm(join(root, LOCK_NAME));
    await second.acquire();

    nowMs += BEAT_MS;
    await expect(first.beat()).rejects.toMatchObject({ code: 'recorder/locked' });

    expect(first.held).toBe(false);
    expect(second.held).toBe(true);
  });

  it('is still ours when the disk was away for a while', async () => {
    const lock = lockOf();
    await lock.acquire();

    await lock.acquire();
    await lock.release();

    expect(await readdir(root)).toEqual([]);
  });

  it.each(['', '{', 'null', '{"pid":"x"}', '[]'])(
    'a lock that a power cut left as %j holds nothing',
    async (text) => {
      await writeFile(join(root, LOCK_NAME), text);
      const lock = lockOf();

      await lock.acquire();

      expect(JSON.parse(await readFile(join(root, LOCK_NAME), 'utf8'))).toMatchObject({ pid: process.pid });
    },
  );
});
