import type { Control } from '@pinhole/client/controls';

type Range = Extract<Control, { kind: 'range' }>;

/** Places of a slider that has no steps of its own. */
const PLACES = 1000;

/** What a slider element is set up with, and how its places and the control's values belong together. */
export interface SliderScale {
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly placeOf: (value: number) => number;
  readonly valueAt: (place: number) => number;
}

/** The slider of a range: by its own numbers, or by their logarithm where ratios count. */
export function sliderScale({ min, max, step, scale }: Range): SliderScale {
  if (scale !== 'logarithmic' || min <= 0) {
    const each = step > 0 ? step : (max - min) / PLACES;
    return { min, max, step: each, placeOf: (value) => value, valueAt: (place) => rounded(place, step) };
  }
  const ratio = Math.log(max / min);
  return {
    min: 0,
    max: PLACES,
    step: 1,
    placeOf: (value) => Math.round((Math.log(value / min) / ratio) * PLACES),
    valueAt: (place) => {
      const value = min * Math.exp((ratio * place) / PLACES);
      const onStep = step > 0 ? min + Math.round((value - min) / step) * step : Number(value.toPrecision(3));
      return rounded(Math.min(max, Math.max(min, onStep)), step);
    },
  };
}

/** Without the dust of floating point. */
const rounded = (value: number, step: number): number =>
  Number(value.toFixed(step > 0 ? Math.min(9, Math.max(0, Math.ceil(-Math.log10(step)) + 2)) : 6));
