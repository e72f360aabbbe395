import { millis } from '@pinhole/core';
import { describe, expect, it } from 'vitest';
import { DecodeLag } from './decode-lag.ts';

describe('DecodeLag', () => {
  it('is patient with a burst that passes within a second', () => {
    const lag = new DecodeLag({ bFrames: false });

    expect(lag.observe(60, millis(0))).toBe(false);
    expect(lag.observe(30, millis(500))).toBe(false);
    expect(lag.observe(1, millis(900))).toBe(false);
    expect(lag.observe(5, millis(1_500))).toBe(false);
  });

  it('notices more than four units kept back for a second', () => {
    const lag = new DecodeLag({ bFrames: false });

    expect(lag.observe(5, millis(0))).toBe(false);
    expect(lag.observe(5, millis(999))).toBe(false);
    expect(lag.observe(5, millis(1_000))).toBe(true);
  });

  it('allows more where pictures are reordered', () => {
    const lag = new DecodeLag({ bFrames: true });
    lag.observe(8, millis(0));

    expect(lag.observe(8, millis(5_000))).toBe(false);
  });

  it('starts over with another decoder', () => {
    const lag = new DecodeLag({ bFrames: false });
    lag.observe(9, millis(0));
    lag.reset();

    expect(lag.observe(9, millis(1_000))).toBe(false);
  });
});
