import type { ControlDescriptor, ControlValue } from '@pinhole/engine';

/** Makes a value of one control of what crossed the wire; nothing where the control cannot take that. */
export type PropertyConversion = (value: number, descriptor: ControlDescriptor) => ControlValue | undefined;

/** The whole number as it is, at the nearest step; beyond the range it is left to the control to refuse. */
export const asNumber: PropertyConversion = (value, descriptor) => {
  if (descriptor.kind !== 'range') return undefined;
  const { min, max, step } = descriptor;
  if (step === 0 || value < min || value > max) return value;
  const steps = Math.round((value - min) / step);
  // Steps like 0.01 add up to what no decimal number is.
  return Number(Math.min(max, min + steps * step).toFixed(6));
};

/** 0 switches it off, anything else on. */
export const asSwitch: PropertyConversion = (value, descriptor) =>
  descriptor.kind === 'switch' ? value !== 0 : undefined;

/** Another number for each; those that are not in the list it cannot take. */
export const asNumberOf =
  (numbers: Readonly<Record<number, number>>): PropertyConversion =>
  (value, descriptor) => {
    const number = numbers[value];
    return number === undefined ? undefined : asNumber(number, descriptor);
  };

/** A switch that knows two of the values. */
export const asSwitchOf =
  (positions: Readonly<Record<number, boolean>>): PropertyConversion =>
  (value, descriptor) =>
    descriptor.kind === 'switch' ? positions[value] : undefined;

/** The choice of a menu that means the same; cameras call it by one of these words. */
export const asChoice =
  (words: Readonly<Record<number, readonly string[]>>): PropertyConversion =>
  (value, descriptor) => {
    if (descriptor.kind !== 'menu') return undefined;
    const wanted = words[value] ?? [];
    for (const word of wanted) {
      const found = descriptor.options.find((option) => bare(option.value) === bare(word));
      if (found) return found.value;
    }
    return undefined;
  };

/** Does it, whatever the value, if it is one of these. */
export const asButton =
  (values: readonly number[]): PropertyConversion =>
  (value, descriptor) =>
    descriptor.kind === 'button' && values.includes(value) ? true : undefined;

const bare = (word: string): string => word.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
