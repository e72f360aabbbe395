import { millis } from '@pinhole/core';
import { describe, expect, it } from 'vitest';
import { DecodeLag } from './decode-lag.ts';

describe('DecodeLag', () => {
  it('is patient with a burst that passes within a second', () => {
    const lag = new DecodeLag({ bFrames: false });

    expect(lag.observe({ queued: 60, held: 1 }, millis(0))).toBeUndefined();
    expect(lag.observe({ queued: 30, held: 1 }, millis(500))).toBeUndefined();
    expect(lag.observe({ queued: 0, held: 1 }, millis(900))).toBeUndefined();
    expect(lag.observe({ queued: 9, held: 1 }, millis(1_500))).toBeUndefined();
  });

  it('notices more than four units kept back for a second', () => {
    const lag = new DecodeLag({ bFrames: false });

    expect(lag.observe({ queued: 0, held: 5 }, millis(0))).toBeUndefined();
    expect(lag.observe({ queued: 0, held: 5 }, millis(999))).toBeUndefined();
    expect(lag.observe({ queued: 0, held: 5 }, millis(1_000))).toBe('holds-back');
  });

  it('tells a slow decoder from one that keeps pictures back', () => {
    const lag = new DecodeLag({ bFrames: false });
    lag.observe({ queued: 9, held: 5 }, millis(0));

    expect(lag.observe({ queued: 12, held: 5 }, millis(1_000))).toBe('overloaded');
  });

  it('allows more where pictures are reordered', () => {
    const lag = new DecodeLag({ bFrames: true });
    lag.observe({ queued: 0, held: 8 }, millis(0));

    expect(lag.observe({ queued: 0, held: 8 }, millis(5_000))).toBeUndefined();
  });

  it('starts over with another decoder', () => {
    const lag = new DecodeLag({ bFrames: false });
    lag.observe({ queued: 0, held: 9 }, millis(0));
    lag.reset();

    expect(lag.observe({ queued: 0, held: 9 }, millis(1_000))).toBeUndefined();
  });
});
