import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ClockOffset } from '../clock/clock-offset.ts';
import type { Failure } from '../transports/failure.ts';
import { PathOpener } from './path-opener.ts';

const FAILED: Failure = { code: 'webcodecs/decoder', reason: 'The decoder gave up.', remedy: 'retry' };
const MINUTE_MS = 60_000;

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('isSecureContext', true);
  vi.stubGlobal('VideoDecoder', class {});
  vi.stubGlobal('createImageBitmap', () => {});
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const open = (): PathOpener =>
  new PathOpener({
    origin: { whep: 'http://host/whep/a', live: 'ws://host/live/a' },
    clock: new ClockOffset(),
    players: ['webcodecs', 'mse', 'jpeg'],
  });

it('gives a decoder that failed another chance after a minute, then after two, and so on', () => {
  const opener = open();
  expect(opener.bestPlayer).toBe('webcodecs');

  for (const minutes of [1, 2, 4, 8, 16, 16]) {
    expect(opener.ruleOut('webcodecs', FAILED)).toBe(true);
    expect(opener.problemOf('webcodecs')).toBe('The decoder gave up.');
    vi.advanceTimersByTime(minutes * MINUTE_MS - 1_000);
    expect(opener.bestPlayer).toBe('jpeg');
    vi.advanceTimersByTime(1_001);
    expect(opener.bestPlayer).toBe('webcodecs');
  }
});

it('gives none to what this browser does not have', () => {
  const opener = open();
  opener.ruleOut('webcodecs', FAILED);
  vi.advanceTimersByTime(MINUTE_MS / 2);

  expect(opener.problemOf('mse')).toMatch(/./);
  expect(opener.bestPlayer).toBe('jpeg');
});
