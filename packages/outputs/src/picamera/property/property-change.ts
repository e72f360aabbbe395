import { PinholeError } from '@pinhole/core';
import type { CameraControls, ControlDescriptor, ControlValue } from '@pinhole/engine';
import { CameraKeyLabels, CameraValueLabels } from '@pinhole/protocol/picamera';
import { PROPERTIES } from './property-table.ts';

/** A change of one of a camera's controls. */
export interface PropertyChange {
  readonly control: string;
  readonly value: ControlValue;
}

/**
 * What a property by its number means for a camera.
 * @param value as it crossed the wire; numbers below 0 may have come as 32 bits without a sign
 * @throws {PinholeError} `picamera/property` in words: there is none of that number, the camera has no such control, or not
 *   that choice
 */
export function propertyChange(
  { key, value }: { readonly key: number; readonly value: number },
  controls: Pick<CameraControls, 'list'>,
): PropertyChange {
  const label = labelOf(key);
  const property = PROPERTIES[key];
  if (property === undefined) throw refusal(`${key}: no property has that number`);
  if ('never' in property) throw refusal(`${key} (${label}): ${property.never}`);
  const number = value | 0;
  const descriptors = new Map(controls.list().map(({ descriptor }) => [descriptor.id, descriptor]));
  const reasons: string[] = [];
  for (const { control, convert } of property) {
    const descriptor = descriptors.get(control);
    if (descriptor === undefined) continue;
    const converted = convert(number, descriptor);
    if (converted !== undefined) return { control, value: converted };
    reasons.push(`${control} ${rangeOf(descriptor)}`);
  }
  const names = [...new Set(property.map(({ control }) => `"${control}"`))].join(' or ');
  throw refusal(
    reasons.length === 0
      ? `${key} (${label}): the camera has no control ${names}`
      : `${key} (${label}) ${valueLabel(key, number)}: the camera cannot; ${reasons.join('; ')}`,
  );
}

const refusal = (words: string): PinholeError =>
  new PinholeError('picamera/property', `camera property ${words}`);

function labelOf(key: number): string {
  const labels: Readonly<Record<number, string>> = CameraKeyLabels;
  return labels[key] ?? 'unknown';
}

function valueLabel(key: number, value: number): string {
  const labels: Readonly<Record<number, Readonly<Record<number, string>> | undefined>> = CameraValueLabels;
  const label = labels[key]?.[value];
  return label === undefined ? String(value) : `${value} (${label})`;
}

function rangeOf(descriptor: ControlDescriptor): string {
  switch (descriptor.kind) {
    case 'menu':
      return `has ${descriptor.options
        .slice(0, 20)
        .map(({ value }) => value)
        .join(', ')}`;
    case 'range':
      return `takes ${descriptor.min} to ${descriptor.max}`;
    case 'switch':
      return 'is on or off';
    case 'button':
      return 'is a button';
  }
}
