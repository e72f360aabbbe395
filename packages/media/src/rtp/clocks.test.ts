import { micros } from '@pinhole/core';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { microsToNtp, ntpMiddle, ntpToMicros } from './ntp.ts';
import { SequenceUnwrapper, TimestampUnwrapper } from './unwrap.ts';

describe('NTP time', () => {
  it('counts seconds from 1900 with a 32-bit fraction', () => {
    expect(microsToNtp(micros(0))).toBe(2_208_988_800n << 32n);
    expect(microsToNtp(micros(500_000))).toBe((2_208_988_800n << 32n) + 0x8000_0000n);
  });

  it('gives the middle that reports quote', () => {
    expect(ntpMiddle(0x1234_5678_9abc_def0n)).toBe(0x5678_9abc);
  });

  it('goes on into the era that begins in 2036', () => {
    const at = micros(Date.UTC(2036, 1, 7, 6, 28, 16) * 1000 + 7);

    expect(microsToNtp(at) >> 32n).toBe(0n);
    expect(ntpToMicros(microsToNtp(at))).toBe(at);
  });

  test('comes back to the microsecond, and is the exact nearest fraction', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_102_444_800_000_000 }), (at) => {
        const ntp = microsToNtp(micros(at));
        const fraction = (BigInt(at % 1_000_000) * 2n ** 33n + 1_000_000n) / 2_000_000n;

        expect(ntp & 0xffff_ffffn).toBe(fraction);
        expect(ntpToMicros(ntp)).toBe(at);
      }),
      { numRuns: 5000 },
    );
  });
});

describe('unwrapping', () => {
  it('carries sequence numbers over the wrap, late packets back under it', () => {
    const unwrapper = new SequenceUnwrapper();

    expect([65_534, 65_535, 1, 0, 2].map((n) => unwrapper.unwrap(n))).toEqual([
      65_534, 65_535, 65_537, 65_536, 65_538,
    ]);
  });

  it('gives a packet from before the first a negative number', () => {
    const unwrapper = new SequenceUnwrapper();

    expect([0, 65_535].map((n) => unwrapper.unwrap(n))).toEqual([0, -1]);
  });

  test('time stamps of 100 hours come out as they went in, steps back included', () => {
    const unwrapper = new TimestampUnwrapper();
    const first = 4_294_960_000;
    const ticks = Array.from({ length: 3600 }, (_, i) => first + i * 9_000_000 - (i % 3) * 3000);

    expect(ticks.map((t) => unwrapper.unwrap(t % 2 ** 32))).toEqual(ticks);
  });
});
