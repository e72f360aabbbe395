import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { groupControls } from './control-groups.ts';
import { sliderScale } from './slider-scale.ts';

const range = (limits: { min: number; max: number; step: number }, scale?: 'logarithmic') => ({
  id: 'x',
  label: 'X',
  applies: 'live' as const,
  kind: 'range' as const,
  default: limits.min,
  value: limits.min,
  scale,
  ...limits,
});

describe('a slider', () => {
  it('has the steps of its control, and gives numbers without dust', () => {
    const { min, max, step, valueAt } = sliderScale(range({ min: 0, max: 1, step: 0.1 }));

    expect({ min, max, step }).toEqual({ min: 0, max: 1, step: 0.1 });
    expect(valueAt(0.1 + 0.2)).toBe(0.3);
  });

  it('has a thousand places where the control has no steps', () => {
    expect(sliderScale(range({ min: -5, max: 5, step: 0 })).step).toBe(0.01);
  });

  it('gives equal way to equal ratios where those count', () => {
    const { placeOf } = sliderScale(range({ min: 10, max: 1_000_000, step: 0 }, 'logarithmic'));

    expect([10, 100, 1000, 10_000, 100_000, 1_000_000].map(placeOf)).toEqual([0, 200, 400, 600, 800, 1000]);
  });

  it.each(['logarithmic', undefined] as const)(
    'never gives a value that its control refuses (%s)',
    (scale) => {
      const steps = fc.constantFrom(1, 0.5, 0.1, 0.01, 8);
      fc.assert(
        fc.property(steps, fc.integer({ min: 1, max: 500 }), fc.nat(1000), (step, count, permille) => {
          const control = range({ min: step, max: Number((step * (count + 1)).toFixed(6)), step }, scale);
          const { min, max, step: each, valueAt } = sliderScale(control);
          const place = min + Math.round(((max - min) * permille) / 1000 / each) * each;

          const value = valueAt(Math.min(max, place));

          expect(value).toBeGreaterThanOrEqual(control.min);
          expect(value).toBeLessThanOrEqual(control.max);
          const at = (value - control.min) / step;
          expect(Math.abs(at - Math.round(at))).toBeLessThan(1e-6 * Math.max(1, at));
        }),
      );
    },
  );
});

it('groups stand in the order that all cameras share, foreign ones after them', () => {
  const button = (id: string, group?: string) => ({
    id,
    label: id,
    applies: 'live' as const,
    kind: 'button' as const,
    ...(group !== undefined && { group }),
  });

  const groups = groupControls([
    button('a', 'Wipers'),
    button('b', 'Focus'),
    button('c'),
    button('d', 'Picture'),
    button('e', 'Focus'),
  ]);

  expect(groups.map(({ name, controls }) => [name, controls.map(({ id }) => id).join('')])).toEqual([
    ['Picture', 'd'],
    ['Focus', 'be'],
    ['Camera', 'c'],
    ['Wipers', 'a'],
  ]);
});
