import { describe, expect, it, vi } from 'vitest';
import { Backoff } from './backoff.ts';
import { Emitter } from './emitter.ts';
import { Ring } from './ring.ts';
import { micros, microsToTicks, millis, ticks90k, ticksToMicros } from './units.ts';

describe('Emitter', () => {
  it('calls every listener, also after one that throws, and tells what was thrown', () => {
    const onListenerError = vi.fn<(thrown: unknown) => void>();
    const emitter = new Emitter<{ change: number }>({ onListenerError });
    const heard: number[] = [];
    const fault = new Error('listener');
    emitter.on('change', () => {
      throw fault;
    });
    emitter.on('change', (value) => heard.push(value));

    emitter.emit('change', 7);

    expect(heard).toEqual([7]);
    expect(onListenerError).toHaveBeenCalledWith(fault);
  });

  it('stops calling a listener that was taken off, even from within another', () => {
    const emitter = new Emitter<{ change: number }>();
    const heard: number[] = [];
    const off = emitter.on('change', (value) => heard.push(value));
    off();
    emitter.emit('change', 1);
    expect(heard).toEqual([]);
  });
});

describe('Backoff', () => {
  it('doubles up to its cap, with jitter between half and whole, and starts over after a success', () => {
    const backoff = new Backoff({ firstMs: millis(250), maxMs: millis(2000), random: () => 1 });
    expect([1, 2, 3, 4, 5].map(() => backoff.next())).toEqual([250, 500, 1000, 2000, 2000]);
    backoff.reset();
    expect(backoff.next()).toBe(250);
    expect(new Backoff({ firstMs: millis(250), maxMs: millis(2000), random: () => 0 }).next()).toBe(125);
  });
});

describe('Ring', () => {
  it('keeps the newest and counts what it pushed out', () => {
    const ring = new Ring<number>(3);
    for (let value = 1; value <= 5; value++) ring.push(value);
    expect([...ring]).toEqual([3, 4, 5]);
    expect(ring.dropped).toBe(2);
    expect(ring.shift()).toBe(3);
    ring.push(6);
    expect([...ring]).toEqual([4, 5, 6]);
    ring.clear();
    expect(ring.shift()).toBeUndefined();
  });

  it('refuses a capacity that holds nothing', () => {
    expect(() => new Ring(0)).toThrowError(RangeError);
  });
});

describe('units', () => {
  it('convert between microseconds and the RTP clock to the nearest tick', () => {
    expect(microsToTicks(micros(1_000_000))).toBe(90_000);
    expect(microsToTicks(micros(33_333))).toBe(3000);
    expect(ticksToMicros(ticks90k(3000))).toBe(33_333);
  });
});
