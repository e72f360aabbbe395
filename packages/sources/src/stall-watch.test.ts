import { millis } from '@pinhole/core';
import { expect, it } from 'vitest';
import { FakeClock } from './fake-clock.ts';
import { StallWatch } from './stall-watch.ts';

function setUp() {
  const clock = new FakeClock();
  let stalls = 0;
  const watch = new StallWatch({ clock, limitMs: millis(10_000), stalled: () => stalls++ });
  return { clock, watch, stalls: () => stalls };
}

it('calls once when nothing comes', () => {
  const { clock, stalls } = setUp();

  clock.advance(9_999);
  expect(stalls()).toBe(0);
  clock.advance(60_000);

  expect(stalls()).toBe(1);
  expect(clock.pending).toBe(0);
});

it('waits on as long as something comes, with the limit that came with it', () => {
  const { clock, watch, stalls } = setUp();

  for (let i = 0; i < 20; i++) {
    clock.advance(4_000);
    watch.feed(millis(5_000));
  }
  expect(stalls()).toBe(0);
  clock.advance(10_000);

  expect(stalls()).toBe(1);
});

it('notices by a limit that became shorter, not by the first one', () => {
  const { clock, watch, stalls } = setUp();

  clock.advance(1_000);
  watch.feed(millis(500));
  clock.advance(501);

  expect(stalls()).toBe(1);
});

it('stays stopped though something comes late', () => {
  const { clock, watch, stalls } = setUp();

  watch.stop();
  watch.feed(millis(10));
  clock.advance(60_000);

  expect(stalls()).toBe(0);
  expect(clock.pending).toBe(0);
});

it('leaves no timer behind when it is stopped', () => {
  const { clock, watch, stalls } = setUp();

  watch.stop();
  clock.advance(60_000);

  expect(stalls()).toBe(0);
  expect(clock.pending).toBe(0);
});
