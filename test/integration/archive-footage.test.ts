import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Micros, micros, silentLogger } from '@pinhole/core';
import { Archive, FootageReader, type FootageRequest } from '@pinhole/outputs/archive';
import { ALL_FORMATS, BufferSource, type EncodedPacket, EncodedPacketSink, Input } from 'mediabunny';
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { readFmp4 } from '../support/read-fmp4.ts';
import { type RecordedUnits, recordedUnits, writeSegment } from '../support/recorded-segment.ts';
import { frameNumbersOf } from '../support/recorder-rig.ts';
import { refusalOf } from '../support/refusal-of.ts';
import { needs } from '../support/third-parties.ts';
import { timeCodedClip } from '../support/time-coded-clip.ts';

const START = micros(Date.parse('2026-11-21T10:00:00Z') * 1000);
const FRAME = 1e6 / 30;
const at = (frame: number): Micros => micros(START + Math.round(frame * FRAME));
const numbers = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

needs('ffmpeg').describe('footage', () => {
  let clip: RecordedUnits;
  let root: string;
  let archive: Archive;
  let footage: FootageReader;

  beforeAll(async () => {
    const stream = await readFile(await timeCodedClip({ seconds: 12, format: 'h264' }));
    clip = recordedUnits(stream, { start: START, interval: micros(FRAME) });
  });
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'footage-'));
  });
  afterEach(async () => {
    await archive.close();
    await rm(root, { recursive: true, force: true });
  });

  const openArchive = async (): Promise<void> => {
    archive = await Archive.open({ camera: 'door', root, now: () => at(400), log: silentLogger });
    await archive.sweep();
    footage = new FootageReader({ archive });
  };
  const part = (from: number, to: number): RecordedUnits => ({ ...clip, units: clip.units.slice(from, to) });
  const readFrameNumbers = (file: string, size = { width: 320, height: 180 }): readonly number[] =>
    frameNumbersOf(file, size);
  const save = async (request: FootageRequest): Promise<string> => {
    const opened = await footage.open(request);
    const file = join(root, 'out.mp4');
    await writeFile(file, opened.stream());
    return file;
  };

  it('goes over the borders of recordings without losing or doubling a picture', async () => {
    for (const border of [0, 120, 240]) await writeSegment(root, part(border, border + 120));
    await openArchive();

    const file = await save({ from: at(105), to: at(276), purpose: 'playback' });

    // From the key frame before, to the end of the fragment in which the range ends.
    expect(readFrameNumbers(file)).toEqual(numbers(90, 285));
    const { packets } = await readFmp4([await readFile(file)]);
    const times = packets.map(({ timestamp }) => Math.round(timestamp * 90_000));
    expect(times).toEqual(numbers(0, 195).map((i) => i * 3000));
  });

  /** Pictures as they are read back: when they are shown, in frames from the first one on. */
  const shownAt = async (file: string): Promise<number[]> => {
    const { packets } = await readFmp4([await readFile(file)]);
    return packets.map(({ timestamp }) => Math.round(timestamp * 30 * 100) / 100);
  };

  it('leaves a gap as long as it was, or passes over it when told to', async () => {
    await writeSegment(root, part(0, 60));
    await writeSegment(root, part(150, 240));
    await openArchive();
    const request = { from: at(0), to: at(200), purpose: 'export' } as const;

    const kept = await save(request);
    expect(readFrameNumbers(kept)).toEqual([...numbers(0, 60), ...numbers(150, 210)]);
    expect(await shownAt(kept)).toEqual([...numbers(0, 60), ...numbers(150, 210)]);

    const closed = await save({ ...request, gaps: 'closed' });
    expect(readFrameNumbers(closed)).toEqual([...numbers(0, 60), ...numbers(150, 210)]);
    expect(await shownAt(closed)).toEqual(numbers(0, 120));
    expect(lengthOf(closed)).toBeCloseTo(4, 2);
  });

  it('begins in a gap with the first key frame behind it, and says when that is', async () => {
    await writeSegment(root, part(60, 120));
    await openArchive();

    const opened = await footage.open({ from: at(10), to: at(90), purpose: 'playback' });

    expect(opened.startTime).toBe(at(60));
    await opened.close();
  });

  it('lets the last picture last until the next recording, however unsure capture times are', async () => {
    // Each file begins a little off its place: the capture time of its first picture says so.
    for (const [i, off] of [0, 9_000, -14_000, 21_000, -52_000].entries()) {
      const { units, ...rest } = part(i * 60, i * 60 + 60);
      await writeSegment(root, {
        ...rest,
        units: units.map((unit) => ({ ...unit, captureTime: micros(unit.captureTime + off) })),
      });
    }
    await openArchive();

    const file = await save({ from: at(0), to: at(300), purpose: 'playback' });

    expect(readFrameNumbers(file)).toEqual(numbers(0, 300));
    const { packets } = await readFmp4([await readFile(file)]);
    const ends = packets
      .slice(0, -1)
      .map(({ timestamp, duration }) => Math.round((timestamp + duration) * 90_000));
    expect(ends).toEqual(packets.slice(1).map(({ timestamp }) => Math.round(timestamp * 90_000)));
    // Nothing adds up: the last file is off by no more than its own error, and what its beginning could not make up for.
    const lastStart = packets[240]?.timestamp ?? 0;
    expect(Math.abs(lastStart - 8)).toBeLessThan(0.053);
  });

  it('shows what was recorded twice once', async () => {
    await writeSegment(root, part(0, 150));
    await writeSegment(root, part(60, 240));
    await writeSegment(root, part(150, 210));
    await openArchive();

    const file = await save({ from: at(0), to: at(240), purpose: 'playback' });

    expect(readFrameNumbers(file)).toEqual(numbers(0, 240));
  });

  it('exports from the asked key frame to the asked key frame', async () => {
    for (const border of [0, 120, 240]) await writeSegment(root, part(border, border + 120));
    await openArchive();
    const keys = await footage.keyFrames({ from: at(0), to: at(360) });
    expect(keys).toEqual(numbers(0, 12).map((i) => at(i * 30)));

    for (const [from, to] of [
      [60, 90],
      [90, 210],
      [120, 240],
      [0, 330],
    ] as const) {
      const file = await save({ from: at(from), to: at(to), purpose: 'export' });
      expect(readFrameNumbers(file)).toEqual(numbers(from, to));
      expect(lengthOf(file)).toBeCloseTo((to - from) / 30, 3);
    }
    // As a page asks, which knows milliseconds only.
    const inMs = (frame: number): Micros => micros(Math.round(at(frame) / 1000) * 1000);
    const file = await save({ from: inMs(90), to: inMs(150), purpose: 'export' });
    expect(readFrameNumbers(file)).toEqual(numbers(90, 150));
  });

  it('rounds an export to whole groups of pictures', async () => {
    await writeSegment(root, part(0, 240));
    await openArchive();

    const file = await save({ from: at(100), to: at(130), purpose: 'export' });

    expect(readFrameNumbers(file)).toEqual(numbers(90, 150));
  });

  it.each([1, 1000, 4000])(
    'plays a recording that a power cut left without its last %i bytes',
    async (cutBytes) => {
      await writeSegment(root, { ...part(0, 120), cutBytes });
      await writeSegment(root, part(120, 180));
      await openArchive();
      expect(archive.files.map(({ state }) => state)).toEqual(['cut', 'complete']);

      const shown = readFrameNumbers(await save({ from: at(0), to: at(180), purpose: 'playback' }));

      const lost = shown.indexOf(120);
      expect(lost).toBeGreaterThan(60);
      expect(lost % 15).toBe(0);
      expect(shown).toEqual([...numbers(0, lost), ...numbers(120, 180)]);
    },
  );

  it('ends where pictures have another size, tells so before, and refuses to make one file of both', async () => {
    await writeSegment(root, part(0, 60));
    const large = await timeCodedClip({
      seconds: 2,
      width: 640,
      height: 360,
      format: 'h264',
      firstFrame: 60,
    });
    await writeSegment(
      root,
      recordedUnits(await readFile(large), { start: at(60), interval: micros(FRAME) }),
    );
    await openArchive();
    const range = { from: at(0), to: at(120) };

    const spans = await footage.spans(range);
    expect(spans.map(({ from, to, video }) => [from, to, video?.width])).toEqual([
      [at(0), at(60), 320],
      [at(60), at(120), 640],
    ]);
    expect(readFrameNumbers(await save({ ...range, purpose: 'playback' }))).toEqual(numbers(0, 60));
    const second = await save({ from: at(60), to: at(120), purpose: 'playback' });
    expect(readFrameNumbers(second, { width: 640, height: 360 })).toEqual(numbers(60, 120));
    expect(await refusalOf(footage.open({ ...range, purpose: 'export' }))).toBe('footage/mixed');
    await expect(footage.open({ ...range, purpose: 'export' })).rejects.toThrow('2026-11-21T10:00:02');
  });

  it('keeps sound that is the same all the way, and leaves it out of an export where it is not', async () => {
    await writeSegment(root, { ...part(0, 60), sound: true });
    await writeSegment(root, { ...part(60, 120), sound: true });
    await writeSegment(root, part(120, 180));
    await openArchive();

    const loud = await footage.open({ from: at(0), to: at(120), purpose: 'export' });
    expect([loud.sound, loud.contentType]).toEqual(['kept', 'video/mp4; codecs="avc1.64000d, mp4a.40.2"']);
    await writeFile(join(root, 'loud.mp4'), loud.stream());
    expect(ffprobe(join(root, 'loud.mp4'), 'stream=codec_name,sample_rate')).toEqual([
      'h264',
      'aac',
      '48000',
    ]);
    // A border cuts sound between two frames of it: what lies there lasts a little longer.
    const sound = await readSound(join(root, 'loud.mp4'));
    const ends = sound.map(({ timestamp, duration }) => Math.round((timestamp + duration) * 48_000));
    expect(sound.slice(1).map(({ timestamp }) => Math.round(timestamp * 48_000))).toEqual(ends.slice(0, -1));
    expect(sound).toHaveLength(186);

    const mixed = await footage.open({ from: at(0), to: at(180), purpose: 'export' });
    expect(mixed.sound).toBe('left-out');
    await writeFile(join(root, 'mixed.mp4'), mixed.stream());
    expect(ffprobe(join(root, 'mixed.mp4'), 'stream=codec_name')).toEqual(['h264']);
    expect(readFrameNumbers(join(root, 'mixed.mp4'))).toEqual(numbers(0, 180));

    // A player's buffer has sound or has none.
    const played = await save({ from: at(0), to: at(180), purpose: 'playback' });
    expect(readFrameNumbers(played)).toEqual(numbers(0, 120));
  });

  it('begins in the midst of sound', async () => {
    await writeSegment(root, { ...part(0, 120), sound: true });
    await openArchive();

    const file = await save({ from: at(70), to: at(100), purpose: 'playback' });

    expect(readFrameNumbers(file)).toEqual(numbers(60, 105));
    const sound = await readSound(file);
    // The first frame of it that begins with the first picture or behind it.
    expect(sound[0]?.timestamp).toBeGreaterThanOrEqual(0);
    expect(sound[0]?.timestamp).toBeLessThan(1024 / 48_000);
    expect(sound.length).toBeGreaterThan(65);
  });

  it('gives several answers one time line when they are asked for with one origin', async () => {
    for (const border of [0, 120]) await writeSegment(root, part(border, border + 120));
    await openArchive();

    const second = await footage.open({ from: at(60), to: at(200), purpose: 'playback', origin: at(0) });
    await writeFile(join(root, 'second.mp4'), second.stream());

    expect([second.startTime, second.origin]).toEqual([at(60), at(0)]);
    expect((await shownAt(join(root, 'second.mp4')))[0]).toBe(60);
  });

  it('says that nothing was recorded, and what is near', async () => {
    await writeSegment(root, part(0, 60));
    await writeSegment(root, part(240, 300));
    await openArchive();

    const empty = footage.open({ from: at(90), to: at(200), purpose: 'playback' });

    await expect(empty).rejects.toMatchObject({
      code: 'footage/nothing-recorded',
      message:
        'nothing was recorded from 2026-11-21T10:00:03.000Z to 2026-11-21T10:00:06.666Z; ' +
        'the last recording before ended 2026-11-21T10:00:02.000Z; the next one begins 2026-11-21T10:00:08.000Z',
    });
    expect(await refusalOf(footage.open({ from: at(9), to: at(9), purpose: 'playback' }))).toBe(
      'footage/bad-range',
    );
    expect(await refusalOf(footage.open({ from: micros(Number.NaN), to: at(9), purpose: 'export' }))).toBe(
      'footage/bad-range',
    );
  });

  it('reads no more than it is asked to, and leaves no file open', async () => {
    for (const border of [0, 120, 240]) await writeSegment(root, part(border, border + 120));
    await openArchive();
    const open = () => readdirSync('/proc/self/fd').length;
    const before = open();

    for (let i = 0; i < 20; i++) {
      const reader = (await footage.open({ from: at(0), to: at(360), purpose: 'playback' }))
        .stream()
        .getReader();
      for (let chunks = 0; chunks < i; chunks++) await reader.read();
      expect(open()).toBe(before + 1);
      await reader.cancel();
      const unread = await footage.open({ from: at(0), to: at(360), purpose: 'playback' });
      await unread.close();
      await unread.close();
    }

    expect(open()).toBe(before);
  });

  it('goes on past a recording that is deleted while it is played', async () => {
    for (const border of [0, 120, 240]) await writeSegment(root, part(border, border + 120));
    await openArchive();

    const opened = await footage.open({ from: at(0), to: at(360), purpose: 'playback' });
    await archive.delete(archive.files[0]?.path ?? '');
    await archive.delete(archive.files[0]?.path ?? '');
    await writeFile(join(root, 'out.mp4'), opened.stream());

    // The first one stays open until it was read.
    expect(readFrameNumbers(join(root, 'out.mp4'))).toEqual([...numbers(0, 120), ...numbers(240, 360)]);
  });
});

async function readSound(file: string): Promise<readonly EncodedPacket[]> {
  const input = new Input({ source: new BufferSource(await readFile(file)), formats: ALL_FORMATS });
  const track = await input.getPrimaryAudioTrack();
  if (track === null) throw new Error('no sound');
  const packets: EncodedPacket[] = [];
  for await (const packet of new EncodedPacketSink(track).packets()) packets.push(packet);
  return packets;
}

const ffprobe = (file: string, entries: string): string[] =>
  execFileSync('ffprobe', ['-v', 'error', '-show_entries', entries, '-of', 'csv=p=0:s=,', file])
    .toString()
    .trim()
    .split(/[\n,]/)
    .filter((text) => text !== '');

const lengthOf = (file: string): number => Number(ffprobe(file, 'format=duration')[0]);
