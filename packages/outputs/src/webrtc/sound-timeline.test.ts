import { micros } from '@pinhole/core';
import { describe, expect, it } from 'vitest';
import { SoundTimeline } from './sound-timeline.ts';

const frameAt = (captureMs: number) => ({
  captureTime: micros(1e15 + captureMs * 1000),
  duration: micros(20_000),
});

describe('SoundTimeline', () => {
  it('goes on by what each frame lasts, however capture times jitter', () => {
    const line = new SoundTimeline(2 ** 32 - 960);

    const stamps = [0, 23, 38, 61, 80].map((at) => line.next(frameAt(at)));

    expect(stamps.map(({ timestamp }) => timestamp)).toEqual([2 ** 32 - 960, 0, 960, 1920, 2880]);
    expect(stamps.map(({ gap }) => gap)).toEqual([true, false, false, false, false]);
  });

  it('leaves out what was not heard', () => {
    const line = new SoundTimeline(0);
    line.next(frameAt(0));

    expect(line.next(frameAt(220))).toEqual({ timestamp: 220 * 48, gap: true });
    expect(line.next(frameAt(240))).toEqual({ timestamp: 240 * 48, gap: false });
  });

  it('never goes back, and follows a capture clock that did', () => {
    const line = new SoundTimeline(0);
    line.next(frameAt(5000));

    expect(line.next(frameAt(0))).toEqual({ timestamp: 960, gap: true });
    expect(line.at(micros(1e15))).toBe(960);
    expect(line.next(frameAt(20))).toEqual({ timestamp: 1920, gap: false });
  });

  it('tells where it stands at any moment of the capture clock', () => {
    const line = new SoundTimeline(1000);
    expect(line.at(micros(1e15))).toBeUndefined();
    line.next(frameAt(0));

    expect(line.at(micros(1e15 + 1_000_000))).toBe(49_000);
    expect(line.at(micros(1e15 - 1_000_000))).toBe(2 ** 32 - 47_000);
  });
});
