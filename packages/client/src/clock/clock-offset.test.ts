import { micros, millis } from '@pinhole/core';
import { describe, expect, it } from 'vitest';
import { ClockOffset } from './clock-offset.ts';

const OFFSET_US = 5_000_000;

/** An exchange in which the way out took `outMs` and the way back `backMs`. */
const exchange = (sentAtMs: number, outMs: number, backMs: number) => ({
  sentAt: millis(sentAtMs),
  receivedAt: millis(sentAtMs + outMs + backMs),
  serverTime: micros((sentAtMs + outMs) * 1000 + OFFSET_US),
});

describe('ClockOffset', () => {
  it('knows nothing before the first exchange', () => {
    const clock = new ClockOffset();

    expect(clock.estimate).toBeUndefined();
    expect(clock.serverTime(millis(1))).toBeUndefined();
  });

  it('finds the offset exactly when both ways take the same time', () => {
    const clock = new ClockOffset();

    clock.add(exchange(1_000, 20, 20));

    expect(clock.estimate).toEqual({ offset: OFFSET_US, confidenceMs: 20, roundTripMs: 40 });
    expect(clock.serverTime(millis(2_000))).toBe(2_000_000 + OFFSET_US);
  });

  it('keeps to the shortest round trip when later ones queue on one way', () => {
    const clock = new ClockOffset();

    clock.add(exchange(1_000, 2, 2));
    for (let i = 1; i <= 10; i++) clock.add(exchange(1_000 + i * 100, 2, 80));

    expect(clock.estimate).toEqual({ offset: OFFSET_US, confidenceMs: 2, roundTripMs: 82 });
  });

  it('lets a sample of more than a minute ago go, since clocks drift', () => {
    const clock = new ClockOffset();

    clock.add(exchange(0, 1, 1));
    clock.add(exchange(70_000, 10, 30));

    expect(clock.estimate?.confidenceMs).toBe(20);
    expect(clock.estimate?.offset).toBe(OFFSET_US - 10_000);
  });

  it('stays within its confidence whatever the queueing', () => {
    const clock = new ClockOffset();
    for (let i = 0; i < 200; i++) clock.add(exchange(i * 500, 3 + ((i * 37) % 90), 3 + ((i * 53) % 70)));

    const { offset = 0, confidenceMs = 0 } = clock.estimate ?? {};

    expect(Math.abs(offset - OFFSET_US)).toBeLessThanOrEqual(confidenceMs * 1000);
  });

  it('leaves out an exchange that ended before it began', () => {
    const clock = new ClockOffset();

    clock.add({ sentAt: millis(10), receivedAt: millis(9), serverTime: micros(1) });

    expect(clock.estimate).toBeUndefined();
  });

  it('forgets everything after a reset', () => {
    const clock = new ClockOffset();
    clock.add(exchange(1_000, 1, 1));

    clock.reset();

    expect(clock.estimate).toBeUndefined();
  });
});
