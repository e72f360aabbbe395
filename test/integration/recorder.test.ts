import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { micros } from '@pinhole/core';
import { JpegDecoder } from '@pinhole/ffmpeg';
import {
  parseFragment,
  parseMovie,
  parseMovieFragmentRandomAccess,
  randomAccessBytes,
} from '@pinhole/media/fmp4';
import { parseRecordingNote, RewindBuffer } from '@pinhole/outputs/recorder';
import { expect, onTestFinished } from 'vitest';
import { runFfmpeg } from '../support/decode-with-ffmpeg.ts';
import {
  filesBelow,
  fragmentsOf,
  frameNumbersOf,
  numbersFrom,
  openRecorderRig,
  packetTimes,
  probe,
  recordingFolder,
  samplesOf,
} from '../support/recorder-rig.ts';
import { type SoundClip, soundClip } from '../support/sound-clip.ts';
import { needs } from '../support/third-parties.ts';

const { it, describe } = needs('ffmpeg');

const SECOND = micros(1_000_000);

/** All pictures of all files, in the order of the files' names. */
async function recordedNumbers(root: string): Promise<readonly number[]> {
  return (await filesBelow(root)).flatMap((file) => frameNumbersOf(join(root, file)));
}

const inHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** None is missing from the first that was heard on. */
function expectSuccessive(heard: readonly string[], clip: SoundClip): void {
  const all = clip.frames.map(({ data }) => inHex(data));
  const from = all.indexOf(heard[0] ?? '');
  const lost = all.slice(from, from + heard.length).findIndex((frame, index) => frame !== heard[index]);
  expect({ from, lost }).toEqual({
    from: expect.toSatisfy((index: number) => index >= 0 && index < 50),
    lost: -1,
  });
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

it('100 segments: each frame once and in order, and their durations are the time that passed', {
  timeout: 120_000,
}, async () => {
  const root = await recordingFolder();
  const rig = openRecorderRig({ root, segment: SECOND });

  await rig.run(101_000);
  await rig.close();

  const files = await filesBelow(root);
  const numbers = await recordedNumbers(root);
  const seconds = files.map((file) => probe(join(root, file)).durationSeconds);
  expect(files).toHaveLength(102);
  // Ten frames a second, and the one that the clock began with.
  expect(numbers).toEqual(numbersFrom(0, 1010));
  expect(sum(seconds)).toBeCloseTo(101.1, 6);
  expect(rig.segments.map(({ end, start }) => (end - start) / 1e6)).toEqual(
    seconds.map((value) => expect.closeTo(value, 4)),
  );
  // 50 files later a boundary is where it was.
  expect(new Set(rig.segments.slice(1).map(({ start }) => start % 1e6)).size).toBe(1);
  expect(rig.recorder.counters.background).toMatchObject({
    units: 1011,
    segments: 102,
    unitsDroppedFault: 0,
    unitsDroppedSlowDisk: 0,
    unitsDroppedUntilKey: 0,
    faults: 0,
  });
});

it('a closed file tells its length and its key frames, and each fragment when it was captured', async () => {
  const root = await recordingFolder();
  const rig = openRecorderRig({ root, startAt: Date.UTC(2026, 4, 1, 12, 0, 10) });

  await rig.run(4000);
  await rig.close();

  const [file = ''] = await filesBelow(root);
  expect(file).toBe('20260501/12/20260501_120010.mp4');
  const bytes = new Uint8Array(await readFile(join(root, file)));
  expect(parseMovie(bytes).duration).toBe(369_000);
  expect(parseRecordingNote(parseMovie(bytes).note)).toEqual({
    version: 1,
    camera: 'front',
    tree: 'background',
    by: [],
  });
  const mfra = randomAccessBytes(bytes) ?? 0;
  const points = parseMovieFragmentRandomAccess(bytes.subarray(-mfra));
  expect(points.map(({ time }) => time / 90_000)).toEqual([0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4]);
  for (const { time, moofOffset } of points) {
    const { runs } = parseFragment(bytes.subarray(moofOffset));
    expect(runs[0]?.samples[0]).toMatchObject({ decodeTime: time, key: true });
    const { producerTime } = parseFragment(bytes.subarray(moofOffset - 32));
    expect(producerTime).toEqual({
      trackId: 1,
      mediaTime: time,
      captureTime: Date.UTC(2026, 4, 1, 12, 0, 10) * 1000 + (time * 100) / 9,
    });
  }
});

describe('local time in names', () => {
  it('the hour that comes twice overwrites nothing', async () => {
    const root = await recordingFolder();
    const minute = micros(60_000_000);
    const zone = 'Europe/Berlin';
    // 25 October 2026, 01:59:30 UTC: 02:59:30 in summer time, and half a minute later it is 02:00 again.
    const first = openRecorderRig({ root, zone, segment: minute, startAt: Date.UTC(2026, 9, 25, 0, 30, 0) });
    await first.run(2000);
    await first.close();
    const second = openRecorderRig({ root, zone, segment: minute, startAt: Date.UTC(2026, 9, 25, 1, 30, 0) });
    await second.run(2000);
    await second.close();
    const over = openRecorderRig({ root, zone, segment: minute, startAt: Date.UTC(2026, 9, 25, 0, 59, 59) });
    await over.run(2000);
    await over.close();

    expect(await filesBelow(root)).toEqual([
      '20261025/02/20261025_020000.mp4',
      '20261025/02/20261025_023000.mp4',
      '20261025/02/20261025_023000_2.mp4',
      '20261025/02/20261025_025959.mp4',
    ]);
  });

  it('the hour that is left out is left out', async () => {
    const root = await recordingFolder();
    const startAt = Date.UTC(2026, 2, 29, 0, 59, 58);
    const rig = openRecorderRig({ root, zone: 'Europe/Berlin', segment: SECOND, startAt });

    await rig.run(3000);
    await rig.close();

    expect(await filesBelow(root)).toEqual([
      '20260329/01/20260329_015958.mp4',
      '20260329/01/20260329_015959.mp4',
      '20260329/03/20260329_030000.mp4',
      '20260329/03/20260329_030001.mp4',
    ]);
  });

  it('a clock that is set back an hour begins a new file at the next key frame and overwrites nothing', async () => {
    const root = await recordingFolder();
    const startAt = Date.UTC(2026, 4, 1, 12, 0, 0);
    const rig = openRecorderRig({ root, segment: micros(10_000_000), startAt });

    await rig.run(5000);
    rig.clock.stepWallClock(-3_600_000);
    await rig.run((3_600_000 % 7000) + 4000);
    rig.clock.stepWallClock(3_600_000);
    await rig.run(2000);
    await rig.close();

    const numbers = rig.segments.flatMap(({ path }) => frameNumbersOf(path));
    expect(numbers).toEqual(numbersFrom(0, numbers.length - 1));
    const names = rig.segments.map(({ path }) => path.slice(root.length + 1));
    expect(new Set(names).size).toBe(names.length);
    expect(rig.segments.map(({ reason }) => reason)).toEqual(['first', 'clock', 'boundary', 'clock']);
    expect(names[1]).toMatch(/^20260501\/11\/20260501_11000[45]\.mp4$/);
    const seconds = names.map((name) => probe(join(root, name)).durationSeconds);
    expect(sum(seconds)).toBeCloseTo(numbers.length / 10, 6);
  });
});

describe('what begins a new file', () => {
  it('another size', async () => {
    const root = await recordingFolder();
    const rig = openRecorderRig({ root });

    await rig.run(2000);
    await rig.source.setControl('size', '320x180');
    await rig.run(2000);
    await rig.close();

    const [before, after] = rig.segments;
    expect(after?.reason).toBe('parameters');
    const small = frameNumbersOf(before?.path ?? '');
    const large = frameNumbersOf(after?.path ?? '', { width: 320, height: 180 });
    expect([...small, ...large]).toEqual(numbersFrom(0, small.length + large.length - 1));
  });

  it('a gap of more than two seconds; over a shorter one the last picture stands', async () => {
    const root = await recordingFolder();
    const rig = openRecorderRig({ root });

    await rig.run(2000);
    rig.clock.stall(1500);
    await rig.run(2000);
    rig.source.requestKeyFrame();
    rig.clock.stall(5000);
    await rig.run(2000);
    await rig.close();

    const [before, after] = rig.segments;
    expect(rig.segments).toHaveLength(2);
    expect(after?.reason).toBe('gap');
    expect(probe(before?.path ?? '').durationSeconds).toBeCloseTo(5.6, 1);
    expect(((after?.start ?? 0) - (before?.end ?? 0)) / 1e6).toBeGreaterThan(4);
    const numbers = await recordedNumbers(root);
    expect(numbers).toEqual(numbersFrom(0, numbers.length - 1));
  });

  it('not a gap behind which no key frame comes: the file has a hole there, and times go on as they were', async () => {
    const root = await recordingFolder();
    const rig = openRecorderRig({ root, picture: { gopFrames: 1000 } });

    await rig.run(2050);
    rig.clock.stall(5000);
    await rig.run(2000);
    await rig.close();

    const [file, ...others] = rig.segments;
    expect(others).toEqual([]);
    const times = packetTimes(file?.path ?? '');
    const steps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    expect(steps.filter((step) => step > 4)).toHaveLength(1);
    expect(frameNumbersOf(file?.path ?? '')).toEqual(numbersFrom(0, times.length - 1));
    const bytes = new Uint8Array(await readFile(file?.path ?? ''));
    const fragments = fragmentsOf(bytes).map(({ runs, producerTime }) => ({
      decode: runs[0]?.decodeTime ?? 0,
      captured: producerTime?.captureTime ?? 0,
      end: runs[0]?.samples.reduce(
        (end, { decodeTime, durationTicks }) => Math.max(end, decodeTime + durationTicks),
        0,
      ),
    }));
    const holes = fragments
      .slice(1)
      .filter(({ decode }, index) => decode - (fragments[index]?.end ?? 0) > 90_000);
    expect(holes).toHaveLength(1);
    // Capture times and the time line agree on both sides of it.
    const origins = fragments.map(({ decode, captured }) => captured - (decode * 100) / 9);
    expect(Math.max(...origins) - Math.min(...origins)).toBeLessThan(1000);
  });
});

describe('sound', () => {
  it.each(['aac', 'opus'] as const)(
    'goes into the files with the pictures, none lost at their borders: %s',
    async (codec) => {
      const root = await recordingFolder();
      const clip = await soundClip(codec, 8);
      const rig = openRecorderRig({ root, segment: micros(2_000_000) });
      await rig.run(100);
      rig.play(clip);

      await rig.run(7000);
      await rig.close();

      const bytes = await Promise.all(rig.segments.map(({ path }) => readFile(path)));
      const heard = bytes.flatMap((file) => samplesOf(new Uint8Array(file), 2)).map(inHex);
      expect(rig.segments.length).toBeGreaterThanOrEqual(4);
      expect(heard.length).toBeGreaterThan(300);
      expectSuccessive(heard, clip);
      expect(rig.recorder.counters.background.soundDropped).toBe(0);
      for (const { path } of rig.segments) {
        const { streams, durationSeconds } = probe(path);
        expect(streams.map((stream) => stream.codec)).toEqual(['h264', codec]);
        runFfmpeg(['-err_detect', 'explode', '-i', path, '-f', 'null', '-']);
        const [video, sound] = [packetTimes(path), packetTimes(path, 'a:0')];
        expect(Math.abs((video.at(-1) ?? 0) - (sound.at(-1) ?? 0))).toBeLessThan(0.2);
        expect(durationSeconds).toBeLessThan(2.6);
      }
    },
  );

  it('that comes late goes into the file where it belongs', async () => {
    const root = await recordingFolder();
    const clip = await soundClip('aac', 6);
    const rig = openRecorderRig({ root, segment: micros(2_000_000) });
    await rig.run(300);
    rig.play(clip, { lateMs: 200 });

    await rig.run(5000);
    await rig.close();

    const starts = await Promise.all(
      rig.segments.map(
        async ({ path }) => fragmentsOf(new Uint8Array(await readFile(path)))[0]?.runs[1]?.decodeTime,
      ),
    );
    // Less than a frame of 1024 samples behind the first picture.
    for (const start of starts.slice(1)) expect(start).toBeLessThan(1024);
    const bytes = await Promise.all(rig.segments.map(({ path }) => readFile(path)));
    const heard = bytes.flatMap((file) => samplesOf(new Uint8Array(file), 2)).map(inHex);
    expectSuccessive(heard, clip);
  });

  it('that comes later than the first file begins another one; that ends leaves the pictures alone', async () => {
    const root = await recordingFolder();
    const clip = await soundClip('aac', 2);
    const rig = openRecorderRig({ root, segment: micros(60_000_000) });

    await rig.run(3000);
    rig.play(clip);
    await rig.run(4000);
    await rig.close();

    expect(rig.segments.map(({ reason }) => reason)).toEqual(['first', 'sound']);
    expect(rig.segments.map(({ path }) => probe(path).streams.length)).toEqual([1, 2]);
    const numbers = await recordedNumbers(root);
    expect(numbers).toEqual(numbersFrom(0, 70));
  });
});

describe('on demand', () => {
  it('records while somebody wants it, and keeps who and why in the file', async () => {
    const root = await recordingFolder();
    const rig = openRecorderRig({ root, mode: 'on-demand', startAt: Date.UTC(2026, 4, 1, 12, 0, 0) });

    await rig.run(1000);
    expect(rig.recorder.state).toMatchObject({ recording: false, by: [] });
    const ana = rig.recorder.start({ who: 'Ana', reason: 'the gate is open' });
    await rig.run(1000);
    const ben = rig.recorder.start({ who: 'Ben' });
    await rig.run(1000);
    await rig.recorder.stop(ana.id);
    await rig.run(1000);
    expect(rig.recorder.state).toMatchObject({ recording: true, by: [{ who: 'Ben' }] });
    expect(await rig.recorder.stop(ben.id)).toBe(true);
    expect(await rig.recorder.stop(ben.id)).toBe(false);
    await rig.run(1000);
    await rig.close();

    const [file = '', ...others] = await filesBelow(root);
    expect(file).toMatch(/^on-demand\/20260501\/12\/20260501_12000[12]\.mp4$/);
    expect(others).toEqual([]);
    expect(probe(join(root, file)).durationSeconds).toBeCloseTo(3.1, 1);
    expect(parseRecordingNote(parseMovie(await readFile(join(root, file))).note)).toMatchObject({
      tree: 'on-demand',
      by: [{ who: 'Ana', reason: 'the gate is open' }],
    });
    expect(rig.camera.holders).toBe(0);
  });

  it('ends by itself', async () => {
    const root = await recordingFolder();
    const rig = openRecorderRig({ root, mode: 'both', onDemandLimit: micros(2_000_000) });

    rig.recorder.start({ who: 'Ana', limit: micros(60_000_000) });
    await rig.run(4000);
    await rig.close();

    const [forgotten] = rig.segments.filter(({ tree }) => tree === 'on-demand');
    expect(probe(forgotten?.path ?? '').durationSeconds).toBeCloseTo(2, 0);
    expect(rig.segments.filter(({ tree }) => tree === 'background')).toHaveLength(1);
  });

  it('saves the last seconds from memory, also those before anybody asked', async () => {
    const root = await recordingFolder();
    const rig = openRecorderRig({ root, mode: 'off' });
    const rewind = new RewindBuffer({ camera: rig.camera, now: () => rig.now(), holds: 'camera' });
    rewind.open();
    const saving = openRecorderRig({ root: join(root, 'saved'), mode: 'on-demand', rewind });
    onTestFinished(() => rewind.close());

    await rig.run(20_000);
    const saved = await saving.recorder.save({ who: 'Ana', seconds: 5 });
    await rig.close();
    await saving.close();

    expect(saved).toHaveLength(1);
    const numbers = frameNumbersOf(saved[0]?.path ?? '');
    expect(numbers).toEqual(numbersFrom(150, 200));
    expect(saved[0]).toMatchObject({ tree: 'on-demand', closed: true, units: 51 });
  });
});

it('puts a picture beside each file; where none can be made, the recording does not care', async () => {
  const root = await recordingFolder();
  const decoder = new JpegDecoder();
  onTestFinished(() => decoder.close());
  const rig = openRecorderRig({ root, stills: decoder });
  await rig.run(1000);
  await rig.close();
  const failing = openRecorderRig({
    root: join(root, 'failing'),
    stills: { decode: () => Promise.reject(new Error('no FFmpeg')) },
  });
  await failing.run(1000);
  await failing.close();

  const [still = ''] = await filesBelow(root, '.jpg');
  expect(join(root, still)).toBe(rig.segments[0]?.path.replace('.mp4', '.jpg'));
  const jpeg = await readFile(join(root, still));
  expect([jpeg.toString('hex', 0, 3), jpeg.toString('hex', jpeg.byteLength - 2)]).toEqual(['ffd8ff', 'ffd9']);
  expect(rig.recorder.counters.background).toMatchObject({ stills: 1, stillsFailed: 0 });
  expect(failing.recorder.counters.background).toMatchObject({ stills: 0, stillsFailed: 1, segments: 1 });
  expect(await filesBelow(dirname(failing.segments[0]?.path ?? ''), '.jpg')).toEqual([]);
});
