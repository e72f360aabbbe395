import { micros } from '@pinhole/core';
import { describe, expect, it } from 'vitest';
import { RtpTimeline } from './rtp-timeline.ts';

const START = micros(1_700_000_000_000_000);

const picture = (offsetMs: number, ptsMs = offsetMs) => ({
  captureTime: micros(START + offsetMs * 1000),
  pts: micros(ptsMs * 1000),
});

const openTimeline = (firstTicks = 1000): RtpTimeline => new RtpTimeline({ firstTicks, captureTime: START });

describe('RtpTimeline', () => {
  it('follows the capture clock at 90 kHz, however uneven the pictures come', () => {
    const timeline = openTimeline();

    expect([0, 33, 70, 1000].map((ms) => timeline.next(picture(ms)))).toEqual([1000, 3970, 7300, 91_000]);
  });

  it('rises even where capture times jitter backwards', () => {
    const timeline = openTimeline();

    expect([0, 40, 40, 39, 80].map((ms) => timeline.next(picture(ms)))).toEqual([
      1000, 4600, 4601, 4602, 8200,
    ]);
    expect(timeline.moves).toBe(0);
  });

  it('goes on by pts when the capture clock is set back, and tells the new relation', () => {
    const timeline = openTimeline();
    timeline.next(picture(0));

    expect(timeline.next(picture(-3_600_000, 40))).toBe(1000 + 3600);
    expect(timeline.next(picture(-3_600_000 + 40, 80))).toBe(1000 + 7200);
    expect(timeline.at(micros(START - 3_600_000_000))).toBe(1000 + 3600);
    expect(timeline.moves).toBe(1);
  });

  it('does not leap when the camera was away for an hour', () => {
    const timeline = openTimeline();
    timeline.next(picture(0));

    expect(timeline.next(picture(3_600_000))).toBe(1001);
  });

  it('wraps at 2^32', () => {
    const timeline = openTimeline(2 ** 32 - 900);
    timeline.next(picture(0));

    expect(timeline.next(picture(20))).toBe(900);
  });
});
