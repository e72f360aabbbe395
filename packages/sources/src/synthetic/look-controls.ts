import { PinholeError } from '@pinhole/core';
import type { ControlDescriptor, ControlValue } from '@pinhole/engine';
import type { CardLook, CardPattern } from './card/background.ts';

const BRIGHTNESS = { min: -50, max: 50, step: 1 } as const;

const PATTERNS: Readonly<Record<CardPattern, string>> = {
  card: 'Test card',
  bars: 'Colour bars',
  plain: 'Plain',
};

/** The synthetic camera's controls, with `initial` as their defaults. */
export const lookControls = (initial: CardLook): readonly ControlDescriptor[] => [
  {
    id: 'brightness',
    label: 'Brightness',
    kind: 'range',
    applies: 'live',
    ...BRIGHTNESS,
    default: initial.brightness,
  },
  {
    id: 'pattern',
    label: 'Pattern',
    kind: 'menu',
    applies: 'live',
    options: Object.entries(PATTERNS).map(([value, label]) => ({ value, label })),
    default: initial.pattern,
  },
];

/**
 * The look after one control was set.
 * @throws {PinholeError} `control/unknown`, `control/out-of-range`
 */
export function withControl(look: CardLook, id: string, value: ControlValue): CardLook {
  switch (id) {
    case 'brightness':
      return { ...look, brightness: brightnessOf(value) };
    case 'pattern':
      return { ...look, pattern: patternOf(value) };
    default:
      throw new PinholeError('control/unknown', `no control "${id}": use brightness or pattern`);
  }
}

function brightnessOf(value: ControlValue): number {
  const { min, max } = BRIGHTNESS;
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value;
  throw new PinholeError(
    'control/out-of-range',
    `brightness ${String(value)}: use a whole number from ${min} to ${max}`,
  );
}

function patternOf(value: ControlValue): CardPattern {
  const pattern = (Object.keys(PATTERNS) as CardPattern[]).find((candidate) => candidate === value);
  if (pattern !== undefined) return pattern;
  const allowed = Object.keys(PATTERNS).join(', ');
  throw new PinholeError('control/out-of-range', `pattern ${String(value)}: use one of ${allowed}`);
}
