import type { Control } from '@pinhole/client/controls';

/** A control with a range. */
export type RangeControl = Extract<Control, { kind: 'range' }>;

const BITS_IN_KBIT = 1000;

/**
 * A range in the unit in which people read it: bit rates in kbit/s. A value in `unit` is `factor` times smaller than the
 * control's own.
 */
export function shownRange(control: RangeControl): RangeControl & { readonly factor: number } {
  if (control.unit !== 'bits/s') return { ...control, factor: 1 };
  const factor = BITS_IN_KBIT;
  return {
    ...control,
    unit: 'kbit/s',
    min: control.min / factor,
    max: control.max / factor,
    step: control.step / factor,
    default: control.default / factor,
    factor,
  };
}
