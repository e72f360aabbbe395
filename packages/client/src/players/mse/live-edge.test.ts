import { millis } from '@pinhole/core';
import { describe, expect, it } from 'vitest';
import { LiveEdge } from './live-edge.ts';

const FRAME_MS = 1000 / 30;

/** An edge that saw three seconds of pictures arrive, each up to `jitterMs` late. */
function settled(jitterMs: number): { edge: LiveEdge; now: number } {
  const edge = new LiveEdge();
  let now = 0;
  for (let i = 0; i < 90; i++) {
    const pts = i * FRAME_MS;
    now = pts + ((i * 7) % 10) * (jitterMs / 9);
    edge.arrived(pts, millis(now));
  }
  return { edge, now };
}

const steer = (edge: LiveEdge, aheadMs: number, now: number) =>
  edge.steer({ aheadMs, hole: false, seeking: false }, millis(now));

describe('LiveEdge', () => {
  it('aims at 40 ms where pictures arrive evenly', () => {
    const { edge, now } = settled(0);

    expect(edge.targetMs(millis(now))).toBe(40);
  });

  it('aims at twice the jitter and a frame where they do not', () => {
    const { edge, now } = settled(40);

    expect(edge.targetMs(millis(now))).toBeCloseTo(2 * 40 + FRAME_MS, 0);
  });

  it('aims at no more than 800 ms', () => {
    const { edge, now } = settled(2_000);

    expect(edge.targetMs(millis(now))).toBe(800);
  });

  it('plays at normal speed near the target', () => {
    const { edge, now } = settled(0);

    expect(steer(edge, 45, now)).toEqual({ playbackRate: 1 });
  });

  it('plays faster the farther it is behind, up to half as fast again', () => {
    const { edge, now } = settled(0);

    expect(steer(edge, 140, now).playbackRate).toBeCloseTo(1.25);
    expect(steer(edge, 500, now)).toEqual({ playbackRate: 1.5 });
  });

  it('jumps when it is far behind: a tab that was hidden', () => {
    const { edge, now } = settled(0);

    expect(steer(edge, 5_000, now)).toEqual({ playbackRate: 1, seekToAheadMs: 40 });
  });

  it('jumps over a hole, which no playing passes', () => {
    const { edge, now } = settled(0);

    expect(edge.steer({ aheadMs: 60, hole: true, seeking: false }, millis(now)).seekToAheadMs).toBe(40);
  });

  it('lets a seek end before the next one', () => {
    const { edge, now } = settled(0);
    steer(edge, 5_000, now);

    expect(edge.steer({ aheadMs: 5_000, hole: false, seeking: true }, millis(now + 50))).toEqual({
      playbackRate: 1,
    });
    expect(steer(edge, 5_000, now + 100).seekToAheadMs).toBeUndefined();
    expect(steer(edge, 5_000, now + 600).seekToAheadMs).toBe(40);
  });

  it('slows down a little when the buffer is nearly empty', () => {
    const { edge, now } = settled(0);

    expect(steer(edge, 10, now)).toEqual({ playbackRate: 0.97 });
  });

  it('aims half as far again after a stall, and forgets that in time', () => {
    const { edge, now } = settled(0);

    edge.stalled(millis(now));

    expect(edge.targetMs(millis(now))).toBeCloseTo(60);
    expect(edge.targetMs(millis(now + 20_000))).toBeCloseTo(50);
    expect(edge.targetMs(millis(now + 200_000))).toBeCloseTo(40, 0);
  });

  it('aims at no more than four times as far however often it stalls', () => {
    const { edge, now } = settled(0);

    for (let i = 0; i < 50; i++) edge.stalled(millis(now));

    expect(edge.targetMs(millis(now))).toBeCloseTo(160);
  });

  it('does not count a stall at the start, when the buffer is empty of course', () => {
    const edge = new LiveEdge();
    edge.arrived(0, millis(0));

    edge.stalled(millis(500));

    expect(edge.targetMs(millis(500))).toBe(40);
  });
});
