import { describe, expect, it } from 'vitest';
import { cpuPerViewerSecond, median, quantile, SequenceCount } from './statistics.ts';

describe('quantiles', () => {
  it('are values that were measured, by nearest rank, whatever the order', () => {
    const values = [50, 15, 40, 20, 35];

    expect([0.05, 0.3, 0.4, 0.5, 1].map((share) => quantile(values, share))).toEqual([15, 20, 20, 35, 50]);
    expect(values).toEqual([50, 15, 40, 20, 35]);
  });

  it('of a hundred values are what their names say', () => {
    const values = Array.from({ length: 100 }, (_, i) => 100 - i);

    expect([0.5, 0.95, 0.99].map((share) => quantile(values, share))).toEqual([50, 95, 99]);
  });

  it('of two or three runs do not hide the slowest', () => {
    expect([quantile([7, 9], 0.95), quantile([7, 30, 9], 0.95), median([7, 30, 9])]).toEqual([9, 30, 9]);
  });

  it('of nothing are no number', () => {
    expect(quantile([], 0.5)).toBeNaN();
  });
});

describe('CPU a viewer and second', () => {
  it('is what viewers add, shared among them', () => {
    const load = { cpuMs: 1250, elapsedMs: 5000, idleCpuMsPerSecond: 50 };

    expect(cpuPerViewerSecond({ ...load, viewers: 100 })).toBe(2);
    expect(cpuPerViewerSecond({ ...load, viewers: 1 })).toBe(200);
  });
});

describe('a run of sequence numbers', () => {
  const countOf = (...sequences: readonly number[]): { readonly received: number; readonly lost: number } => {
    const count = new SequenceCount();
    for (const sequence of sequences) count.push(sequence);
    return { received: count.received, lost: count.lost };
  };

  it('without a gap has no loss, across the wrap too', () => {
    expect(countOf(65_534, 65_535, 0, 1)).toEqual({ received: 4, lost: 0 });
  });

  it('shows what is missing, across the wrap too', () => {
    expect(countOf(10, 11, 15)).toEqual({ received: 3, lost: 3 });
    expect(countOf(65_533, 2)).toEqual({ received: 2, lost: 4 });
  });

  it('forgives packets that come late', () => {
    expect(countOf(10, 13, 11, 12)).toEqual({ received: 4, lost: 0 });
    expect(countOf(65_534, 1, 65_535, 0)).toEqual({ received: 4, lost: 0 });
  });

  it('of nothing has lost nothing', () => {
    expect(countOf()).toEqual({ received: 0, lost: 0 });
  });
});
