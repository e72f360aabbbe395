import { micros } from '@pinhole/core';
import { describe, expect, it } from 'vitest';
import { DecodeTimes } from './decode-times.ts';

describe('DecodeTimes', () => {
  it('decodes when it shows where nothing is reordered', () => {
    const times = new DecodeTimes({ reorderDepth: 0 });

    expect([0, 33_000, 66_000].map((pts) => times.next(micros(pts)))).toEqual([0, 33_000, 66_000]);
  });

  it('never decodes a picture after it is shown, and never goes back', () => {
    const times = new DecodeTimes({ reorderDepth: 2 });
    // Shown as 0 1 2 3 …; decoded as I0 P4 B2 b1 b3 P8 B6 b5 b7 …
    const order = [0, 4, 2, 1, 3, 8, 6, 5, 7, 12, 10, 9, 11];

    const decoded = order.map((number) => ({
      pts: number * 40_000,
      dts: times.next(micros(number * 40_000)),
    }));

    for (const { pts, dts } of decoded) expect(dts).toBeLessThanOrEqual(pts);
    const dts = decoded.map((picture) => picture.dts);
    expect(dts).toEqual(dts.toSorted((a, b) => a - b));
    expect(dts.slice(2)).toEqual(Array.from({ length: 11 }, (_, i) => i * 40_000));
  });
});
