import { setTimeout as sleep } from 'node:timers/promises';
import { millis } from '@pinhole/core';
import { afterEach, expect, it, vi } from 'vitest';
import { SystemClock } from './clock.ts';

afterEach(() => {
  vi.useRealTimers();
});

it('tells UTC with more than milliseconds', () => {
  const clock = new SystemClock();

  const times = Array.from({ length: 50 }, () => clock.utcNow());

  expect(Math.abs((times[0] ?? 0) / 1000 - Date.now())).toBeLessThan(1_000);
  expect(times.every(Number.isInteger)).toBe(true);
  expect(times.some((time) => time % 1000 !== 0)).toBe(true);
});

it.each([3_600_000, -3_600_000])('follows the wall clock when that is set by %d ms', (byMs) => {
  vi.useFakeTimers({ toFake: ['Date'] });
  const clock = new SystemClock();
  clock.utcNow();
  const monotonic = clock.monotonicNow();

  vi.setSystemTime(Date.now() + byMs);

  expect(Math.abs(clock.utcNow() / 1000 - Date.now())).toBeLessThan(100);
  expect(Math.abs(clock.monotonicNow() - monotonic)).toBeLessThan(1_000);
});

it('does not call what was cancelled', async () => {
  const clock = new SystemClock();
  const calls: string[] = [];

  const cancel = clock.after(millis(1), () => calls.push('cancelled'));
  cancel();
  clock.after(millis(1), () => calls.push('kept'));
  await sleep(20);

  expect(calls).toEqual(['kept']);
});
