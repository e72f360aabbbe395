import { millis } from '@pinhole/core';
import fc from 'fast-check';
import { expect, it, test } from 'vitest';
import { ReorderBuffer } from './reorder-buffer.ts';

const packet = (sequence: number) => ({ sequence: sequence & 0xffff });
const at = millis(1_000);
const pushAll = (buffer: ReorderBuffer<{ sequence: number }>, sequences: readonly number[]) =>
  sequences.map((sequence) => buffer.push(packet(sequence), at).map((out) => out.sequence));

it('passes on at once what comes in order, past the wrap', () => {
  const buffer = new ReorderBuffer();

  expect(pushAll(buffer, [65_534, 65_535, 65_536])).toEqual([[65_534], [65_535], [0]]);
  expect(buffer.deadline).toBeUndefined();
});

it('puts a packet that came late in its place', () => {
  const buffer = new ReorderBuffer();

  expect(pushAll(buffer, [1, 3, 4, 2, 5])).toEqual([[1], [], [], [2, 3, 4], [5]]);
  expect(buffer.counters).toEqual({ reordered: 1, gapsGivenUp: 0, doubled: 0 });
});

it('waits for a gap for so long, then goes on without', () => {
  const buffer = new ReorderBuffer({ waitMs: millis(25) });
  pushAll(buffer, [1, 3, 6]);

  expect(buffer.deadline).toBe(1_025);
  expect(buffer.expire(millis(1_024))).toEqual([]);
  expect(buffer.expire(millis(1_025)).map(({ sequence }) => sequence)).toEqual([3, 6]);
  expect(buffer.counters.gapsGivenUp).toBe(2);
  expect(pushAll(buffer, [7])).toEqual([[7]]);
});

it('holds no more than so many packets', () => {
  const buffer = new ReorderBuffer({ packets: 3 });

  expect(pushAll(buffer, [1, 3, 4, 6, 7])).toEqual([[1], [], [], [], [3, 4]]);
  expect(pushAll(buffer, [5])).toEqual([[5, 6, 7]]);
});

it('passes on what comes twice or too late, and leaves out what waits already', () => {
  const buffer = new ReorderBuffer();

  expect(pushAll(buffer, [5, 5, 4, 7, 7])).toEqual([[5], [5], [4], [], []]);
  expect(buffer.counters.doubled).toBe(1);
});

it('goes on at once when the sender begins its numbers anew', () => {
  const buffer = new ReorderBuffer();

  expect(pushAll(buffer, [1, 3, 30_000, 30_001])).toEqual([[1], [], [3, 30_000], [30_001]]);
});

test('whatever the order, each packet comes out once, in order but for late ones, and waits are bounded', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 200 }), { maxLength: 100 }),
      fc.integer({ min: 0, max: 65_535 }),
      (jumbled, origin) => {
        const buffer = new ReorderBuffer({ packets: 8 });
        const unique = [...new Set(jumbled)];
        const out = unique.flatMap((n, i) => [
          ...buffer.push(packet(origin + n), millis(i)),
          ...buffer.expire(millis(i)),
        ]);
        out.push(...buffer.flush());

        expect(out.map(({ sequence }) => sequence).toSorted((a, b) => a - b)).toEqual(
          unique.map((n) => packet(origin + n).sequence).toSorted((a, b) => a - b),
        );
      },
    ),
  );
});

test('a jumble of neighbours comes out in order', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 80 }), (delays) => {
      const buffer = new ReorderBuffer({ packets: 8 });
      // The first stays first: what comes before it cannot be told from late.
      const order = delays
        .map((delay, n) => ({ n, key: n === 0 ? -1 : n + delay }))
        .toSorted((a, b) => a.key - b.key);

      const out = order.flatMap(({ n }) => buffer.push(packet(n), at));

      expect(out.map(({ sequence }) => sequence)).toEqual(delays.map((_, n) => n));
    }),
  );
});
