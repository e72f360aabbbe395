import { randomBytes } from 'node:crypto';
import { appendFile, mkdtemp, readFile, rm, stat, truncate } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Logger, type Micros, micros, millis, silentLogger } from '@pinhole/core';
import { Archive } from '@pinhole/outputs/archive';
import { JOURNAL_NAME, type UploadOptions, UploadQueue } from '@pinhole/outputs/upload';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { h264Fixture } from '../support/h264-fixture.ts';
import { recordedUnits, writeSegment } from '../support/recorded-segment.ts';
import { type S3Server, startS3Server } from '../support/s3-server.ts';
import { needs } from '../support/third-parties.ts';

const START = micros(Date.parse('2026-11-21T10:00:00Z') * 1000);
const minute = (count: number): Micros => micros(START + count * 60e6);
const MB = 2 ** 20;

needs('swift').describe('uploads to a storage service (OpenStack Swift by its S3 interface)', () => {
  let server: S3Server;
  let folder: string;
  let queues: UploadQueue[];
  let archives: Archive[];
  let camera: string;
  let cameras = 0;
  const lines: string[] = [];

  beforeAll(async () => {
    server = await startS3Server();
  }, 60_000);
  afterAll(() => server.close());
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'upload-'));
    camera = `camera-${cameras++}`;
    queues = [];
    archives = [];
    lines.length = 0;
  });
  afterEach(async () => {
    for (const queue of queues) await queue.close();
    for (const archive of archives) await archive.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** A recording; with so many bytes behind it that nobody plays. */
  const write = async (
    at: number,
    options: { readonly bytes?: number; readonly picture?: true } = {},
  ): Promise<string> => {
    const { bytes = 0, picture } = options;
    const units = recordedUnits(h264Fixture('baseline'), { start: minute(at), interval: micros(40_000) });
    const path = await writeSegment(folder, { ...units, ...(picture && { picture }) });
    if (bytes > 0) await appendFile(join(folder, path), randomBytes(bytes));
    return path;
  };
  const openArchive = async (): Promise<Archive> => {
    const archive = await Archive.open({ camera, root: folder, now: () => minute(1000), log: silentLogger });
    archives.push(archive);
    await archive.sweep();
    return archive;
  };
  const note = (fields: object, message: string): void => {
    lines.push(JSON.stringify({ ...fields, message }));
  };
  const log: Logger = { debug: note, info: note, warn: note, error: note, child: () => log };
  const openQueue = (options: Partial<UploadOptions> = {}): UploadQueue => {
    const retry = { firstMs: millis(50), maxMs: millis(200) };
    const queue = new UploadQueue({ target: server.target, log, retry, ...options });
    queues.push(queue);
    return queue;
  };
  const until = async (is: () => boolean, what: string): Promise<void> => {
    for (
      const deadline = Date.now() + 20_000;
      !is();
      await new Promise((resolve) => setTimeout(resolve, 10))
    ) {
      if (Date.now() > deadline) throw new Error(`in vain waited for ${what}; ${lines.join('\n')}`);
    }
  };
  const done = (queue: UploadQueue): Promise<void> =>
    until(() => queue.state.waiting === 0 && queue.state.active.length === 0, 'the end of uploads');
  /** Whether the service has a recording byte for byte. */
  const isStored = async (path: string): Promise<boolean> => {
    const [there, here] = await Promise.all([server.read(`${camera}/${path}`), readFile(join(folder, path))]);
    return there !== undefined && here.equals(there);
  };
  const mine = async (): Promise<readonly string[]> =>
    (await server.list())
      .filter((key) => key.startsWith(`${camera}/`))
      .map((key) => key.slice(camera.length + 1));

  it('copies what is there and what comes, with the picture beside it, in one piece or in parts', async () => {
    const small = await write(0, { picture: true });
    const large = await write(1, { bytes: 12 * MB });
    const archive = await openArchive();
    const queue = openQueue({ partBytes: 5 * MB });
    expect(archive.files.every((file) => !queue.isHeld(archive, file))).toBe(true);

    await queue.add(archive);
    expect(archive.files.every((file) => queue.isHeld(archive, file))).toBe(true);
    await done(queue);
    const later = await write(2);
    await archive.sweep();
    await done(queue);

    expect(await mine()).toEqual([small.replace('mp4', 'jpg'), small, large, later].toSorted());
    for (const path of [small, large, later]) {
      expect(await isStored(path)).toBe(true);
    }
    expect(archive.files.some((file) => queue.isHeld(archive, file))).toBe(false);
    expect(queue.counters).toMatchObject({ filesUploaded: 3, triesFailed: 0, bytesResumed: 0 });
    expect(await server.pending()).toBe(0);
  });

  it('knows over a restart what was copied, also when its own list is lost', async () => {
    for (const at of [0, 1]) await write(at);
    const archive = await openArchive();
    const first = openQueue();
    await first.add(archive);
    await done(first);
    await first.close();

    const second = openQueue();
    await second.add(archive);
    await done(second);
    expect(second.counters).toMatchObject({ filesUploaded: 0, filesThereAlready: 0 });
    await second.close();

    await rm(join(folder, JOURNAL_NAME));
    const third = openQueue();
    await third.add(archive);
    await done(third);
    expect(third.counters).toMatchObject({ filesUploaded: 0, filesThereAlready: 2, bytesUploaded: 0 });
  });

  it('goes on with the parts that are there after it was killed half-way', async () => {
    const path = await write(0, { bytes: 24 * MB });
    const archive = await openArchive();
    const first = openQueue({ partBytes: 5 * MB, bytesPerSecond: 20 * MB });
    await first.add(archive);
    await until(() => (first.state.active[0]?.sentBytes ?? 0) > 12 * MB, 'two parts');
    await first.close();
    expect(await mine()).toEqual([]);
    expect(await server.pending()).toBe(1);
    // As a power cut would have left it.
    await appendFile(join(folder, JOURNAL_NAME), '0badc0de {"p":"2026');

    const second = openQueue({ partBytes: 8 * MB });
    await second.add(archive);
    await done(second);

    expect(await isStored(path)).toBe(true);
    expect(second.counters.bytesResumed).toBeGreaterThanOrEqual(10 * MB);
    expect(second.counters.bytesResumed + second.counters.bytesUploaded).toBe(
      (await stat(join(folder, path))).size,
    );
    expect(await server.pending()).toBe(0);
  });

  it('begins anew when the file is another by then, and leaves nothing behind', async () => {
    const path = await write(0, { bytes: 24 * MB });
    const archive = await openArchive();
    const first = openQueue({ partBytes: 5 * MB, bytesPerSecond: 20 * MB });
    await first.add(archive);
    await until(() => (first.state.active[0]?.sentBytes ?? 0) > 6 * MB, 'a part');
    await first.close();
    await truncate(join(folder, path), 7 * MB);

    const second = openQueue({ partBytes: 5 * MB });
    await second.add(archive);
    await done(second);

    expect(await isStored(path)).toBe(true);
    expect(second.counters.bytesResumed).toBe(0);
    expect(await server.pending()).toBe(0);
  });

  it('waits for a service that is gone, says so, and goes on by itself', async () => {
    const paths = [await write(0, { bytes: 30 * MB }), await write(1)];
    const archive = await openArchive();
    const queue = openQueue({ partBytes: 5 * MB, bytesPerSecond: 40 * MB });
    await queue.add(archive);
    await until(() => (queue.state.active[0]?.sentBytes ?? 0) > 11 * MB, 'the midst');

    await server.stop();
    await until(() => queue.state.fault !== undefined, 'a fault');
    expect(queue.state.fault).toMatchObject({
      code: 'upload/unreachable',
      why: expect.stringContaining('127.0.0.1'),
    });
    expect(archive.files.every((file) => queue.isHeld(archive, file))).toBe(true);
    await server.start();
    await done(queue);

    expect(queue.state.fault).toBeUndefined();
    for (const path of paths) expect(await isStored(path)).toBe(true);
    expect(queue.counters.bytesResumed).toBeGreaterThanOrEqual(5 * MB);
  });

  it.each([
    ['upload/denied', { secretAccessKey: 'wrong-and-secret' }, 'check the keys'],
    ['upload/denied', { accessKeyId: 'nobody' }, 'check the keys'],
    ['upload/no-bucket', { bucket: 'not-there' }, 'create bucket "not-there"'],
  ])('says what a person has to mend: %s', async (code, wrong, words) => {
    await write(0, { bytes: 6 * MB });
    const archive = await openArchive();
    const queue = openQueue({ target: { ...server.target, ...wrong }, partBytes: 5 * MB });

    await queue.add(archive);
    await until(() => queue.state.fault !== undefined, 'a fault');

    expect(queue.state.fault).toMatchObject({ code, why: expect.stringContaining(words) });
    expect(queue.state.waiting).toBe(1);
  });

  it('never tells a secret: not in the log, not in its state', async () => {
    await write(0);
    const archive = await openArchive();
    const queue = openQueue({ target: { ...server.target, secretAccessKey: 'wrong-and-secret' } });
    await queue.add(archive);
    await until(() => queue.state.fault !== undefined, 'a fault');
    await server.stop();
    const other = openQueue();
    await other.add(archive);
    await until(() => other.state.fault !== undefined, 'another fault');
    await server.start();

    const told = [lines.join('\n'), JSON.stringify(queue.state), JSON.stringify(other.state)].join('\n');
    const onDisk = await readFile(join(folder, JOURNAL_NAME), 'utf8');
    expect(queue.state.fault?.code).toBe('upload/denied');
    expect(lines.filter((line) => line.includes('uploads wait'))).toHaveLength(2);
    const secrets = ['wrong-and-secret', server.target.secretAccessKey, 'AWS4-HMAC', 'Signature='];
    expect(secrets.filter((secret) => told.includes(secret) || onDisk.includes(secret))).toEqual([]);
  });

  it('deletes a recording here once it is there, when told to', async () => {
    const path = await write(0, { picture: true });
    const archive = await openArchive();
    const queue = openQueue({ local: 'deleted' });

    await queue.add(archive);
    await until(() => archive.files.length === 0, 'the deletion');

    expect(await mine()).toEqual([path.replace('mp4', 'jpg'), path]);
    await expect(stat(join(folder, path))).rejects.toThrow('ENOENT');
  });

  it('copies what is wanted', async () => {
    await write(0);
    const late = await write(10);
    const archive = await openArchive();
    const queue = openQueue({ since: minute(5) });

    await queue.add(archive);
    await done(queue);

    expect(await mine()).toEqual([late]);
    expect(archive.files.map((file) => queue.isHeld(archive, file))).toEqual([false, false]);
  });

  it('goes no faster than it may, with several at a time', async () => {
    for (const at of [0, 1, 2, 3]) await write(at, { bytes: 1 * MB });
    const archive = await openArchive();
    const queue = openQueue({ bytesPerSecond: 4 * MB, concurrency: 2 });

    const begun = performance.now();
    await queue.add(archive);
    await until(() => queue.state.active.length === 2, 'two at a time');
    await done(queue);

    // Four MB at four a second; the first slice of each needs not wait.
    expect(performance.now() - begun).toBeGreaterThan(900);
    expect(queue.counters.filesUploaded).toBe(4);
  });

  it('gives up on a service that says nothing', async () => {
    await write(0);
    const archive = await openArchive();
    const mute: Server = createServer(() => {});
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    const endpoint = `http://127.0.0.1:${(mute.address() as AddressInfo).port}`;
    const queue = openQueue({ target: { ...server.target, endpoint }, client: { idleMs: 100 } });

    await queue.add(archive);
    await until(() => queue.state.fault !== undefined, 'a fault');
    expect(queue.state.fault?.code).toBe('upload/timeout');
    await queue.close();
    mute.closeAllConnections();
    mute.close();
  });
});
