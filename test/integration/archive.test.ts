import {
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Micros, micros, silentLogger } from '@pinhole/core';
import { Archive, type ArchiveOptions, INDEX_NAME, parseByteRange } from '@pinhole/outputs/archive';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runFfmpeg } from '../support/decode-with-ffmpeg.ts';
import { h264Fixture } from '../support/h264-fixture.ts';
import { writeLibrary } from '../support/recorded-library.ts';
import { recordedUnits, segmentBytes, writeSegment } from '../support/recorded-segment.ts';
import { refusalOf } from '../support/refusal-of.ts';
import { needs } from '../support/third-parties.ts';

const START = micros(Date.parse('2026-11-21T10:00:00Z') * 1000);
const MINUTE = micros(60e6);
const LENGTH = micros(10 * 40_000);
const minute = (count: number): Micros => micros(START + count * MINUTE);
const clip = (start: Micros) => recordedUnits(h264Fixture('baseline'), { start, interval: micros(40_000) });

describe('an archive', () => {
  let root: string;
  let archives: Archive[];

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'archive-'));
    archives = [];
  });
  afterEach(async () => {
    for (const archive of archives) await archive.close();
    await rm(root, { recursive: true, force: true });
  });

  const open = async (options: Partial<ArchiveOptions> = {}): Promise<Archive> => {
    const now = (): Micros => micros(Date.now() * 1000);
    const archive = await Archive.open({ camera: 'door', root, now, log: silentLogger, ...options });
    archives.push(archive);
    return archive;
  };
  const swept = async (options: Partial<ArchiveOptions> = {}): Promise<Archive> => {
    const archive = await open(options);
    await archive.sweep();
    return archive;
  };
  /** So that a change of a folder counts as settled. */
  const later = (): Micros => micros((Date.now() + 10_000) * 1000);

  it('knows when recordings were made, how long they are, and what is in them', async () => {
    await writeSegment(root, { ...clip(minute(0)), sound: true, picture: true });
    const note = {
      version: 1,
      camera: 'door',
      tree: 'on-demand',
      by: [{ who: 'Anna', since: '2026-11-21T10:00:59Z' }],
    };
    await writeSegment(root, { ...clip(minute(1)), cutBytes: 5, note, fragment: micros(80_000) });

    const archive = await swept();

    expect(archive.files).toEqual([
      {
        path: '20261121/10/20261121_100000.mp4',
        startTime: minute(0),
        endTime: minute(0) + LENGTH,
        sizeBytes: segmentBytes({ ...clip(minute(0)), sound: true }).byteLength,
        state: 'complete',
        layout: 'fragmented',
        video: { codec: 'avc1.42c00a', width: 64, height: 48 },
        audio: { codec: 'mp4a.40.2', sampleRate: 48_000, channels: 2 },
        thumbnail: true,
      },
      {
        path: '20261121/10/20261121_100100.mp4',
        startTime: minute(1),
        endTime: minute(1) + 9 * 40_000,
        sizeBytes: segmentBytes({ ...clip(minute(1)), cutBytes: 5, note, fragment: micros(80_000) })
          .byteLength,
        state: 'cut',
        layout: 'fragmented',
        video: { codec: 'avc1.42c00a', width: 64, height: 48 },
        onDemand: { by: 'Anna', at: micros(Date.parse('2026-11-21T10:00:59Z') * 1000) },
        thumbnail: false,
      },
    ]);
    expect(archive.latest()?.path).toBe('20261121/10/20261121_100100.mp4');
    expect(archive.thumbnail(minute(1))).toBe('20261121/10/20261121_100000.jpg');
  });

  it('reads recordings once: the next start takes them from the index', async () => {
    writeLibrary(root, { count: 150, start: START, every: MINUTE });
    const first = await swept({ now: later });
    const files = [...first.files];
    expect([first.counters.filesRead, first.counters.filesFound]).toEqual([150, 150]);
    await first.close();

    const second = await open();

    expect(second.files).toEqual(files);
    await second.sweep();
    expect([second.counters.filesRead, second.counters.filesFound, second.files]).toEqual([0, 0, files]);
  });

  it('finds everything again whatever became of the index: cut off at any byte', async () => {
    writeLibrary(root, { count: 5, start: START, every: MINUTE });
    const first = await swept({ now: later });
    const files = [...first.files];
    await first.close();
    const place = join(root, INDEX_NAME);
    const whole = await readFile(place);
    expect(whole.byteLength).toBeGreaterThan(500);

    for (let length = 0; length <= whole.byteLength; length++) {
      await writeFile(place, whole.subarray(0, length));
      const archive = await swept({ now: later });
      expect(archive.files).toEqual(files);
      await archive.close();
      archives = [];
      // What is left behind is an index again.
      const next = await open();
      expect(next.files).toEqual(files);
      expect(next.counters.indexDamaged).toBe(0);
      await next.close();
      archives = [];
    }
  });

  it.each([
    ['garbled in its midst', (bytes: Buffer) => bytes.fill(0, 300, 340)],
    ['of zeros', (bytes: Buffer) => bytes.fill(0)],
    ['of noise', (bytes: Buffer) => bytes.map((byte, i) => (byte * 31 + i * 7) & 0xff)],
  ])('finds everything again from an index %s', async (_, spoil) => {
    writeLibrary(root, { count: 5, start: START, every: MINUTE });
    const first = await swept({ now: later });
    const files = [...first.files];
    await first.close();
    const place = join(root, INDEX_NAME);
    await writeFile(place, spoil(await readFile(place)));

    const second = await swept({ now: later });

    expect(second.files).toEqual(files);
    await second.close();
    const third = await open();
    expect([third.files, third.counters.indexDamaged]).toEqual([files, 0]);
  });

  it('notices what others add, remove and move, at work and after a pause', async () => {
    writeLibrary(root, { count: 4, start: START, every: micros(30 * MINUTE) });
    const archive = await swept({ now: later });
    const [a, b, c] = archive.files.map(({ path }) => path);
    if (a === undefined || b === undefined || c === undefined) throw new Error('three wanted');
    const gone: string[] = [];
    archive.events.on('gone', ({ path }) => gone.push(path));

    await rm(join(root, a));
    await writeFile(join(root, b.replace('mp4', 'jpg')), '');
    await writeSegment(root, clip(minute(200)));
    await archive.sweep();

    expect(archive.files.map(({ path, thumbnail }) => [path, thumbnail])).toEqual([
      ['20261121/10/20261121_103000.mp4', true],
      ['20261121/11/20261121_110000.mp4', false],
      ['20261121/11/20261121_113000.mp4', false],
      ['20261121/13/20261121_132000.mp4', false],
    ]);
    expect([gone, archive.counters.filesLost]).toEqual([[a], 1]);
    await archive.close();

    await rm(join(root, dirname(c)), { recursive: true });
    await rename(join(root, b), join(root, b.replace('103000', '103001')));
    const second = await swept({ now: later });

    expect(second.files.map(({ path }) => path)).toEqual([
      '20261121/10/20261121_103001.mp4',
      '20261121/13/20261121_132000.mp4',
    ]);
  });

  it('forgets nothing because a disk is gone for a while', async () => {
    writeLibrary(root, { count: 3, start: START, every: MINUTE });
    const archive = await swept({ now: later });
    await rename(root, `${root}-unmounted`);

    await archive.sweep();

    expect(archive.state).toMatchObject({ files: 3, fault: expect.stringContaining('ENOENT') });
    await rename(`${root}-unmounted`, root);
    await archive.sweep();
    expect(archive.state).toEqual({ files: 3, sizeBytes: archive.state.sizeBytes });
  });

  it('takes an empty folder in the place of a full one for a disk that is not mounted', async () => {
    writeLibrary(root, { count: 3, start: START, every: MINUTE });
    const archive = await swept({ now: later });
    await rename(root, `${root}-unmounted`);
    await mkdir(root);

    await archive.sweep();

    expect(archive.state).toMatchObject({ files: 3, fault: expect.stringContaining('is its disk mounted?') });
    expect(await readdir(root)).toEqual([]);
    await rm(root, { recursive: true });
    await rename(`${root}-unmounted`, root);
    await archive.sweep();
    expect(archive.state).toEqual({ files: 3, sizeBytes: archive.state.sizeBytes });
  });

  it('is empty, and well, before anything was recorded', async () => {
    await rm(root, { recursive: true });
    const archive = await swept();

    expect(archive.state).toEqual({ files: 0, sizeBytes: 0 });
    await writeSegment(root, clip(minute(0)));
    await archive.sweep();
    expect(archive.state).toMatchObject({ files: 1 });
    expect(await readdir(root)).toContain(INDEX_NAME);
  });

  it('knows what our recorder begins and ends', async () => {
    const archive = await swept({ now: () => minute(7) });
    const path = '20261121/10/20261121_100000.mp4';
    await mkdir(join(root, dirname(path)), { recursive: true });

    archive.begun({ path, startTime: minute(0), onDemand: { by: 'Anna', at: minute(0) } });
    expect(archive.files).toMatchObject([{ path, state: 'recording', onDemand: { by: 'Anna' } }]);
    expect(archive.latest()).toBeUndefined();
    expect(await refusalOf(archive.delete(path))).toBe('recording/in-use');
    expect(archive.range({ from: minute(5), to: minute(6) })).toHaveLength(1);

    await writeFile(join(root, path), segmentBytes(clip(minute(0))));
    await writeFile(join(root, path.replace('mp4', 'jpg')), '');
    await archive.ended(path);
    expect(archive.latest()).toMatchObject({
      path,
      state: 'complete',
      thumbnail: true,
      onDemand: { by: 'Anna' },
    });
    expect(archive.range({ from: minute(5), to: minute(6) })).toEqual([]);
  });

  it('finds what was being written when the program was killed', async () => {
    const first = await swept();
    const path = '20261121/10/20261121_100000.mp4';
    await mkdir(join(root, dirname(path)), { recursive: true });
    first.begun({ path, startTime: minute(0), onDemand: { by: 'Anna', at: minute(0) } });
    await writeFile(join(root, path), segmentBytes({ ...clip(minute(0)), cutBytes: 0 }));
    await first.close();

    const second = await swept();

    expect(second.files).toMatchObject([
      { path, state: 'cut', startTime: minute(0), endTime: minute(0) + LENGTH, onDemand: { by: 'Anna' } },
    ]);
  });

  it('deletes a recording with its picture, and the folders that it leaves empty', async () => {
    await writeSegment(root, { ...clip(minute(0)), picture: true });
    await writeSegment(root, clip(minute(60)));
    await writeFile(join(root, '20261121/11/notes.txt'), '');
    const archive = await swept();

    const bytes = await archive.delete('20261121/10/20261121_100000.mp4');
    await archive.delete('20261121/11/20261121_110000.mp4');

    expect(bytes).toBe(segmentBytes(clip(minute(0))).byteLength + 4);
    expect(archive.files).toEqual([]);
    expect(await refusalOf(archive.delete('20261121/10/20261121_100000.mp4'))).toBe('recording/not-found');
    await expect(stat(join(root, '20261121/10'))).rejects.toThrow('ENOENT');
    await expect(stat(join(root, '20261121/11/notes.txt'))).resolves.toBeDefined();
  });

  it('deletes what lies whole within a range', async () => {
    writeLibrary(root, { count: 6, start: START, every: MINUTE });
    const archive = await swept();

    const deleted = await archive.deleteRange({ from: minute(1), to: micros(minute(4) + 100_000) });

    expect(deleted.files).toBe(3);
    expect(archive.files.map(({ startTime }) => (startTime - START) / MINUTE)).toEqual([0, 4, 5]);
  });

  it('gives any stretch of a file byte for byte', async () => {
    const bytes = Buffer.from(Uint8Array.from({ length: 700_000 }, (_, i) => (i * 7 + (i >> 8)) & 0xff));
    const path = '20261121/10/20261121_100000.mp4';
    await mkdir(join(root, dirname(path)), { recursive: true });
    await writeFile(join(root, path), bytes);
    const archive = await open();

    for (const header of [
      'bytes=0-',
      'bytes=0-0',
      'bytes=131071-131072',
      'bytes=-1',
      'bytes=-300000',
      'bytes=5-699998',
    ]) {
      const file = await archive.openFile(path);
      const asked = parseByteRange(header, file);
      if (asked.kind !== 'part') throw new Error(`${header} is a part`);
      const { start, last } = asked.range;
      const body = Buffer.from(await new Response(file.stream(asked.range)).arrayBuffer());
      expect(body.equals(bytes.subarray(start, last + 1))).toBe(true);
      await file.close();
    }
    const [file, same] = [await archive.openFile(path), await archive.openFile(path)];
    expect(file).toMatchObject({ sizeBytes: 700_000, contentType: 'video/mp4', name: '20261121_100000.mp4' });
    expect(same.etag).toBe(file.etag);
    await file.stream().cancel();
    await same.close();
    await writeFile(join(root, path), bytes.reverse());
    const other = await archive.openFile(path);
    expect(other.etag).not.toBe(file.etag);

    await truncate(join(root, path), 1000);
    await expect(new Response(other.stream()).arrayBuffer()).rejects.toThrow('ends at 1000');
  });

  needs('ffmpeg').it('lists what pi-webrtc wrote, and what it is writing', async () => {
    const path = '20261121/10/20261121_100500.mp4';
    const onDemand = 'on-demand/20261121/10/20261121_100700.mp4';
    for (const folder of [path, onDemand]) await mkdir(join(root, dirname(folder)), { recursive: true });
    const source = '-f lavfi -i testsrc2=size=320x240:rate=10:duration=3 -f lavfi -i sine=duration=3';
    const coded = '-c:v libx264 -pix_fmt yuv420p -c:a aac -ar 44100 -ac 2 -f mp4';
    runFfmpeg([...`${source} ${coded}`.split(' '), join(root, 'whole')]);
    const whole = await readFile(join(root, 'whole'));
    await copyFile(join(root, 'whole'), join(root, onDemand));
    // Its index comes last: until then nobody can read it.
    await writeFile(join(root, path), whole.subarray(0, whole.byteLength - 3000));
    const archive = await swept({ now: () => micros(Date.parse('2026-11-21T10:30:00Z') * 1000) });

    expect(archive.get(path)).toMatchObject({ state: 'unreadable', startTime: minute(5) });
    const { startTime, endTime, ...rest } = archive.get(onDemand) ?? { startTime: 0, endTime: 0 };
    expect([startTime, Math.round((endTime - startTime) / 1e5)]).toEqual([minute(7), 30]);
    expect(rest).toMatchObject({
      state: 'complete',
      layout: 'progressive',
      video: { codec: 'avc1.64000c', width: 320, height: 240 },
      audio: { codec: 'mp4a.40.2', sampleRate: 44_100, channels: 2 },
      onDemand: { by: '', at: minute(7) },
    });

    await writeFile(join(root, path), whole);
    await archive.sweep();
    expect(archive.get(path)).toMatchObject({ state: 'complete', startTime: minute(5) });
    const file = await archive.openFile(onDemand);
    expect(Buffer.from(await new Response(file.stream()).arrayBuffer()).equals(whole)).toBe(true);
  });

  it('knows a hundred thousand recordings', { timeout: 180_000 }, async () => {
    const count = 100_000;
    writeLibrary(root, { count, start: START, every: MINUTE });
    const archive = await open({ now: later });
    // They are known by their names long before each was read.
    while (archive.state.files < count) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(archive.state.reading?.waiting ?? 0).toBeGreaterThan(0);
    expect(archive.range({ from: minute(50_000), to: minute(50_010) })).toHaveLength(10);

    await archive.sweep();

    expect(archive.counters).toMatchObject({ filesFound: count, filesRead: count, filesUnread: 0 });
    expect(archive.state.reading).toBeUndefined();
    expect(archive.files.every(({ state }) => state === 'complete')).toBe(true);
    expect(archive.latest()?.startTime).toBe(minute(count - 1));
    expect(archive.beforeTime(minute(70_000))?.startTime).toBe(minute(69_999));
    expect(archive.gaps({ from: minute(10), to: minute(12) })).toEqual([
      { from: minute(10) + LENGTH, to: minute(11) },
      { from: minute(11) + LENGTH, to: minute(12) },
    ]);
    expect(archive.days()).toHaveLength(70);
    await archive.close();

    const second = await open();
    expect(second.state.files).toBe(count);
    await second.sweep();
    expect(second.counters).toMatchObject({ filesFound: 0, filesRead: 0, filesLost: 0 });
  });
});
