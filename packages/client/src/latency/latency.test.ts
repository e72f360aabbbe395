import { micros, millis } from '@pinhole/core';
import { describe, expect, it } from 'vitest';
import { CaptureTimes } from './capture-times.ts';
import { LatencyWindow } from './latency-window.ts';
import { RtpAnchor } from './rtp-anchor.ts';

describe('LatencyWindow', () => {
  it('has no figures before the first frame', () => {
    expect(new LatencyWindow().summary(millis(1))).toBeUndefined();
  });

  it('tells the median and the 95th percentile by nearest rank', () => {
    const window = new LatencyWindow();
    for (let latencyMs = 100; latencyMs >= 1; latencyMs--) window.add(millis(latencyMs));

    expect(window.summary(millis(2))).toEqual({
      p50Ms: 50,
      p95Ms: 95,
      lastMs: 1,
      confidenceMs: 2,
      frames: 100,
    });
  });

  it('slides: frames older than the last 300 no longer count', () => {
    const window = new LatencyWindow();
    for (let i = 0; i < 300; i++) window.add(millis(1_000));
    for (let i = 0; i < 300; i++) window.add(millis(20));

    expect(window.summary(millis(0))).toMatchObject({ p50Ms: 20, p95Ms: 20, frames: 300 });
  });
});

describe('RtpAnchor', () => {
  it('counts 90 kHz ticks from the anchor, forwards and backwards', () => {
    const anchor = new RtpAnchor();
    anchor.set({ rtpTimestamp: 90_000, captureTime: micros(1_000_000) });

    expect(anchor.captureTime(93_000)).toBe(1_033_333);
    expect(anchor.captureTime(0)).toBe(0);
  });

  it('passes the 32-bit wrap', () => {
    const anchor = new RtpAnchor();
    anchor.set({ rtpTimestamp: 2 ** 32 - 9_000, captureTime: micros(1_000_000) });

    expect(anchor.captureTime(9_000)).toBe(1_200_000);
  });

  it('knows nothing before the first anchor', () => {
    expect(new RtpAnchor().captureTime(1)).toBeUndefined();
  });
});

describe('CaptureTimes', () => {
  it('finds the frame whose media time a player rounded', () => {
    const times = new CaptureTimes();
    times.add(micros(33_333), micros(700));
    times.add(micros(66_667), micros(800));

    expect(times.at(micros(66_000))).toBe(800);
    expect(times.at(micros(50_000))).toBeUndefined();
  });

  it('does not keep an unknown capture time', () => {
    const times = new CaptureTimes();
    times.add(micros(1), micros(0));

    expect(times.at(micros(1))).toBeUndefined();
  });
});
