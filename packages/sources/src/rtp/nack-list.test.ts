import { millis } from '@pinhole/core';
import { describe, expect, it } from 'vitest';
import { NackList } from './nack-list.ts';

const listOf = (...sequences: readonly number[]): NackList => {
  const list = new NackList({ maxAgeMs: millis(250) });
  for (const sequence of sequences) list.received(sequence, millis(0));
  return list;
};

describe('what is missing', () => {
  it('is asked for after a moment, by its number on the wire', () => {
    const list = listOf(65_534, 1);

    expect(list.due(millis(5))).toEqual([]);
    expect(list.due(millis(10))).toEqual([65_535, 0]);
  });

  it('is not asked for when it was only late', () => {
    const list = listOf(1, 3);

    list.received(2, millis(5));

    expect(list.waits).toBe(false);
    expect(list.counters).toEqual({ asked: 0, recovered: 0, givenUp: 0 });
  });

  it('is asked for again once an answer should have come', () => {
    const list = listOf(1, 3);
    list.due(millis(10));

    expect(list.due(millis(50))).toEqual([]);
    expect(list.due(millis(90))).toEqual([2]);
  });

  it('is asked for sooner where answers come soon', () => {
    const list = listOf(1, 3);
    for (let round = 0; round < 12; round++) {
      const now = round * 100;
      list.received(3 + round * 2, millis(now));
      list.due(millis(now + 10));
      list.received(3 + round * 2 - 1, millis(now + 12));
    }
    list.received(40, millis(2000));
    list.received(42, millis(2000));
    list.due(millis(2010));

    expect(list.due(millis(2035))).toContain(41);
  });

  it('is given up when it is too old to be of use', () => {
    const list = listOf(1, 3);

    expect(list.due(millis(260))).toEqual([]);
    expect(list.waits).toBe(false);
    expect(list.counters.givenUp).toBe(1);
  });

  it('never is more than a bounded number', () => {
    const list = listOf(0, 2500);

    expect(list.due(millis(10))).toHaveLength(512);
    expect(list.counters.givenUp).toBe(2499 - 512);
  });

  it('is forgotten when the sender counts anew', () => {
    const list = listOf(1, 3, 40_000);

    expect(list.waits).toBe(false);
    expect(list.counters.givenUp).toBe(1);
  });
});
