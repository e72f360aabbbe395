import { PinholeError } from '@pinhole/core';
import type { ControlDescriptor, ControlValue } from './control-descriptor.ts';

/** Steps are compared with floating point in mind. */
const TOLERANCE = 1e-6;

/** So many choices are named in an error; a menu may have hundreds. */
const MAX_NAMED = 20;

/**
 * Holds a value to its descriptor.
 * @throws {PinholeError} `control/out-of-range`, `control/not-a-choice`, `control/inactive`, each with what would do
 */
export function checkControl(descriptor: ControlDescriptor, value: ControlValue): void {
  checkControlValue(descriptor, value);
  const { id, inactive } = descriptor;
  if (inactive !== undefined)
    throw new PinholeError('control/inactive', `${id} ${shown(value)}: cannot be changed now: ${inactive}`);
}

/**
 * The same without asking whether the control can be changed now.
 * @throws {PinholeError} `control/out-of-range`, `control/not-a-choice`
 */
export function checkControlValue(descriptor: ControlDescriptor, value: ControlValue): void {
  const { id } = descriptor;
  switch (descriptor.kind) {
    case 'range':
      checkNumber(descriptor, value);
      return;
    case 'switch':
      if (typeof value === 'boolean') return;
      throw new PinholeError('control/not-a-choice', `${id} ${shown(value)}: use true or false`);
    case 'menu':
      if (descriptor.options.some((option) => option.value === value)) return;
      throw new PinholeError(
        'control/not-a-choice',
        `${id} ${shown(value)}: use one of ${listed(descriptor.options.map((option) => option.value))}`,
      );
    case 'button':
      if (value === true) return;
      throw new PinholeError('control/not-a-choice', `${id} ${shown(value)}: a button takes true only`);
  }
}

/** Names, for an error: not more than a person reads. */
export const listed = (names: readonly string[]): string =>
  names.length > MAX_NAMED
    ? `${names.slice(0, MAX_NAMED).join(', ')}, … (${names.length})`
    : names.join(', ');

function checkNumber(range: Extract<ControlDescriptor, { kind: 'range' }>, value: ControlValue): void {
  const { id, min, max, step, unit } = range;
  if (typeof value === 'number' && value >= min && value <= max) {
    const steps = step > 0 ? (value - min) / step : 0;
    if (Math.abs(steps - Math.round(steps)) <= TOLERANCE * Math.max(1, Math.abs(steps))) return;
  }
  const behind = unit === undefined ? '' : ` ${unit}`;
  const stepping =
    step === 1 && Number.isInteger(min)
      ? `a whole number from ${min} to ${max}${behind}`
      : `a number from ${min} to ${max}${behind}${step > 0 ? ` in steps of ${step}` : ''}`;
  throw new PinholeError('control/out-of-range', `${id} ${shown(value)}: use ${stepping}`);
}

const shown = (value: ControlValue): string =>
  typeof value === 'string' ? JSON.stringify(value.slice(0, 64)) : String(value);
