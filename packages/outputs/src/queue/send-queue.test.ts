import { micros } from '@pinhole/core';
import { describe, expect, it } from 'vitest';
import { SendQueue } from './send-queue.ts';

const limits = { wait: micros(250_000), catchUpWait: micros(3_000_000), bytes: 1000, catchUpBytes: 10_000 };
const live = (bytes: number, at: number) => ({ bytes, at: micros(at), catchUp: false });
const cached = (bytes: number, at: number) => ({ bytes, at: micros(at), catchUp: true });

describe('the pressure of a queue', () => {
  it('is 0 while nothing waits', () => {
    expect(new SendQueue(limits).pressure(micros(9e9))).toBe(0);
  });

  it('reaches 1 when the oldest unit has waited for 250 ms', () => {
    const queue = new SendQueue(limits);
    queue.push(live(1, 0));
    queue.push(live(1, 200_000));

    expect(queue.pressure(micros(125_000))).toBe(0.5);
    expect(queue.pressure(micros(250_000))).toBe(1);

    queue.shift(micros(250_000));
    expect(queue.pressure(micros(250_000))).toBe(0.2);
  });

  it('reaches 1 when too many bytes wait, however young', () => {
    const queue = new SendQueue(limits);
    queue.push(live(600, 0));
    queue.push(live(400, 0));

    expect(queue.pressure(micros(0))).toBe(1);
    expect(queue.bytes).toBe(1000);
  });

  it('lets a newcomer take its time over the cached GOP', () => {
    const queue = new SendQueue(limits);
    queue.push(cached(5000, 0));
    queue.push(live(100, 0));

    expect(queue.pressure(micros(1_000_000))).toBeLessThan(1);
    expect(queue.pressure(micros(3_000_000))).toBe(1);

    queue.shift(micros(1_000_000));
    expect(queue.pressure(micros(1_000_000))).toBeGreaterThanOrEqual(1);
  });
});

describe('a queue is stalled', () => {
  it('never while nothing waits anywhere', () => {
    expect(new SendQueue(limits).stalledFor(micros(9e9))).toBe(0);
  });

  it('for as long as nothing moved, not for as long as it has been full', () => {
    const queue = new SendQueue(limits);
    queue.push(cached(1, 0));
    queue.push(cached(1, 0));

    queue.shift(micros(4_000_000));

    expect(queue.stalledFor(micros(6_000_000))).toBe(2_000_000);
  });

  it('when everything was taken, and still nothing came of it', () => {
    const queue = new SendQueue(limits);
    queue.push(live(1, 0));
    queue.shift(micros(1_000_000));

    expect(queue.stalledFor(micros(6_000_000), micros(500_000))).toBe(5_000_000);
  });
});
