import { expect, it } from 'vitest';
import { Pace } from './pace.ts';
import { micros } from './units.ts';

const admitted = (pace: Pace, times: readonly number[]): number[] =>
  times.filter((time) => pace.admits(micros(Math.round(time))));

const film = (framesPerSecond: number, seconds: number): number[] =>
  Array.from({ length: framesPerSecond * seconds }, (_, i) => 1.7e15 + (i * 1e6) / framesPerSecond);

it.each([
  [30, 10, 10],
  [30, 12, 12],
  [25, 10, 10],
  [10, 10, 10],
  [5, 10, 5],
  [30, Number.POSITIVE_INFINITY, 30],
])('of %d pictures a second, at most %d a second leave %d', (framesPerSecond, most, left) => {
  expect(admitted(new Pace(most), film(framesPerSecond, 10))).toHaveLength(left * 10);
});

it('lets all through that come as fast as they may, however they jitter', () => {
  const jittering = film(10, 10).map((time, i) => time + ((i * 7) % 3) * 8_000);

  expect(admitted(new Pace(10), jittering)).toHaveLength(100);
});

it('does not make up for a pause', () => {
  const pace = new Pace(1);
  pace.admits(micros(0));

  expect(admitted(pace, [10e6, 10.1e6, 10.2e6, 11e6])).toEqual([10e6, 11e6]);
});

it('goes on when the clock steps back', () => {
  const pace = new Pace(1);
  pace.admits(micros(100e6));

  expect(admitted(pace, [5e6, 5.5e6, 6e6])).toEqual([5e6, 6e6]);
});
