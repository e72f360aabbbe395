import { micros } from '@pinhole/core';
import { describe, expect, it } from 'vitest';
import { DecodeTimes } from './decode-times.ts';
import { DisplayOrder } from './display-order.ts';

function decodeTimes(shownAt: readonly number[]): readonly number[] {
  const times = new DecodeTimes();
  const data = new Uint8Array();
  const timed = shownAt.map((pts) => times.push({ data, key: false, pts: micros(pts) }));
  return [...timed, ...times.flush()].flatMap((picture) => (picture === undefined ? [] : picture.dts));
}

function ranks(orders: readonly { readonly order: number; readonly restart?: boolean }[]): readonly number[] {
  const display = new DisplayOrder<number>();
  const ranked = orders.flatMap(({ order, restart = false }, i) => display.push(i, { order, restart }));
  const all = [...ranked, ...display.flush()];
  expect(all.map(({ picture }) => picture)).toEqual(orders.map((_, i) => i));
  return all.map(({ rank }) => rank);
}

describe('times of decoding', () => {
  it('are those of display without B-frames, however uneven', () => {
    expect(decodeTimes([0, 33, 70, 71, 500])).toEqual([0, 33, 70, 71, 500]);
  });

  it('come one picture earlier with plain B-frames', () => {
    // I P B B P B B
    expect(decodeTimes([0, 30, 10, 20, 60, 40, 50])).toEqual([-10, 0, 10, 20, 30, 40, 50]);
  });

  it('come two pictures earlier with a pyramid, from the first picture on', () => {
    // I P B b b P B b b
    expect(decodeTimes([0, 40, 20, 10, 30, 80, 60, 50, 70])).toEqual([-20, -10, 0, 10, 20, 30, 40, 50, 60]);
  });

  it('never fall and never pass the time of display in a long file whose reordering begins late', () => {
    const shown = Array.from({ length: 300 }, (_, i) => i * 10);
    for (let i = 200; i + 3 < 300; i += 4)
      [shown[i], shown[i + 1], shown[i + 2]] = [i * 10 + 20, i * 10, i * 10 + 10];

    const decoded = decodeTimes(shown);

    decoded.forEach((dts, i) => {
      expect(dts).toBeLessThanOrEqual(shown[i] ?? 0);
      expect(dts).toBeGreaterThanOrEqual(decoded[i - 1] ?? dts);
    });
  });

  it('stand a file with the same time everywhere', () => {
    expect(decodeTimes(Array.from({ length: 100 }, () => 7))).toEqual(Array.from({ length: 100 }, () => 7));
  });
});

describe('order of display', () => {
  it('is the order of decoding without reordering', () => {
    expect(ranks([0, 2, 4, 6].map((order) => ({ order })))).toEqual([0, 1, 2, 3]);
  });

  it('follows the picture order counts, which count anew from each IDR picture on', () => {
    const gop = [{ order: 0, restart: true }, { order: 6 }, { order: 2 }, { order: 4 }];

    expect(ranks([...gop, ...gop])).toEqual([0, 3, 1, 2, 4, 7, 5, 6]);
  });

  it('is right for a picture that is held back as long as may be', () => {
    const orders = [0, 34, ...Array.from({ length: 15 }, (_, i) => 2 * i + 2), 36].map((order) => ({
      order,
    }));

    expect(ranks(orders)).toEqual([0, 16, ...Array.from({ length: 15 }, (_, i) => i + 1), 17]);
  });

  it('holds no more than 17 pictures', () => {
    const display = new DisplayOrder<number>();
    let held = 0;
    for (let i = 0; i < 1_000; i++) {
      held += 1 - display.push(i, { order: i, restart: i === 0 }).length;
      expect(held).toBeLessThanOrEqual(17);
    }
  });
});
