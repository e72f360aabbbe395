import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { micros } from '@pinhole/core';
import type { AccessUnit, SourceAudioFrame, SourceState } from '@pinhole/engine';
import { NAL_TYPE, nalType, nalUnits } from '@pinhole/media/h264';
import { readTimeCode } from '@pinhole/media/timecode';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeWithFfmpeg, runFfmpeg } from '../../../../test/support/decode-with-ffmpeg.ts';
import { needs } from '../../../../test/support/third-parties.ts';
import { FakeClock } from '../fake-clock.ts';
import { SyntheticEncoder } from '../synthetic/index.ts';
import { createFileSource, type FileSourceOptions } from './file-source.ts';

const folder = mkdtempSync(join(tmpdir(), 'pinhole-file-source-'));
const inFolder = (name: string): string => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true }));

const RAW = inFolder('raw.h264');
const RAW_FRAMES = 12;
const RAW_FPS = 20;

beforeAll(() => {
  const encoder = new SyntheticEncoder({ width: 160, height: 120, framesPerSecond: RAW_FPS });
  const units = Array.from({ length: RAW_FRAMES }, (_, i) =>
    encoder.encode({ frameNumber: i, captureTime: micros(i + 1), key: i === 0 }),
  );
  writeFileSync(RAW, Buffer.concat(units));
});

/** Plays on a fake clock, which goes from timer to timer, until there are `count` pictures or the file has ended. */
async function play(options: FileSourceOptions, count: number) {
  const clock = new FakeClock();
  const source = createFileSource({ clock, ...options });
  const units: AccessUnit[] = [];
  const sounds: SourceAudioFrame[] = [];
  const handedOnMs: number[] = [];
  const states: SourceState[] = [];
  const abort = new AbortController();
  const sink = {
    write: (unit: AccessUnit) => {
      units.push(unit);
      handedOnMs.push(clock.monotonicNow());
      if (units.length === count) abort.abort();
    },
    audio: (frame: SourceAudioFrame) => sounds.push(frame),
    state: (state: SourceState) => states.push(state),
  };
  let running = true;
  const ended = source.start(sink, { signal: abort.signal }).finally(() => {
    running = false;
  });
  ended.catch(() => {}); // awaited below
  while (running) {
    await setImmediate();
    clock.advanceToNext();
  }
  await ended;
  return { clock, source, units, sounds, handedOnMs, states, sink };
}

const intervals = (values: readonly number[]): readonly number[] =>
  values.slice(1).map((value, i) => Math.round(value - (values[i] ?? 0)));

const rising = (values: readonly number[]): boolean => intervals(values).every((interval) => interval > 0);

const failure = (options: FileSourceOptions): Promise<unknown> =>
  play(options, 1).then(
    () => 'played',
    (thrown: unknown) => thrown,
  );

describe('a raw H.264 file', () => {
  it('plays at the rate of its SPS, over and over, with no jump at the seam', async () => {
    const { units, handedOnMs, states } = await play({ path: RAW }, 3 * RAW_FRAMES);

    expect(states).toEqual([{ kind: 'connecting' }, { kind: 'live' }]);
    expect(new Set(intervals(units.map((unit) => unit.pts)))).toEqual(new Set([50_000]));
    expect(new Set(intervals(units.map((unit) => unit.dts)))).toEqual(new Set([50_000]));
    expect(new Set(intervals(handedOnMs))).toEqual(new Set([50]));
    expect(units.map((unit) => unit.sequence)).toEqual(units.map((_, i) => i));
    expect(units.flatMap((unit, i) => (unit.key ? i : []))).toEqual([0, RAW_FRAMES, 2 * RAW_FRAMES]);
  });

  it('hands its bytes on as they are, and says when', async () => {
    const { units, handedOnMs } = await play({ path: RAW }, RAW_FRAMES);

    expect(Buffer.concat(units.map((unit) => unit.data))).toEqual(readFileSync(RAW));
    const utc = units.map((unit) => unit.captureTime / 1000);
    expect(intervals(utc)).toEqual(intervals(handedOnMs));
    expect(new Date(utc[0] ?? 0).toISOString()).toBe('2026-01-02T03:04:10.000Z');
  });

  it('plays at another rate when told', async () => {
    const { units } = await play({ path: RAW, framesPerSecond: 40 }, RAW_FRAMES + 4);

    expect(new Set(intervals(units.map((unit) => unit.dts)))).toEqual(new Set([25_000]));
  });

  it('ends with the file when it is not to loop', async () => {
    const { units, clock } = await play({ path: RAW, loop: false }, 1000);

    expect(units).toHaveLength(RAW_FRAMES);
    expect(clock.pending).toBe(0);
  });

  it('begins at the first key picture', async () => {
    const [first, ...rest] = (await play({ path: RAW }, RAW_FRAMES)).units.map((unit) => unit.data);
    writeFileSync(inFolder('cut.h264'), Buffer.concat([...rest, first ?? Buffer.of(), ...rest]));

    const { units } = await play({ path: inFolder('cut.h264'), loop: false }, 1000);

    expect(units).toHaveLength(RAW_FRAMES);
    expect(units[0]?.key).toBe(true);
  });

  it('is put off, not hurried through, after a long stall, and catches up after a short one', async () => {
    const clock = new FakeClock();
    const source = createFileSource({ path: RAW, clock });
    const at: number[] = [];
    const abort = new AbortController();
    const sink = {
      write: () => {
        at.push(clock.monotonicNow());
        if (at.length === 4) clock.stall(400);
        if (at.length === 20) clock.stall(30_000);
        if (at.length === 30) abort.abort();
      },
      state: () => {},
    };
    const ended = source.start(sink, { signal: abort.signal });
    while (at.length < 30) {
      await setImmediate();
      clock.advanceToNext();
    }
    await ended;

    expect(intervals(at).slice(0, 15)).toEqual([50, 50, 50, 400, 0, 0, 0, 0, 0, 0, 0, 50, 50, 50, 50]);
    expect(intervals(at).slice(18)).toEqual([50, 30_000, 50, 50, 50, 50, 50, 50, 50, 50, 50].slice(0, 11));
    expect(source.counters).toEqual({ pictures: 30, audioFrames: 0, postponements: 1 });
  });

  it('goes on with its times and numbers when it is started again', async () => {
    const { source, sink, units } = await play({ path: RAW }, 5);
    const before = units.at(-1);

    await expect(source.start(sink, { signal: AbortSignal.abort() })).resolves.toBeUndefined();
    expect(units.at(-1)).toBe(before);
    const abort = new AbortController();
    const again: AccessUnit[] = [];
    const onlyOne = (unit: AccessUnit): void => {
      again.push(unit);
      abort.abort();
    };
    await source.start({ write: onlyOne, state: () => {} }, { signal: abort.signal });

    expect(again[0]?.sequence).toBe(5);
    expect(again[0]?.key).toBe(true);
    expect(again[0]?.dts).toBeGreaterThan(before?.dts ?? 0);
  });

  it('has no controls and makes no key frames', async () => {
    const source = createFileSource({ path: '/videos/walk.mp4' });

    expect(source.describe()).toEqual({ kind: 'file', label: 'walk.mp4', keyFrameOnRequest: false });
    expect(source.controls()).toEqual([]);
    await expect(source.setControl('zoom')).rejects.toMatchObject({ code: 'control/unknown' });
  });
});

describe('a file that cannot be played', () => {
  it('is named when it does not exist', async () => {
    expect(await failure({ path: inFolder('nowhere.mp4') })).toMatchObject({
      code: 'source/file-not-found',
      message: expect.stringContaining('nowhere.mp4: check the path'),
    });
  });

  it('is named when it is a folder', async () => {
    mkdirSync(inFolder('folder.mp4'));

    expect(await failure({ path: inFolder('folder.mp4') })).toMatchObject({
      code: 'source/file-unreadable',
      message: expect.stringContaining('is a folder'),
    });
  });

  it.each([
    ['empty', new Uint8Array()],
    ['text', Buffer.from('this is no film, however often it is read as one '.repeat(100))],
    [
      'the beginning of an MP4',
      Buffer.from('0000001c667479706d703432000000006d70343269736f6d00000100', 'hex'),
    ],
  ])('is named when it is %s', async (name, bytes) => {
    const path = inFolder(`${name.replaceAll(' ', '-')}.mp4`);
    writeFileSync(path, bytes);

    const thrown = await failure({ path });

    expect(thrown).toMatchObject({ message: expect.stringContaining(path) });
    expect(['source/file-unreadable', 'source/no-h264']).toContain((thrown as { code: string }).code);
  });

  it('is told from H.264 when its start codes belong to something else', async () => {
    const path = inFolder('hevc.h265');
    const vps = '0000000140010c01ffff01600000030090000003000003005d959809';
    writeFileSync(path, Buffer.from(vps.repeat(20), 'hex'));

    expect(await failure({ path })).toMatchObject({ code: 'source/no-h264' });
  });

  it('is refused before it is opened when its rate is none', () => {
    expect(() => createFileSource({ path: RAW, framesPerSecond: 0 })).toThrowError(
      expect.objectContaining({ code: 'source/bad-option', message: 'framesPerSecond 0: use 1 to 240' }),
    );
  });
});

const FRAMES = 40;
const INTERVAL = 40_000;
const TEST_PICTURES = ['-f', 'lavfi', '-i', 'testsrc2=size=160x120:rate=25:duration=1.6'];
const B_FRAMES = [
  '-c:v',
  'libx264',
  '-preset',
  'medium',
  '-pix_fmt',
  'yuv420p',
  '-profile:v',
  'high',
  '-g',
  '20',
].concat(['-bf', '3', '-x264-params', 'b-pyramid=normal:b-adapt=0:scenecut=0']);

/** What ffmpeg's own demuxer says about the packets of a file, in microseconds. */
function packetsByFfmpeg(path: string): readonly { readonly pts: number; readonly dts: number }[] {
  const framecrc = runFfmpeg([
    '-i',
    path,
    '-map',
    '0:v',
    '-c',
    'copy',
    '-copyts',
    '-f',
    'framecrc',
    'pipe:1',
  ]);
  const lines = Buffer.from(framecrc).toString().split('\n');
  const [numerator = 1, denominator = 1] = (/#tb 0: (\d+)\/(\d+)/.exec(lines.join('\n')) ?? [])
    .slice(1)
    .map(Number);
  return lines
    .filter((line) => /^\d/.test(line))
    .map((line) => line.split(',').map(Number))
    .map(([, dts = 0, pts = 0]) => ({
      pts: (pts * 1e6 * numerator) / denominator,
      dts: (dts * 1e6 * numerator) / denominator,
    }));
}

needs('ffmpeg').describe('an MP4 file', () => {
  beforeAll(() => {
    runFfmpeg([...TEST_PICTURES, ...B_FRAMES, '-y', inFolder('b-frames.mp4')]);
    const fragmented = ['-movflags', 'frag_keyframe+empty_moov+default_base_moof'];
    runFfmpeg([
      '-i',
      inFolder('b-frames.mp4'),
      '-c',
      'copy',
      ...fragmented,
      '-y',
      inFolder('fragmented.mp4'),
    ]);
    runFfmpeg([...TEST_PICTURES, ...B_FRAMES, '-f', 'h264', '-y', inFolder('b-frames.h264')]);
    runFfmpeg(
      [
        '-r',
        '20',
        '-i',
        RAW,
        '-c:v',
        'libx264',
        '-preset',
        'ultrafast',
        '-bf',
        '0',
        '-crf',
        '20',
        '-y',
      ].concat(inFolder('synthetic.mp4')),
    );
  });

  it.each(['b-frames.mp4', 'fragmented.mp4', 'b-frames.h264'])(
    'has the times of display and decoding of %s as ffmpeg sees them',
    async (name) => {
      const { units } = await play({ path: inFolder(name), loop: false }, 1000);
      const expected = packetsByFfmpeg(inFolder('b-frames.mp4'));

      const offsets = (list: readonly { readonly pts: number; readonly dts: number }[]) =>
        list.map(({ pts, dts }) => [
          Math.round((pts - (list[0]?.pts ?? 0)) / 1000),
          Math.round((dts - (list[0]?.dts ?? 0)) / 1000),
          Math.round((pts - dts) / 1000),
        ]);
      expect(units).toHaveLength(FRAMES);
      expect(offsets(units)).toEqual(offsets(expected));
      expect(new Set(units.map(({ pts, dts }) => pts - dts)).size).toBeGreaterThan(1);
    },
  );

  it.each(['b-frames.mp4', 'fragmented.mp4', 'b-frames.h264'])(
    'loops %s with times that go on: every picture is shown once, one interval apart',
    async (name) => {
      const { units } = await play({ path: inFolder(name) }, 3 * FRAMES);

      const shown = units.map((unit) => unit.pts).toSorted((a, b) => a - b);
      // The last pictures of the part that was read may not be there yet.
      for (const interval of intervals(shown).slice(0, -6))
        expect(Math.abs(interval - INTERVAL)).toBeLessThan(5);
      for (const interval of intervals(units.map((unit) => unit.dts))) {
        expect(Math.abs(interval - INTERVAL)).toBeLessThan(5);
      }
      for (const { pts, dts } of units) expect(pts).toBeGreaterThanOrEqual(dts);
      expect(rising(units.map((unit) => unit.dts))).toBe(true);
      expect(units[FRAMES]?.key).toBe(true);
    },
  );

  it('becomes Annex B with parameter sets before each key picture', async () => {
    const { units } = await play({ path: inFolder('b-frames.mp4'), loop: false }, 1000);

    const types = units.map((unit) => [...nalUnits(unit.data)].map(nalType));
    expect(units.flatMap((unit, i) => (unit.key ? i : []))).toEqual([0, 20]);
    for (const i of [0, 20]) {
      expect(types[i]).toEqual(expect.arrayContaining([NAL_TYPE.sps, NAL_TYPE.pps, NAL_TYPE.idr]));
      expect(types[i]?.[0]).toBe(NAL_TYPE.sps);
    }
    expect(types[1]).not.toContain(NAL_TYPE.idr);
  });

  it('shows the pictures that were put into it', async () => {
    const { units } = await play({ path: inFolder('synthetic.mp4') }, 2 * RAW_FRAMES);

    const decoded = decodeWithFfmpeg(Buffer.concat(units.map((unit) => unit.data)), {
      width: 160,
      height: 120,
    });

    expect(decoded.map((frame) => readTimeCode(frame)?.frameNumber)).toEqual(
      Array.from({ length: 2 * RAW_FRAMES }, (_, i) => i % RAW_FRAMES),
    );
    expect(new Set(intervals(units.map((unit) => unit.dts)))).toEqual(new Set([50_000]));
  });

  it('with another codec is refused with its name and the command that converts it', async () => {
    const path = inFolder("it's mpeg4.mp4");
    runFfmpeg([...TEST_PICTURES, '-c:v', 'mpeg4', '-y', path]);

    expect(await failure({ path })).toMatchObject({
      code: 'source/no-h264',
      message: expect.stringMatching(
        /mpeg4\.mp4 has .*, not H\.264\. Convert it: ffmpeg -i '.*it'\\''s mpeg4\.mp4' .*libx264/,
      ),
    });
  });

  it('without video is refused', async () => {
    const path = inFolder('tone.mp4');
    runFfmpeg(['-f', 'lavfi', '-i', 'sine=duration=1', '-c:a', 'aac', '-y', path]);

    expect(await failure({ path })).toMatchObject({
      code: 'source/no-h264',
      message: expect.stringContaining('no video track'),
    });
  });

  it('that was cut off in the middle plays what it has', async () => {
    const path = inFolder('cut.mp4');
    const whole = readFileSync(inFolder('fragmented.mp4'));
    writeFileSync(path, whole.subarray(0, Math.round(whole.byteLength * 0.8)));

    const { units } = await play({ path, loop: false }, 1000);

    expect(units.length).toBeGreaterThan(20);
    expect(units.length).toBeLessThan(FRAMES);
    expect(units[0]?.key).toBe(true);
  });
});

needs('ffmpeg').describe('the sound of a file', () => {
  const makeClip = (name: string, coder: string): string => {
    const path = inFolder(name);
    const pictures = '-f lavfi -i testsrc2=size=160x120:rate=20';
    const tone = '-f lavfi -i sine=frequency=440:sample_rate=48000';
    const output = `-t 1 -c:v libx264 -bf 0 -g 10 -pix_fmt yuv420p ${coder}`;
    runFfmpeg(['-y', ...`${pictures} ${tone} ${output}`.split(' '), path]);
    return path;
  };

  it.for([
    ['mp4', '-c:a aac', 'aac', 1024 / 48_000],
    ['mkv', '-c:a libopus -b:a 64k', 'opus', 0.02],
  ] as const)(
    'comes from an %s beside its pictures, round after round',
    async ([ending, coder, codec, frameSeconds]) => {
      const path = makeClip(`sound.${ending}`, coder);
      const { units, sounds, source } = await play({ path, audio: 'on' }, 55);

      expect(sounds[0]?.parameters).toMatchObject({ codec, sampleRate: 48_000, channels: 1 });
      // Two rounds of a second and three quarters of another: no picture is without the sound that goes with it.
      expect(sounds.length).toBeGreaterThan(2.6 / frameSeconds);
      expect(source.counters.audioFrames).toBe(sounds.length);
      const steps = sounds.slice(1).map(({ pts }, i) => pts - (sounds[i]?.pts ?? 0));
      expect(Math.min(...steps)).toBeGreaterThan(0);
      expect(Math.max(...steps)).toBeLessThan(2 * frameSeconds * 1e6);
      const [first] = sounds;
      const [picture] = units;
      const apart = (first?.pts ?? 0) - (picture?.pts ?? 0);
      expect(Math.abs(apart)).toBeLessThan(50_000);
      expect((first?.captureTime ?? 0) - (picture?.captureTime ?? 0)).toBe(apart);
    },
  );

  it('stays in the file unless it is wanted', async () => {
    const { sounds } = await play({ path: makeClip('unwanted.mp4', '-c:a aac') }, 25);

    expect(sounds).toEqual([]);
  });

  it('that cannot be taken as it is costs no picture', async () => {
    const { units, sounds } = await play({ path: makeClip('ac3.mkv', '-c:a ac3'), audio: 'on' }, 25);

    expect(units).toHaveLength(25);
    expect(sounds).toEqual([]);
  });
});
