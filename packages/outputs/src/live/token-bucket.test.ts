import { micros } from '@pinhole/core';
import { expect, it } from 'vitest';
import { TokenBucket } from './token-bucket.ts';

it('lets a burst through, then as much as time brings, and saves up no more than the burst', () => {
  const bucket = new TokenBucket({ burst: 2, perSecond: 1, now: micros(0) });

  expect([0, 0, 0].map((at) => bucket.take(micros(at)))).toEqual([true, true, false]);
  expect(bucket.take(micros(900_000))).toBe(false);
  expect(bucket.take(micros(1_100_000))).toBe(true);
  expect([99e6, 99e6, 99e6].map((at) => bucket.take(micros(at)))).toEqual([true, true, false]);
});

it('earns nothing when the clock steps back', () => {
  const bucket = new TokenBucket({ burst: 1, perSecond: 1, now: micros(5e6) });

  bucket.take(micros(5e6));

  expect(bucket.take(micros(1e6))).toBe(false);
});
