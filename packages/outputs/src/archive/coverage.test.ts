import { micros } from '@pinhole/core';
import { describe, expect, it } from 'vitest';
import { coverageOf, daysOf, gapsOf } from './coverage.ts';
import type { RecordedFile } from './recorded-file.ts';

const SECOND = 1e6;
const file = (from: number, to: number, path = '20260101/00/20260101_000000.mp4'): RecordedFile => ({
  path,
  startTime: micros(from * SECOND),
  endTime: micros(to * SECOND),
  sizeBytes: 5,
  state: 'complete',
  thumbnail: false,
});
const range = (from: number, to: number) => ({ from: micros(from * SECOND), to: micros(to * SECOND) });

describe('coverage', () => {
  it('joins what follows within a second, and cuts at the range', () => {
    const files = [file(0, 60), file(60.04, 120), file(125, 180), file(130, 140)];

    expect(coverageOf(files, range(30, 170))).toEqual([range(30, 120), range(125, 170)]);
  });

  it('leaves gaps before, between and behind', () => {
    const covered = coverageOf([file(10, 20), file(30, 40)], range(0, 50));

    expect(gapsOf(covered, range(0, 50))).toEqual([range(0, 10), range(20, 30), range(40, 50)]);
    expect(gapsOf([], range(0, 50))).toEqual([range(0, 50)]);
  });

  it('counts days by the clock on the wall, and a moment once', () => {
    const files = [
      file(0, 60, '20260101/23/20260101_235900.mp4'),
      file(30, 70, 'on-demand/20260101/23/20260101_235930.mp4'),
      file(100, 160, '20260102/00/20260102_000040.mp4'),
    ];

    expect(daysOf(files)).toEqual([
      { day: '2026-01-01', files: 2, sizeBytes: 10, recorded: 70e6, firstStart: 0, lastEnd: 70e6 },
      { day: '2026-01-02', files: 1, sizeBytes: 5, recorded: 60e6, firstStart: 100e6, lastEnd: 160e6 },
    ]);
  });
});
