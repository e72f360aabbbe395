import { micros } from '@pinhole/core';
import { describe, expect, it } from 'vitest';
import { numberedStem, RecordingNames } from './recording-name.ts';

const at = (...fields: [number, number, number, number, number, number]) =>
  micros(Date.UTC(...fields) * 1000);

describe('RecordingNames', () => {
  it.each([
    ['UTC', at(2026, 0, 2, 3, 4, 5), '20260102/03', '20260102_030405'],
    ['Europe/Berlin', at(2026, 0, 1, 23, 0, 0), '20260102/00', '20260102_000000'],
    ['America/New_York', at(2026, 6, 1, 3, 59, 59), '20260630/23', '20260630_235959'],
    ['Asia/Kathmandu', at(2026, 0, 1, 0, 0, 0), '20260101/05', '20260101_054500'],
    ['Asia/Bangkok', at(2026, 0, 1, 0, 0, 0), '20260101/07', '20260101_070000'],
  ])('in %s', (zone, time, folder, stem) => {
    expect(new RecordingNames(zone).nameOf(time)).toEqual({ folder, stem });
  });

  it('names the hour after summer time as the hour before it, and the seconds in between are not rounded', () => {
    const names = new RecordingNames('Europe/Berlin');

    expect(names.nameOf(at(2026, 9, 25, 0, 59, 59)).stem).toBe('20261025_025959');
    expect(names.nameOf(at(2026, 9, 25, 1, 0, 0)).stem).toBe('20261025_020000');
    expect(names.nameOf(micros(at(2026, 9, 25, 1, 0, 0) + 999_999)).stem).toBe('20261025_020000');
    expect(names.nameOf(at(2026, 2, 29, 0, 59, 59)).stem).toBe('20260329_015959');
    expect(names.nameOf(at(2026, 2, 29, 1, 0, 0)).stem).toBe('20260329_030000');
  });

  it('refuses a zone that nobody knows', () => {
    expect(() => new RecordingNames('Europe/Nowhere')).toThrowError(RangeError);
  });
});

it('numbers files of one name from the second on', () => {
  expect([1, 2, 3].map((count) => numberedStem('a', count))).toEqual(['a', 'a_2', 'a_3']);
});
