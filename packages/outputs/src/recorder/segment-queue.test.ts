import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { micros } from '@pinhole/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NODE_DISK, type RecorderDisk } from './disk.ts';
import type { RecorderError } from './disk-fault.ts';
import { SegmentQueue, type WriteLimits, type WrittenSegment } from './segment-queue.ts';
import { WriteLanes } from './write-lanes.ts';

let root = '';
let nowMs = 0;
let calls: string[] = [];
let fault: string | undefined;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'pinhole-queue-'));
  nowMs = 0;
  calls = [];
  fault = undefined;
});
afterEach(() => rm(root, { recursive: true }));

/** Tells writes and syncs, and fails when the test wants it. */
const open = (async (...args: Parameters<RecorderDisk['open']>) => {
  const handle = await NODE_DISK.open(...args);
  const real = { writev: handle.writev.bind(handle), datasync: handle.datasync.bind(handle) };
  handle.writev = ((...pieces: Parameters<typeof handle.writev>) => {
    const error = fault;
    if (error !== undefined) return Promise.reject(Object.assign(new Error(error), { code: error }));
    calls.push(`write ${pieces[0].reduce((sum, { byteLength }) => sum + byteLength, 0)}`);
    return real.writev(...pieces);
  }) as typeof handle.writev;
  handle.datasync = () => {
    calls.push('sync');
    return real.datasync();
  };
  return handle;
}) as RecorderDisk['open'];

function openQueue(
  limits: Partial<WriteLimits> = {},
  makeRoom = (): Promise<boolean> => Promise.resolve(false),
) {
  const told: { segments: WrittenSegment[]; errors: RecorderError[]; lost: number } = {
    segments: [],
    errors: [],
    lost: 0,
  };
  const queue = new SegmentQueue({
    queueBytes: 2 ** 20,
    flushBytes: 0,
    fsyncMs: 1000,
    fragmentMs: 500,
    ...limits,
    root,
    unfinished: '.part',
    prepare: () => Promise.resolve(),
    disk: { ...NODE_DISK, open },
    lane: new WriteLanes().lane(),
    monotonic: () => nowMs,
    makeRoom,
    opened: () => calls.push('opened'),
    written: (segment) => told.segments.push(segment),
    failed: (error, { units }) => {
      told.errors.push(error);
      told.lost += units;
    },
  });
  return { queue, told };
}

const begin = (queue: SegmentQueue): void =>
  queue.begin({
    name: { folder: '20260101/00', stem: '20260101_000000' },
    reason: 'first',
    start: micros(0),
    keyUnit: new Uint8Array(),
  });

/** Appends a fragment at a time of the clock, and lets the disk work. */
async function fragmentAt(queue: SegmentQueue, ms: number, bytes = 100): Promise<void> {
  nowMs = ms;
  queue.append({ bytes: new Uint8Array(bytes), units: 15 }, micros(ms * 1000));
  await idle();
}

const idle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 50));

describe('SegmentQueue', () => {
  it('writes each fragment at once and syncs so that no more than a second is at stake', async () => {
    const { queue } = openQueue();
    begin(queue);

    for (let ms = 500; ms <= 3000; ms += 500) await fragmentAt(queue, ms);

    const [write, sync] = ['write 100', 'sync'];
    // The file with its first fragment at 0.5 s; then what came until 1.5 s and until 2.5 s.
    expect(calls).toEqual([write, sync, 'opened', write, write, sync, write, write, sync, write]);
    await queue.drained();
  });

  it('collects bytes for a card that should live long, and writes them when there are enough or time is up', async () => {
    const { queue } = openQueue({ flushBytes: 350, fsyncMs: 10_000 });
    begin(queue);
    await fragmentAt(queue, 0);
    calls = [];

    for (let ms = 500; ms <= 2500; ms += 500) await fragmentAt(queue, ms);
    const bySize = calls.splice(0);
    await fragmentAt(queue, 9600);
    await idle();

    expect(bySize).toEqual(['write 400']);
    expect(calls).toEqual(['write 200', 'sync']);
    await queue.drained();
  });

  it('makes the file with its first bytes, under its own name once they are there', async () => {
    const { queue, told } = openQueue();
    begin(queue);
    await idle();
    expect(queue.file).toBeUndefined();
    await expect(stat(join(root, '20260101'))).rejects.toThrowError('ENOENT');

    await fragmentAt(queue, 0);
    const path = join(root, '20260101/00/20260101_000000.mp4');
    expect(queue.file).toMatchObject({ path, bytes: 100 });
    queue.finish([{ offset: 10, bytes: Uint8Array.of(7) }]);
    await queue.drained();

    expect(told.segments).toEqual([
      { path, start: 0, end: 0, bytes: 100, units: 15, reason: 'first', closed: true },
    ]);
    expect((await NODE_DISK.readFile(path))[10]).toBe(7);
    await expect(stat(join(root, '.part'))).rejects.toThrowError('ENOENT');
  });

  it('never writes over a file that is there', async () => {
    const { queue, told } = openQueue();

    for (let i = 0; i < 3; i++) {
      begin(queue);
      await fragmentAt(queue, i, 100 + i);
      queue.finish([]);
    }
    await queue.drained();

    expect(told.segments.map(({ path, bytes }) => [path.slice(-12), bytes])).toEqual([
      ['1_000000.mp4', 100],
      ['000000_2.mp4', 101],
      ['000000_3.mp4', 102],
    ]);
  });

  it('cuts a file off behind its last whole fragment, and counts what was lost', async () => {
    const { queue, told } = openQueue();
    begin(queue);
    await fragmentAt(queue, 0);
    await fragmentAt(queue, 500);

    fault = 'EIO';
    await fragmentAt(queue, 1000);

    expect(told.errors.map(({ code }) => code)).toEqual(['recorder/disk-error']);
    expect(told.lost).toBe(15);
    expect(told.segments).toMatchObject([{ bytes: 200, units: 30, closed: false }]);
    expect((await stat(told.segments[0]?.path ?? '')).size).toBe(200);
    expect([queue.bytes, queue.file]).toEqual([0, undefined]);
  });

  it('tries again where room was made, and gives up on a disk that stays full', async () => {
    let asked = 0;
    const { queue, told } = openQueue({}, () => {
      asked++;
      if (asked === 3) fault = undefined;
      return Promise.resolve(true);
    });
    begin(queue);
    await fragmentAt(queue, 0);
    fault = 'ENOSPC';
    await fragmentAt(queue, 500);
    const healed = { errors: told.errors.length, bytes: queue.file?.bytes };

    fault = 'ENOSPC';
    asked = 10;
    await fragmentAt(queue, 1000);

    expect(healed).toEqual({ errors: 0, bytes: 200 });
    expect(told.errors.map(({ code }) => code)).toEqual(['recorder/disk-full']);
    expect(asked).toBeLessThan(15);
  });
});
