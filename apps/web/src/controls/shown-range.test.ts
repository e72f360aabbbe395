import { expect, it } from 'vitest';
import { type RangeControl, shownRange } from './shown-range.ts';

const BITRATE: RangeControl = {
  id: 'bitrate',
  label: 'Bit rate',
  applies: 'live',
  kind: 'range',
  min: 25_000,
  max: 20_000_000,
  step: 25_000,
  default: 4_000_000,
  value: 500_000,
  unit: 'bits/s',
};

it('shows bit rates in kilobits', () => {
  expect(shownRange(BITRATE)).toMatchObject({
    unit: 'kbit/s',
    min: 25,
    max: 20_000,
    step: 25,
    default: 4_000,
    factor: 1000,
  });
});

it('leaves other units as they are', () => {
  expect(shownRange({ ...BITRATE, unit: 'frames' })).toMatchObject({
    unit: 'frames',
    max: 20_000_000,
    factor: 1,
  });
});
