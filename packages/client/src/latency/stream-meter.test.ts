import { micros, millis } from '@pinhole/core';
import { describe, expect, it } from 'vitest';
import { ClockOffset } from '../clock/clock-offset.ts';
import type { VideoFrameShown } from '../players/video-frames.ts';
import { type CaptureReport, StreamMeter } from './stream-meter.ts';

/** 2026-01-01, ms since 1970; and the same since 1900. */
const NOON_MS = 1_767_225_600_000;
const NOON_NTP_MS = NOON_MS + 2_208_988_800_000;

function metered(reports: readonly CaptureReport[]) {
  let show: (frame: VideoFrameShown) => void = () => {};
  const clock = new ClockOffset();
  // The other clock is 5 s ahead of the page's, and the round trip took 4 ms.
  const [sentAt, receivedAt] = [millis(NOON_MS - 5002), millis(NOON_MS - 4998)];
  clock.add({ sentAt, receivedAt, serverTime: micros(NOON_MS * 1000) });
  const meter = new StreamMeter({
    video: {} as HTMLVideoElement,
    reports: () => reports,
    clock,
    watch: (_, handle) => {
      show = handle;
      return () => {};
    },
  });
  const paint = (shownAt: number, rtpTimestamp?: number): void =>
    show({
      shownAt: millis(shownAt),
      width: 640,
      height: 360,
      mediaTime: 0,
      count: 0,
      ...(rtpTimestamp !== undefined && { rtpTimestamp }),
    });
  return { meter, paint };
}

describe('StreamMeter', () => {
  it('tells capture to paint by the clock of the sender', () => {
    const { meter, paint } = metered([{ rtpTimestamp: 90_000, captureTimestamp: NOON_NTP_MS }]);

    paint(NOON_MS - 5000 + 80, 90_000);
    paint(NOON_MS - 5000 + 120, 93_600); // captured 40 ms later, painted 40 ms later

    expect(meter.latency).toEqual({ p50Ms: 80, p95Ms: 80, lastMs: 80, confidenceMs: 2, frames: 2 });
    expect(meter.painted).toBe(2);
    expect(meter.lastPaintedAt).toBe(NOON_MS - 5000 + 120);
  });

  it('counts pictures of a sender that does not stamp them, and claims no delay', () => {
    const { meter, paint } = metered([{ rtpTimestamp: 90_000 }]);

    paint(NOON_MS, 90_000);
    paint(NOON_MS + 40);

    expect(meter.painted).toBe(2);
    expect(meter.latency).toBeUndefined();
  });

  it.each([
    ['of tomorrow', 86_400_000],
    ['of yesterday', -86_400_000],
  ])('believes no clock %s', (_, offMs) => {
    const { meter, paint } = metered([{ rtpTimestamp: 0, captureTimestamp: NOON_NTP_MS + offMs }]);

    paint(NOON_MS - 5000 + 80, 0);

    expect(meter.latency).toBeUndefined();
  });

  it('forgets the delay of the stream before', () => {
    const { meter, paint } = metered([{ rtpTimestamp: 90_000, captureTimestamp: NOON_NTP_MS }]);
    paint(NOON_MS - 5000 + 80, 90_000);

    meter.restart();

    expect(meter.latency).toBeUndefined();
  });
});
