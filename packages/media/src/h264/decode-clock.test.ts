import { micros } from '@pinhole/core';
import { expect, it } from 'vitest';
import { DecodeClock } from './decode-clock.ts';

const dated = (pts: readonly number[]): number[] => {
  const clock = new DecodeClock();
  return pts.map((time) => clock.date(micros(time)));
};

it('dates decoding like showing where the order is the same', () => {
  expect(dated([0, 33, 66, 100])).toEqual([0, 33, 66, 100]);
});

it('never lets decoding time fall, and never passes showing time once it knows the order', () => {
  const pts = [0, 90, 30, 60, 180, 120, 150, 270, 210, 240];

  const dts = dated(pts);

  expect(dts).toEqual([...dts].sort((a, b) => a - b));
  for (let i = 4; i < pts.length; i++) expect(dts[i]).toBeLessThanOrEqual(pts[i] as number);
});

it('stands still, rather than falls, when showing time jumps back', () => {
  expect(dated([1000, 1033, 0, 33])).toEqual([1000, 1033, 1033, 1033]);
});
