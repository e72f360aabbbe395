import { micros } from '@pinhole/core';
import { expect, it } from 'vitest';
import { PictureTimes } from './picture-times.ts';

const S = 1_000_000;
const NOW = 1_800_000_000 * S;
const at = (times: PictureTimes, stamp: string | undefined, arrival: number): number =>
  times.date(new Map(stamp === undefined ? [] : [['x-timestamp', stamp]]), micros(NOW + arrival)) - NOW;

it('takes the jitter of the way out, by the clock of the camera', () => {
  const times = new PictureTimes();

  expect(at(times, '7.000000', 0)).toBe(0);
  expect(at(times, '7.100000', 0.18 * S)).toBeCloseTo(0.1 * S, -2);
  expect(at(times, '7.200000', 0.2 * S)).toBeCloseTo(0.2 * S, -2);
});

it('dates by the arrival where there is no clock, or one that stands', () => {
  const times = new PictureTimes();

  expect([at(times, undefined, 5), at(times, 'noon', 6), at(times, '-1.5', 7)]).toEqual([5, 6, 7]);
  at(times, '0.000000', 8);
  expect(at(times, '0.000000', 0.3 * S)).toBe(0.3 * S);
});

it('begins anew with a clock that fell, however little, and with one that was set', () => {
  const times = new PictureTimes();
  at(times, '0.900000', 0);

  expect(at(times, '0.100000', 0.5 * S)).toBe(0.5 * S);
  expect(at(times, '1790000000.000000', 0.6 * S)).toBe(0.6 * S);
  expect(at(times, '1790000000.100000', 0.75 * S)).toBeCloseTo(0.7 * S, -2);
});

it('keeps with our clock for hours, though its quartz runs 100 ppm slow', () => {
  const times = new PictureTimes();
  let worst = 0;

  for (let second = 0; second < 6 * 3600; second++) {
    const jitter = (second % 7) * 3_000;
    const captured = at(times, (second * (1 - 100e-6)).toFixed(6), second * S + jitter);
    worst = Math.max(worst, Math.abs(captured - second * S));
  }

  expect(worst).toBeLessThan(5_000);
});
