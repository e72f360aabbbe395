import { micros } from '@pinhole/core';
import { expect, it } from 'vitest';
import type { DemuxedUnit } from '../demuxed-unit.ts';
import { UnitBacklog } from './unit-backlog.ts';

const unit = (sequence: number, kind: 'key' | 'other'): DemuxedUnit => ({
  data: new Uint8Array(10),
  key: kind === 'key',
  captureTime: micros(0),
  pts: micros(0),
  dts: micros(0),
  sequence,
});

/** What is left of units after each other, of which those in `keys` are key units. */
function left(backlog: UnitBacklog, count: number, keys: readonly number[]): number[] {
  for (let i = 0; i < count; i++) backlog.push(unit(i, keys.includes(i) ? 'key' : 'other'));
  return [...taken(backlog)];
}

function* taken(backlog: UnitBacklog): Generator<number> {
  for (let next = backlog.shift(); next !== undefined; next = backlog.shift()) yield next.sequence;
}

it('keeps all in order within its bound', () => {
  const backlog = new UnitBacklog({ maxBytes: 50 });

  expect(left(backlog, 5, [0])).toEqual([0, 1, 2, 3, 4]);
  expect(backlog.dropped).toBe(0);
});

it('drops the oldest up to the newest key unit, and counts them', () => {
  const backlog = new UnitBacklog({ maxBytes: 50 });

  expect(left(backlog, 6, [0, 2, 4])).toEqual([4, 5]);
  expect(backlog.dropped).toBe(4);
});

it('begins anew at the next key unit where one group of pictures fills it', () => {
  const backlog = new UnitBacklog({ maxBytes: 50 });

  expect(left(backlog, 10, [0, 8])).toEqual([8, 9]);
  expect(backlog.dropped).toBe(8);
});

it('does not hand over pictures whose key unit is gone', () => {
  const backlog = new UnitBacklog({ maxBytes: 50 });
  backlog.push(unit(0, 'key'));
  backlog.shift();

  expect(left(backlog, 9, [])).toEqual([]);
  expect(backlog.dropped).toBe(9);
});

it('has room again once its units were taken', () => {
  const backlog = new UnitBacklog({ maxBytes: 50 });

  for (let i = 0; i < 100; i++) {
    backlog.push(unit(i, i % 10 === 0 ? 'key' : 'other'));
    expect(backlog.shift()?.sequence).toBe(i);
  }
  expect(backlog.dropped).toBe(0);
});
