import { PinholeError } from '@pinhole/core';
import type { ControlDescriptor, ControlGroup, ControlValue } from '@pinhole/engine';

/** One thing of a device that can be changed: how it is called there, and here. */
export interface DeviceControl {
  readonly id: string;
  /** The device's own name for it. */
  readonly name: string;
  readonly label: string;
  readonly group: ControlGroup;
  readonly help?: string;
  readonly risky?: true;
  /** While that other control is on, this one does nothing. */
  readonly ruledBy?: string;
  readonly form:
    | { readonly kind: 'switch'; readonly default: boolean }
    | { readonly kind: 'range'; readonly min: number; readonly max: number; readonly default: number }
    /** Words for the numbers from 0 on. */
    | {
        readonly kind: 'menu';
        readonly words: readonly (readonly [value: string, label: string])[];
        readonly default: number;
      };
}

/** What a control is to those who change it; `values` are those that hold now. */
export function descriptorOf(
  control: DeviceControl,
  values: ReadonlyMap<string, ControlValue>,
): ControlDescriptor {
  const { id, label, group, help, risky, ruledBy, form } = control;
  const shared = {
    id,
    label,
    group,
    applies: 'live' as const,
    ...(help !== undefined && { help }),
    ...(risky !== undefined && { risky }),
    ...(ruledBy !== undefined &&
      values.get(ruledBy) === true && { inactive: `it follows "${ruledBy}": switch that off first` }),
  };
  switch (form.kind) {
    case 'switch':
      return { ...shared, ...form };
    case 'range':
      return { ...shared, ...form, step: 1 };
    case 'menu': {
      const options = form.words.map(([value, word]) => ({ value, label: word }));
      return { ...shared, kind: 'menu', options, default: options[form.default]?.value ?? '' };
    }
  }
}

/** A device's number as the value of a control; undefined for one that means nothing. */
export function valueOfNumber({ form }: DeviceControl, number: number): ControlValue | undefined {
  switch (form.kind) {
    case 'switch':
      return number !== 0;
    case 'range':
      return number;
    case 'menu':
      return form.words[number]?.[0];
  }
}

/**
 * A control's value as the device's number.
 * @throws {PinholeError} `control/out-of-range`
 */
export function numberOfValue({ id, form }: DeviceControl, value: ControlValue): number {
  switch (form.kind) {
    case 'switch':
      if (typeof value === 'boolean') return Number(value);
      throw outOfRange(id, value, 'use true or false');
    case 'range': {
      const { min, max } = form;
      if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value;
      throw outOfRange(id, value, `use a whole number from ${min} to ${max}`);
    }
    case 'menu': {
      const number = form.words.findIndex(([word]) => word === value);
      if (number !== -1) return number;
      throw outOfRange(id, value, `use one of ${form.words.map(([word]) => word).join(', ')}`);
    }
  }
}

/** A value that a control does not take. */
export const outOfRange = (id: string, value: ControlValue, use: string): PinholeError =>
  new PinholeError('control/out-of-range', `${id} ${String(value).slice(0, 40)}: ${use}`);
