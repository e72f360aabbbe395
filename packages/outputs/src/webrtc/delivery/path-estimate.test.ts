import { describe, expect, it } from 'vitest';
import { FakePath, type FakePathOptions } from './fake-path.ts';
import type { PathCondition } from './path-estimate.ts';

const MBIT = 1e6;

/** Sends GOPs of a second at 30 pictures a second, of so many bits a second, a quarter of them in the key picture. */
function film(
  path: FakePath,
  { bitsPerSecond, seconds }: { readonly bitsPerSecond: number; readonly seconds: number },
): PathCondition[] {
  const conditions: PathCondition[] = [];
  for (let picture = 0; picture < seconds * 30; picture++) {
    const share = picture % 30 === 0 ? 0.25 : 0.75 / 29;
    path.send((bitsPerSecond / 8) * share);
    path.pass(picture % 3 === 0 ? 34 : 33);
    conditions.push(path.estimate.condition(path.now, bitsPerSecond));
  }
  return conditions;
}

const kinds = (conditions: readonly PathCondition[]): string[] => [
  ...new Set(conditions.map(({ kind, why }) => (why ? `${kind} by ${why}` : kind))),
];

describe('PathEstimate', () => {
  it.each<[string, FakePathOptions]>([
    ['a fast one', { bitsPerSecond: 100 * MBIT }],
    [
      'one with half as much again as is sent, whose queue each key picture fills',
      { bitsPerSecond: 6 * MBIT },
    ],
    ['one that wavers by 40 ms', { bitsPerSecond: 50 * MBIT, jitterMs: 40 }],
    ['one that loses 5 in a hundred', { bitsPerSecond: 50 * MBIT, losesEvery: 20 }],
  ])('takes 4 Mbit/s over %s as what gets through', (_name, options) => {
    const path = new FakePath(options);

    const conditions = film(path, { bitsPerSecond: 4 * MBIT, seconds: 20 });

    expect(kinds(conditions).filter((kind) => kind.startsWith('over'))).toEqual([]);
    expect(path.estimate.acknowledgedBitsPerSecond).toBeGreaterThan(2 * MBIT);
  });

  it('sees a queue that grows within a second, and what the way carries', () => {
    const path = new FakePath({ bitsPerSecond: 1.5 * MBIT });

    const conditions = film(path, { bitsPerSecond: 4 * MBIT, seconds: 2 });

    const first = conditions.findIndex(({ kind }) => kind === 'over');
    expect(conditions[first]).toEqual({ kind: 'over', why: 'queue' });
    expect(first).toBeLessThan(30);
    expect(path.estimate.acknowledgedBitsPerSecond).toBeGreaterThan(1.4 * MBIT);
    expect(path.estimate.acknowledgedBitsPerSecond).toBeLessThan(1.6 * MBIT);
  });

  it('sees a queue that stands', () => {
    const path = new FakePath({ bitsPerSecond: 100 * MBIT });
    film(path, { bitsPerSecond: 2 * MBIT, seconds: 2 });
    path.become({ bitsPerSecond: 2 * MBIT });
    path.send(100_000);

    const conditions = film(path, { bitsPerSecond: 2 * MBIT, seconds: 4 });

    expect(kinds(conditions)).toContain('over by queue');
  });

  it('knows how long a packet waits, until all of it is through', () => {
    const path = new FakePath({ bitsPerSecond: 1 * MBIT });
    film(path, { bitsPerSecond: 3 * MBIT, seconds: 1 });

    const waits = path.estimate.wait(path.now) / 1000;
    expect(waits).toBeGreaterThan(400);
    expect(waits).toBeLessThan(path.queueMs + 200);

    path.pass(3000);
    expect(path.estimate.wait(path.now)).toBe(0);
  });

  it('takes a queue that loses as what it is, whatever it holds', () => {
    const path = new FakePath({ bitsPerSecond: 2 * MBIT, queueMs: 40 });

    const conditions = film(path, { bitsPerSecond: 4 * MBIT, seconds: 4 });

    expect(kinds(conditions)).toContain('over by loss');
  });

  it('hears the silence of a way on which nothing gets through any more, and its end', () => {
    const path = new FakePath({ bitsPerSecond: 50 * MBIT });
    film(path, { bitsPerSecond: 2 * MBIT, seconds: 2 });
    path.become({ bitsPerSecond: 50 * MBIT, losesEvery: 1 });

    const dead = film(path, { bitsPerSecond: 2 * MBIT, seconds: 3 });
    const waits = path.estimate.wait(path.now);
    path.become({ bitsPerSecond: 50 * MBIT });
    const after = film(path, { bitsPerSecond: 2 * MBIT, seconds: 5 });

    expect(dead.at(-1)).toEqual({ kind: 'unclear' });
    expect(waits).toBeGreaterThan(1_500_000);
    // What got lost meanwhile says nothing of what the way carries.
    expect(kinds(after)).not.toContain('over by loss');
    expect(path.estimate.condition(path.now, 2 * MBIT)).toEqual({ kind: 'clear' });
  });

  it('believes the receiver where that tells nothing of packets', () => {
    const { estimate, now } = new FakePath({ bitsPerSecond: MBIT });

    estimate.estimate(4 * MBIT);
    expect(estimate.condition(now, 4 * MBIT)).toEqual({ kind: 'clear' });
    estimate.estimate(1 * MBIT);
    expect(estimate.condition(now, 4 * MBIT)).toEqual({ kind: 'over', why: 'estimate' });
    estimate.estimate(4 * MBIT);
    estimate.report(0.3);
    estimate.report(0.3);
    expect(estimate.condition(now, 4 * MBIT)).toEqual({ kind: 'over', why: 'loss' });
  });

  it('is not troubled by numbers that were never sent, or told twice', () => {
    const path = new FakePath({ bitsPerSecond: 50 * MBIT });
    film(path, { bitsPerSecond: MBIT, seconds: 2 });

    path.estimate.received(7, 7);
    path.estimate.missing(0, 65_535);
    path.estimate.settle(path.now);

    expect(kinds(film(path, { bitsPerSecond: MBIT, seconds: 3 }))).toEqual(['clear']);
  });
});
