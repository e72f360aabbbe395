import { micros } from '@pinhole/core';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import type { Part, Piece, PieceRun } from './part.ts';
import { type PlacedPiece, Timeline } from './timeline.ts';

const FRAME = 3000;
const SOUND = 1024;

const partAt = (ms: number): Part => ({
  coding: {
    sps: new Uint8Array(),
    pps: [],
    width: 1,
    height: 1,
    audio: { codec: 'aac', sampleRate: 48_000, channels: 2 },
  },
  zero: micros(ms * 1000),
  pieces: () => {
    throw new Error('nothing is read here');
  },
  keyFrames: () => Promise.resolve([]),
  close: () => Promise.resolve(),
});

const run = (kind: PieceRun['kind'], decodeTicks: number, count: number): PieceRun => ({
  kind,
  timescale: kind === 'video' ? 90_000 : 48_000,
  decodeTicks,
  samples: Array.from({ length: count }, () => ({
    parts: [],
    lengths: 'none',
    durationTicks: kind === 'video' ? FRAME : SOUND,
    compositionOffsetTicks: 0,
    key: false,
  })),
});

/** Half a second of pictures from `ticks` of a part on, and the sound that begins at `soundTicks`. */
const piece = (ticks: number, soundTicks?: number): Piece => ({
  captureTime: micros(0),
  mediaTicks: ticks,
  key: true,
  runs: [run('video', ticks, 15), ...(soundTicks === undefined ? [] : [run('audio', soundTicks, 23)])],
});

function place(pieces: readonly (readonly [Part, Piece])[], gaps: 'kept' | 'closed' = 'kept'): PlacedPiece[] {
  const timeline = new Timeline({ origin: micros(0), gaps });
  const placed = pieces.map(([part, each]) => timeline.place(each, part));
  return [...placed, timeline.finish()].filter((each): each is PlacedPiece => each !== undefined);
}

/** Where runs of a track begin and end. */
const spansOf = (placed: readonly PlacedPiece[], track: number): [number, number][] =>
  placed.flatMap(({ runs }) =>
    runs
      .filter(({ trackId }) => trackId === track)
      .map(({ baseDecodeTime, samples }): [number, number] => [
        baseDecodeTime,
        samples.reduce((sum, { durationTicks }) => sum + durationTicks, baseDecodeTime),
      ]),
  );

describe('Timeline', () => {
  it('puts a part where its capture time says, the last picture before it lasting until then', () => {
    const [a, b] = [partAt(0), partAt(510)];

    const placed = place([
      [a, piece(0)],
      [b, piece(0)],
    ]);

    expect(spansOf(placed, 1)).toEqual([
      [0, 45_900],
      [45_900, 90_900],
    ]);
    expect(placed.map(({ mediaTime }) => mediaTime)).toEqual([0, 45_900]);
  });

  it('puts it right behind where there is no room, and the next where its own capture time says', () => {
    const placed = place([
      [partAt(0), piece(0)],
      [partAt(300), piece(0)],
      [partAt(1000), piece(0)],
    ]);

    expect(spansOf(placed, 1)).toEqual([
      [0, 45_000],
      [45_000, 90_000],
      [90_000, 135_000],
    ]);
  });

  it('keeps a gap, or passes over it', () => {
    const pieces = [
      [partAt(0), piece(0)],
      [partAt(5000), piece(0)],
      [partAt(5500), piece(0)],
    ] as const;

    expect(spansOf(place(pieces), 1)).toEqual([
      [0, 45_000],
      [450_000, 495_000],
      [495_000, 540_000],
    ]);
    expect(spansOf(place(pieces, 'closed'), 1)).toEqual([
      [0, 45_000],
      [45_000, 90_000],
      [90_000, 135_000],
    ]);
  });

  it('gives sound of a part its place by the part, whichever piece has the first of it', () => {
    const part = partAt(200);

    const placed = place([
      [part, piece(45_000)],
      [part, piece(90_000, 48_000)],
    ]);

    expect(spansOf(placed, 2)).toEqual([[48_000 + 9600, 48_000 + 9600 + 23 * SOUND]]);
  });

  it('leaves out sound from before the beginning', () => {
    const part = partAt(-1000);

    const placed = place([[part, piece(90_000, 48_000 - 2 * SOUND - 24)]]);

    expect(spansOf(placed, 1)).toEqual([[0, 45_000]]);
    expect(spansOf(placed, 2)).toEqual([[SOUND - 24, SOUND - 24 + 20 * SOUND]]);
  });

  test('whatever the jitter and the overlaps, nothing steps back and no picture is lost', () => {
    const start = fc.record({
      after: fc.integer({ min: -900, max: 3000 }),
      sound: fc.integer({ min: -30_000, max: 30_000 }),
    });
    fc.assert(
      fc.property(
        fc.array(start, { minLength: 1, maxLength: 20 }),
        fc.constantFrom('kept' as const, 'closed' as const),
        (starts, gaps) => {
          let at = 1000;
          const pieces = starts.map(({ after, sound }): readonly [Part, Piece] => {
            at = Math.max(1000, at + 500 + after);
            return [partAt(at), piece(0, sound)];
          });

          const placed = place(pieces, gaps);

          for (const track of [1, 2]) {
            let end = 0;
            for (const [from, to] of spansOf(placed, track)) {
              expect(from).toBeGreaterThanOrEqual(end);
              expect(to).toBeGreaterThan(from);
              end = to;
            }
          }
          expect(placed.every(({ runs }) => runs[0]?.trackId === 1 && runs[0].samples.length === 15)).toBe(
            true,
          );
        },
      ),
    );
  });
});
