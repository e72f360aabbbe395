import { describe, expect, it } from 'vitest';
import { followed, moved, shareOf, spanOf, ticksOf, timeAt, windowAt, zoomed } from './time-window.ts';

const HOUR = 3_600_000;
const NOON = new Date(2026, 0, 31, 12).getTime();
const around = { fromMs: NOON - HOUR, toMs: NOON + HOUR };

describe('a window of time', () => {
  it('ends a little behind now', () => {
    const window = windowAt(NOON, HOUR);

    expect(spanOf(window)).toBe(HOUR);
    expect(window.toMs).toBeGreaterThan(NOON);
    expect(window.toMs - NOON).toBeLessThan(HOUR / 10);
  });

  it('zooms around the time that is pointed at', () => {
    const at = NOON + HOUR / 2;
    const closer = zoomed(around, { factor: 0.5, atMs: at });

    expect(spanOf(closer)).toBe(HOUR);
    expect(shareOf(closer, at)).toBeCloseTo(shareOf(around, at), 10);
  });

  it('zooms no closer than seconds and no further than a month', () => {
    expect(spanOf(zoomed(around, { factor: 0, atMs: NOON }))).toBe(20_000);
    expect(spanOf(zoomed(around, { factor: 1e9, atMs: NOON }))).toBe(31 * 24 * HOUR);
  });

  it('stays while the playhead is in it, and goes with it when it is not', () => {
    expect(followed(around, NOON)).toBe(around);
    const later = followed(around, NOON + 5 * HOUR);

    expect(spanOf(later)).toBe(2 * HOUR);
    expect(shareOf(later, NOON + 5 * HOUR)).toBe(0.75);
    expect(moved(around, HOUR)).toEqual({ fromMs: NOON, toMs: NOON + 2 * HOUR });
  });

  it('knows which time is where', () => {
    expect(timeAt(around, 0.5)).toBe(NOON);
    expect(shareOf(around, timeAt(around, 0.2))).toBeCloseTo(0.2, 10);
  });
});

describe('its ticks', () => {
  it.each([
    [40_000, 600, 10_000],
    [HOUR, 600, 600_000],
    [24 * HOUR, 800, 3 * HOUR],
    [7 * 24 * HOUR, 800, 24 * HOUR],
  ])('of %i ms on %i pixels are %i ms apart, at round times', (span, pixels, step) => {
    const ticks = ticksOf({ fromMs: NOON - span + 1, toMs: NOON + 1 }, pixels);
    const times = ticks.map(({ atMs }) => atMs);

    expect(times.length).toBeGreaterThan(2);
    for (const [i, at] of times.slice(1).entries()) expect(at - (times[i] ?? 0)).toBe(step);
    expect((times[0] ?? 1) - new Date(times[0] ?? 0).setHours(0, 0, 0, 0)).toSatisfy(
      (ms: number) => ms % Math.min(step, 24 * HOUR) === 0,
    );
  });

  it('name the day at midnight and the time else', () => {
    const labels = ticksOf({ fromMs: NOON - 13 * HOUR, toMs: NOON }, 800);

    expect(labels.filter(({ day }) => day)).toHaveLength(1);
    expect(labels.find(({ day }) => day)?.label).toMatch(/31/);
    expect(labels.find(({ day }) => !day)?.label).toMatch(/\d{1,2}:00/);
  });
});
