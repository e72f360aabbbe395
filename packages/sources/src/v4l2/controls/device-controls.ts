import { PinholeError } from '@pinhole/core';
import type { ControlDescriptor, ControlValue } from '@pinhole/engine';
import type { V4l2Control } from '../device/v4l2-device.ts';
import { controlName } from './control-names.ts';

/** These are of no use while pictures come, or are ours. */
const LEFT_OUT = /^(?:repeat_sequence_header|force_key_frame|min_number_of_.*|privacy)$/;
const UNUSABLE = ['disabled', 'read-only', 'has-payload'];

/** Which control holds one that is inactive, by V4L2's names; both spellings of each kernel. */
const HELD_BY: readonly (readonly [held: RegExp, by: string, manual: string])[] = [
  [/^exposure_(?:time_)?absolute$|^gain$|^iso_sensitivity$/, 'exposure', 'manual'],
  [/^auto_exposure_bias$/, 'exposure', 'automatic'],
  [/^(?:white_balance_temperature|red_balance|blue_balance)$/, 'awb', 'off'],
  [/^focus_absolute$/, 'autofocus', 'off'],
];

/** One control of a device, as it is shown and as it is set. */
export interface DeviceControl {
  readonly descriptor: ControlDescriptor;
  /** V4L2's name. */
  readonly name: string;
  /** What holds now; undefined for a button. */
  readonly value: ControlValue | undefined;
  /** The device's number for a value. @throws {PinholeError} `control/out-of-range` */
  toDevice(value: ControlValue): number;
}

/** Describes the controls of a device; the first of two that would have the same id wins. */
export function deviceControls(controls: readonly V4l2Control[]): ReadonlyMap<string, DeviceControl> {
  const described = new Map<string, DeviceControl>();
  for (const control of controls) {
    if (LEFT_OUT.test(control.name) || control.flags.some((flag) => UNUSABLE.includes(flag))) continue;
    const made = describe(control);
    if (!described.has(made.descriptor.id)) described.set(made.descriptor.id, made);
  }
  return described;
}

function describe(control: V4l2Control): DeviceControl {
  const { id, label, group = 'Camera', unit, factor = 1 } = controlName(control.name, control.heading);
  const inactive = reason(control);
  const head = { id, label, group, applies: 'live' as const, ...(inactive !== undefined && { inactive }) };
  const { name } = control;
  switch (control.type) {
    case 'button':
      return { descriptor: { ...head, kind: 'button' }, name, value: undefined, toDevice: () => 0 };
    case 'bool':
      return {
        descriptor: { ...head, kind: 'switch', default: control.default !== 0 },
        name,
        value: control.value !== 0,
        toDevice: (value) => (value === true || value === 'true' || value === 1 ? 1 : 0),
      };
    case 'menu':
      return describeMenu(control, head);
    case 'int': {
      const [min, max, step] = [control.min * factor, control.max * factor, control.step * factor];
      const scale = unit === 'µs' && min > 0 ? ({ scale: 'logarithmic' } as const) : {};
      const standard = Math.min(max, Math.max(min, control.default * factor));
      return {
        descriptor: {
          ...head,
          kind: 'range',
          min,
          max,
          step,
          default: standard,
          ...(unit && { unit }),
          ...scale,
        },
        name,
        value: control.value * factor,
        toDevice: (value) => Math.round(number(id, value, { min, max }) / factor),
      };
    }
  }
}

function describeMenu(
  control: V4l2Control,
  head: Pick<ControlDescriptor, 'id' | 'label' | 'applies'>,
): DeviceControl {
  const values = new Map<string, number>();
  const options = control.options.map(({ value, label }) => {
    const short = label
      .toLowerCase()
      .replace(/ mode$/, '')
      .replace(/[^a-z0-9.]+/g, '-')
      .replace(/^-+|-+$/g, '');
    const word = short === '' || values.has(short) ? String(value) : short;
    values.set(word, value);
    return { value: word, label };
  });
  const wordOf = (number: number): string =>
    [...values].find(([, value]) => value === number)?.[0] ?? options[0]?.value ?? '';
  return {
    descriptor: { ...head, kind: 'menu', options, default: wordOf(control.default) },
    name: control.name,
    value: wordOf(control.value),
    toDevice: (value) => {
      // By the word, by the driver's own words, or by the driver's number.
      const text = String(value);
      const own = control.options.find((option) => option.label.toLowerCase() === text.toLowerCase());
      const numbered = control.options.find((option) => String(option.value) === text);
      const number = values.get(text) ?? own?.value ?? numbered?.value;
      if (number !== undefined) return number;
      const words = [...values.keys()].join(', ');
      throw new PinholeError('control/not-a-choice', `${head.id} "${text}": use one of ${words}`);
    },
  };
}

function number(
  id: string,
  value: ControlValue,
  { min, max }: { readonly min: number; readonly max: number },
): number {
  const amount = typeof value === 'boolean' ? Number.NaN : Number(value);
  if (value === '' || !(amount >= min && amount <= max))
    throw new PinholeError(
      'control/out-of-range',
      `${id} ${String(value)}: use a number from ${min} to ${max}`,
    );
  return amount;
}

function reason({ name, flags }: V4l2Control): string | undefined {
  if (flags.includes('grabbed')) return 'the camera keeps it while pictures are taken';
  if (!flags.includes('inactive')) return undefined;
  const held = HELD_BY.find(([pattern]) => pattern.test(name));
  return held === undefined
    ? 'another setting of the camera decides it now; turn the automatic one off first'
    : `${held[1]} decides it now; set ${held[1]} to ${held[2]} first`;
}
