import { micros } from '@pinhole/core';
import {
  lowDelaySps,
  NAL_TYPE,
  nalType,
  nalUnits,
  parsePps,
  parseSliceHeader,
  parseSps,
} from '@pinhole/media/h264';
import { readTimeCode, type TimeCode } from '@pinhole/media/timecode';
import { describe, expect, it } from 'vitest';
import { decodeWithFfmpeg, runFfmpeg } from '../../../../test/support/decode-with-ffmpeg.ts';
import { needs } from '../../../../test/support/third-parties.ts';
import type { CardLook, CardPattern } from './card/background.ts';
import { encodeTestPicture, SyntheticEncoder } from './synthetic-encoder.ts';

const SIZES = [
  [1920, 1080],
  [1280, 720],
  [640, 360],
  [322, 182],
  [160, 120],
] as const;

const moment = (i: number): TimeCode => ({
  frameNumber: 99_995 + i,
  captureTime: micros(1_795_219_630_000_000 + i * 33_333),
});

interface Recording {
  readonly stream: Uint8Array;
  readonly units: readonly Uint8Array[];
  /** Luma and chroma of the whole blocks, after each picture. */
  readonly meant: readonly { readonly luma: Uint8Array; readonly cb: Uint8Array; readonly cr: Uint8Array }[];
}

function record(encoder: SyntheticEncoder, frames: number, gopFrames: number): Recording {
  const units: Uint8Array[] = [];
  const meant = [];
  for (let i = 0; i < frames; i++) {
    units.push(encoder.encode({ ...moment(i), key: i % gopFrames === 0 }));
    const { luma, cb, cr } = encoder.picture;
    meant.push({ luma: luma.slice(), cb: cb.slice(), cr: cr.slice() });
  }
  return { stream: Buffer.concat(units), units, meant };
}

/** The first sample that is not what its block says, in words. */
function firstDifference(
  plane: Uint8Array,
  width: number,
  blocks: Uint8Array,
  stride: number,
): string | undefined {
  for (let i = 0; i < plane.length; i++) {
    const x = i % width;
    const y = Math.floor(i / width);
    const level = blocks[(y >> 2) * stride + (x >> 2)];
    if (plane[i] !== level) return `at ${x},${y}: ${plane[i]} instead of ${level}`;
  }
  return undefined;
}

/** Decodes a recording. @returns what is not as it was meant, in words; nothing, hopefully. */
function differences(
  recording: Recording,
  encoder: SyntheticEncoder,
  width: number,
  height: number,
): readonly string[] {
  const { lumaStride, chromaStride } = encoder.picture;
  const decoded = decodeWithFfmpeg(recording.stream, { width, height });
  const found = decoded.flatMap((frame, i) => {
    const meant = recording.meant[i];
    if (meant === undefined) return `picture ${i}: not meant at all`;
    const code = readTimeCode(frame);
    return [
      ['luma', firstDifference(frame.luma, width, meant.luma, lumaStride)],
      ['cb', firstDifference(frame.cb, width / 2, meant.cb, chromaStride)],
      ['cr', firstDifference(frame.cr, width / 2, meant.cr, chromaStride)],
      ['time code', JSON.stringify(code) === JSON.stringify(moment(i)) ? undefined : JSON.stringify(code)],
    ].flatMap(([what, difference]) =>
      difference === undefined ? [] : `picture ${i}: ${what} ${difference}`,
    );
  });
  const count = recording.units.length;
  return decoded.length === count ? found : [`${decoded.length} pictures instead of ${count}`, ...found];
}

needs('ffmpeg').describe('test pictures in a real decoder', () => {
  it.each(SIZES)('are exact at %d×%d, key or not, and carry their time code', (width, height) => {
    const encoder = new SyntheticEncoder({ width, height, framesPerSecond: 30, label: 'Front door 2' });

    expect(differences(record(encoder, 12, 7), encoder, width, height)).toEqual([]);
  });

  it.each([
    { pattern: 'bars', brightness: 50 },
    { pattern: 'bars', brightness: -50 },
    { pattern: 'plain', brightness: 33 },
    { pattern: 'card', brightness: -50 },
    { pattern: 'card', brightness: 50 },
  ] satisfies CardLook[])('are exact as $pattern with brightness $brightness, set while running', (look) => {
    const encoder = new SyntheticEncoder({ width: 640, height: 360, framesPerSecond: 30 });
    const before = record(encoder, 2, 100);
    encoder.setLook(look);
    const units = [...before.units, encoder.encode({ ...moment(2), key: false })];
    const { luma, cb, cr } = encoder.picture;
    const meant = [...before.meant, { luma, cb, cr }];

    expect(meant[1]?.luma).not.toEqual(luma);
    const recording = { units, meant, stream: Buffer.concat(units) };
    expect(differences(recording, encoder, 640, 360)).toEqual([]);
  });

  it.each([
    { width: 1280, height: 720, to: [1280, 720], crf: 35 },
    { width: 1280, height: 720, to: [640, 360], crf: 30 },
    { width: 640, height: 360, to: [854, 480], crf: 32 },
    { width: 320, height: 180, to: [320, 180], crf: 32 },
    { width: 160, height: 120, to: [160, 120], crf: 28 },
  ] as const)(
    'keep their time code through x264 at crf $crf, $width×$height to $to',
    ({ width, height, to, crf }) => {
      const recording = record(new SyntheticEncoder({ width, height, framesPerSecond: 30 }), 15, 10);
      const scale = `scale=${to[0]}:${to[1]}:flags=bilinear`;
      const lossy = runFfmpeg(
        [
          '-f',
          'h264',
          '-i',
          'pipe:0',
          '-vf',
          scale,
          '-c:v',
          'libx264',
          '-preset',
          'ultrafast',
          '-bf',
          '0',
        ].concat(['-crf', String(crf), '-fps_mode', 'passthrough', '-f', 'h264', 'pipe:1']),
        recording.stream,
      );

      const decoded = decodeWithFfmpeg(lossy, { width: to[0], height: to[1] });

      expect(decoded.map((frame) => readTimeCode(frame)?.frameNumber)).toEqual(
        recording.units.map((_, i) => moment(i).frameNumber),
      );
    },
  );
});

describe('test pictures', () => {
  it('are constrained baseline without reordering, with size, frame rate and level', () => {
    const nals = [
      ...nalUnits(encodeTestPicture({ width: 322, height: 182, framesPerSecond: 25 }, moment(0))),
    ];
    const [sps, pps, slice] = nals;
    if (!sps || !pps || !slice) throw new Error('three NAL units expected');

    expect(nals.map(nalType)).toEqual([NAL_TYPE.sps, NAL_TYPE.pps, NAL_TYPE.idr]);
    const parsed = parseSps(sps);
    expect(parsed).toMatchObject({
      profileIdc: 66,
      constraintFlags: 0xc0,
      levelIdc: 13,
      width: 322,
      height: 182,
      framesPerSecond: 25,
      maxNumReorderFrames: 0,
      maxDecFrameBuffering: 1,
      maxNumRefFrames: 1,
      frameMbsOnly: true,
    });
    expect(parsePps(pps)).toBeDefined();
    expect(lowDelaySps(sps)).toBe(sps);
    expect(Buffer.from(sps.subarray(1, 4)).toString('hex')).toBe('42c00d');
  });

  it('begin with a key picture even when none was asked for, and have parameter sets before each', () => {
    const encoder = new SyntheticEncoder({ width: 160, height: 120, framesPerSecond: 30 });
    const types = [false, false, true, true, false].map((key, i) =>
      [...nalUnits(encoder.encode({ ...moment(i), key }))].map(nalType),
    );

    expect(types).toEqual([[7, 8, 5], [1], [7, 8, 5], [7, 8, 5], [1]]);
  });

  it('are the same bytes for the same calls', () => {
    const make = () =>
      record(new SyntheticEncoder({ width: 320, height: 180, framesPerSecond: 30 }), 5, 3).stream;

    expect(make()).toEqual(make());
  });

  it('move in every frame, and the clock counts', () => {
    const { units } = record(
      new SyntheticEncoder({ width: 640, height: 360, framesPerSecond: 30 }),
      90,
      1000,
    );

    for (const unit of units.slice(1)) expect(unit.byteLength).toBeGreaterThan(100);
  });

  it.each(SIZES)('stay below 4 Mbps at %d×%d@30 with a GOP of two seconds', (width, height) => {
    const { stream } = record(new SyntheticEncoder({ width, height, framesPerSecond: 30 }), 60, 60);

    expect((stream.byteLength * 8) / 2 / 1000).toBeLessThan(1_000);
  });

  it.each(SIZES)(
    'keep within the bit rate of their level at %d×%d even as key frames only',
    (width, height) => {
      const maxKbps: Readonly<Record<number, number>> = {
        12: 384,
        13: 768,
        20: 2_000,
        30: 10_000,
        31: 14_000,
        40: 20_000,
      };
      for (const pattern of ['card', 'bars', 'plain'] satisfies CardPattern[]) {
        const look = { pattern, brightness: 0 };
        const label = 'MMMMMMMM';
        const encoder = new SyntheticEncoder({ width, height, framesPerSecond: 30, look, label });
        const { stream } = record(encoder, 6, 1);
        const [sps] = nalUnits(stream);

        const level = parseSps(sps ?? new Uint8Array()).levelIdc;
        expect((stream.byteLength * 8 * 5) / 1000, `level ${level}`).toBeLessThan(maxKbps[level] ?? 0);
      }
    },
  );

  it('count frame_num through its wrap in long GOPs', () => {
    const encoder = new SyntheticEncoder({ width: 160, height: 120, framesPerSecond: 30 });
    const { units } = record(encoder, 260, 1000);
    const [sps, pps] = [...nalUnits(units[0] ?? new Uint8Array())];
    if (!sps || !pps) throw new Error('no parameter sets');
    const context = { sps: parseSps(sps), pps: parsePps(pps) };

    const frameNums = units.map((unit) => {
      const slice = [...nalUnits(unit)].at(-1) ?? new Uint8Array();
      return parseSliceHeader(slice, context).frameNum;
    });

    expect(frameNums).toEqual(units.map((_, i) => i % 256));
  });

  it.each([
    ['width', { width: 1922 }, 'width 1922: use an even number from 160 to 1920'],
    ['width', { width: 641 }, 'width 641'],
    ['height', { height: 90 }, 'height 90'],
    ['framesPerSecond', { framesPerSecond: 0.5 }, 'framesPerSecond 0.5: use 1 to 60'],
    ['framesPerSecond', { framesPerSecond: Number.NaN }, 'framesPerSecond NaN'],
  ])('are refused with a wrong %s', (_, wrong, message) => {
    const options = { width: 640, height: 360, framesPerSecond: 30, ...wrong };

    expect(() => new SyntheticEncoder(options)).toThrowError(
      expect.objectContaining({ code: 'source/bad-option', message: expect.stringContaining(message) }),
    );
  });
});
