import { micros, ticks90k } from '@pinhole/core';
import { joinAvcc } from '@pinhole/media/h264';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { codeOf } from '../../../../test/support/code-of.ts';
import { hex } from '../../../../test/support/hex.ts';
import {
  AAC,
  audioSamples,
  fragmentOf,
  parametersOf,
  videoSamples,
} from '../../../../test/support/recording-samples.ts';
import { boxesIn, parseBoxHeader } from './box-header.ts';
import { mediaFragment } from './media-fragment.ts';
import { parseFragment } from './parse-fragment.ts';
import { parseMovie } from './parse-movie.ts';
import {
  movieFragmentRandomAccess,
  parseMovieFragmentRandomAccess,
  randomAccessBytes,
} from './random-access.ts';
import { recordingFragment } from './recording-fragment.ts';
import { recordingHeader } from './recording-header.ts';

const OUTCOMES = /^(parsed$|fmp4\/|h264\/)/;

describe('parsers', () => {
  it('read back what the header tells', () => {
    const parameters = parametersOf('high-slices');
    const { bytes } = recordingHeader({ ...parameters, audio: AAC, note: hex('7b 22 61 22 7d') });

    const movie = parseMovie(bytes);

    expect(movie).toEqual({
      timescale: 90_000,
      duration: undefined,
      note: hex('7b 22 61 22 7d'),
      tracks: [
        {
          kind: 'video',
          trackId: 1,
          timescale: 90_000,
          codec: 'avc1.640009',
          width: parameters.width,
          height: parameters.height,
          sps: [parameters.sps],
          pps: parameters.pps,
        },
        {
          kind: 'audio',
          trackId: 2,
          timescale: 48_000,
          codec: 'mp4a.40.2',
          channels: 2,
          config: hex('11 90'),
        },
      ],
    });
  });

  it('read back fragments of viewers too, and from moof alone', () => {
    const [sample] = videoSamples('baseline');
    if (sample === undefined) throw new Error('empty fixture');
    const bytes = mediaFragment({
      sequenceNumber: 7,
      baseDecodeTime: ticks90k(2 ** 33),
      samples: [{ nalUnits: sample.parts, key: true, durationTicks: 3000, compositionOffsetTicks: -5 }],
    });
    const moof = parseBoxHeader(bytes);

    const fragment = parseFragment(bytes.subarray(0, moof?.sizeBytes));

    expect(fragment.sequenceNumber).toBe(7);
    expect(fragment.producerTime).toBeUndefined();
    expect(fragment.endOffset).toBe(bytes.byteLength);
    expect(fragment.runs[0]?.samples[0]).toMatchObject({
      decodeTime: 2 ** 33,
      durationTicks: 3000,
      compositionOffsetTicks: -5,
      key: true,
    });
  });

  it('tell where decode time and number stand, so that a fragment can be moved', () => {
    const { bytes } = fragmentOf([{ trackId: 1, baseDecodeTime: 77, samples: videoSamples('baseline') }], 9);
    const { runs, sequenceNumberOffset } = parseFragment(bytes);
    const view = new DataView(bytes.buffer);

    expect(view.getUint32(sequenceNumberOffset)).toBe(9);
    expect(runs[0]?.decodeTimeAt.bytes).toBe(8);
    view.setBigUint64(runs[0]?.decodeTimeAt.offset ?? 0, 123_456n);
    expect(parseFragment(bytes).runs[0]?.samples[0]?.decodeTime).toBe(123_456);
  });

  test('whatever the samples, a fragment is read back with every one in its place', () => {
    const sample = fc.record({
      parts: fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { minLength: 1, maxLength: 3 }),
      lengths: fc.constantFrom('before-each' as const, 'none' as const),
      durationTicks: fc.oneof(fc.constant(3000), fc.nat(2 ** 31)),
      compositionOffsetTicks: fc.oneof(fc.constant(0), fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })),
      key: fc.boolean(),
    });
    const run = (trackId: number) =>
      fc.record({
        trackId: fc.constant(trackId),
        baseDecodeTime: fc.nat(Number.MAX_SAFE_INTEGER - 2 ** 40),
        samples: fc.array(sample, { minLength: 1, maxLength: 12 }),
      });
    const captured = fc.integer({ min: 0, max: 4_102_444_800_000_000 });
    const mediaTime = fc.nat(Number.MAX_SAFE_INTEGER);
    fc.assert(
      fc.property(run(1), run(2), captured, mediaTime, (video, audio, at, media) => {
        const producerTime = { trackId: 1, captureTime: micros(at), mediaTime: media };
        const { bytes, moofOffset } = recordingFragment({
          sequenceNumber: 5,
          producerTime,
          runs: [video, audio],
        });

        const fragment = parseFragment(bytes);

        expect(fragment).toMatchObject({
          moofOffset,
          producerTime,
          sequenceNumber: 5,
          endOffset: bytes.byteLength,
        });
        for (const [index, written] of [video, audio].entries()) {
          const read = fragment.runs[index];
          expect(read?.decodeTime).toBe(written.baseDecodeTime);
          let decodeTime = written.baseDecodeTime;
          for (const [at, { parts, lengths, ...times }] of written.samples.entries()) {
            const place = read?.samples[at];
            expect(place).toMatchObject({ ...times, decodeTime });
            const { offset, sizeBytes } = place ?? { offset: 0, sizeBytes: 0 };
            const content =
              lengths === 'before-each' ? joinAvcc(parts) : Uint8Array.from(Buffer.concat(parts));
            expect(bytes.slice(offset, offset + sizeBytes)).toEqual(content);
            decodeTime += times.durationTicks;
          }
        }
      }),
      { numRuns: 200 },
    );
  });

  test('random access points are read back, and found from the end of a file', () => {
    const point = fc.record({ time: fc.nat(2 ** 40), moofOffset: fc.nat(2 ** 40) });
    fc.assert(
      fc.property(fc.array(point, { maxLength: 50 }), fc.uint8Array(), (points, before) => {
        const bytes = movieFragmentRandomAccess(points);
        const file = Uint8Array.from([...before, ...bytes]);

        expect(randomAccessBytes(file)).toBe(bytes.byteLength);
        expect(parseMovieFragmentRandomAccess(bytes)).toEqual(points);
      }),
    );
    expect(randomAccessBytes(hex('00 00 00 10'))).toBeUndefined();
    expect(randomAccessBytes(new Uint8Array(64))).toBeUndefined();
  });

  const real = [
    recordingHeader({ ...parametersOf('high-slices'), audio: AAC, note: hex('7b 7d') }).bytes,
    fragmentOf([
      { trackId: 1, baseDecodeTime: 0, samples: videoSamples('main-b-frames') },
      { trackId: 2, baseDecodeTime: 0, samples: audioSamples(4) },
    ]).bytes,
    movieFragmentRandomAccess([{ time: 0, moofOffset: 700 }]),
  ];
  const damaged = fc
    .record({
      which: fc.nat(real.length - 1),
      changes: fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { minLength: 1, maxLength: 6 }),
      keep: fc.option(fc.nat(900)),
    })
    .map(({ which, changes, keep }) => {
      const bytes = Uint8Array.from(real[which] ?? []);
      for (const [at, value] of changes) if (at < bytes.byteLength) bytes[at] = value;
      return keep === null ? bytes : bytes.slice(0, keep);
    });

  test.each([
    ['parseMovie', parseMovie],
    ['parseFragment', parseFragment],
    ['parseMovieFragmentRandomAccess', parseMovieFragmentRandomAccess],
    ['boxesIn', (bytes: Uint8Array) => [...boxesIn(bytes)]],
  ])('%s reads any bytes or throws MalformedError, and does not change them', (_, parse) => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), damaged), (bytes) => {
        const before = Uint8Array.from(bytes);

        expect(codeOf(() => parse(bytes))).toMatch(OUTCOMES);
        expect(bytes).toEqual(before);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['a size below its header', '00 00 00 04 6d 6f 6f 66', 'fmp4/box'],
    ['a box beyond the end', '00 00 00 40 6d 6f 6f 66 00', 'fmp4/box'],
    ['a 64-bit size beyond any file', '00 00 00 01 6d 6f 6f 66 ff ff ff ff ff ff ff ff', 'fmp4/box'],
    ['no moof at all', '00 00 00 08 66 72 65 65', 'fmp4/fragment'],
    ['a moof without its number', '00 00 00 08 6d 6f 6f 66', 'fmp4/fragment'],
  ])('parseFragment refuses %s', (_, bytes, code) => {
    expect(codeOf(() => parseFragment(hex(bytes)))).toBe(code);
  });

  it('does not believe a fragment of four thousand million samples', () => {
    const { bytes } = fragmentOf([{ trackId: 1, baseDecodeTime: 0, samples: videoSamples('baseline') }]);
    const trun = Buffer.from(bytes).indexOf('trun');
    new DataView(bytes.buffer).setUint32(trun + 8, 2 ** 32 - 1);

    expect(codeOf(() => parseFragment(bytes))).toBe('fmp4/fragment');
  });
});
