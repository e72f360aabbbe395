import { PinholeError } from '@pinhole/core';
import { type ControlDescriptor, type ControlValue, checkControlValue } from '@pinhole/engine';
import type { CardLook, CardPattern } from './card/background.ts';

/** All of a synthetic camera that can be changed. */
export interface SyntheticSettings {
  readonly look: CardLook;
  readonly width: number;
  readonly height: number;
  readonly framesPerSecond: number;
  /** From one key frame to the next; undefined for two seconds' worth. */
  readonly gopFrames: number | undefined;
}

const PATTERNS: Readonly<Record<CardPattern, string>> = {
  card: 'Test card',
  bars: 'Colour bars',
  plain: 'Plain',
};

const SIZES = [
  { width: 320, height: 180 },
  { width: 640, height: 360 },
  { width: 1280, height: 720 },
  { width: 1920, height: 1080 },
] as const;

const MAX_GOP_CONTROL = 600;

/** Frames from one key frame to the next. */
export const gopOf = ({ gopFrames, framesPerSecond }: SyntheticSettings): number =>
  gopFrames ?? Math.max(1, Math.round(2 * framesPerSecond));

/** The controls of a camera that was set up as `initial`, which are their defaults, and is set as `now`. */
export const syntheticControls = (
  initial: SyntheticSettings,
  now: SyntheticSettings,
): readonly ControlDescriptor[] => [
  {
    id: 'pattern',
    label: 'Pattern',
    group: 'Picture',
    kind: 'menu',
    applies: 'live',
    options: Object.entries(PATTERNS).map(([value, label]) => ({ value, label })),
    default: initial.look.pattern,
  },
  {
    id: 'brightness',
    label: 'Brightness',
    group: 'Picture',
    kind: 'range',
    applies: 'live',
    min: -50,
    max: 50,
    step: 1,
    default: initial.look.brightness,
    ...(now.look.pattern === 'bars' && {
      inactive: 'colour bars are a reference and keep their levels; choose another pattern first',
    }),
  },
  {
    id: 'sweep',
    label: 'Moving light',
    group: 'Picture',
    kind: 'switch',
    applies: 'live',
    default: initial.look.sweep !== false,
  },
  {
    id: 'size',
    label: 'Picture size',
    group: 'Camera',
    kind: 'menu',
    applies: 'restart',
    risky: true,
    options: sizesWith(initial).map(({ width, height }) => ({
      value: sizeOf({ width, height }),
      label: `${width} × ${height}`,
    })),
    default: sizeOf(initial),
  },
  {
    id: 'fps',
    label: 'Frame rate',
    group: 'Camera',
    kind: 'range',
    applies: 'restart',
    risky: true,
    min: 1,
    max: 60,
    step: Number.isInteger(initial.framesPerSecond) ? 1 : 0,
    unit: 'frames/s',
    default: initial.framesPerSecond,
  },
  {
    id: 'gop',
    label: 'Key frame every',
    group: 'Encoder',
    help: 'A newcomer of a camera that makes no key frame on request waits for as long as this.',
    kind: 'range',
    applies: 'live',
    min: 1,
    max: Math.max(MAX_GOP_CONTROL, gopOf(initial)),
    step: 1,
    unit: 'frames',
    default: gopOf(initial),
  },
  { id: 'key-frame', label: 'Key frame now', group: 'Encoder', kind: 'button', applies: 'live' },
];

/** Values of all controls that have one. */
export const syntheticValues = (now: SyntheticSettings): ReadonlyMap<string, ControlValue> =>
  new Map<string, ControlValue>([
    ['pattern', now.look.pattern],
    ['brightness', now.look.brightness],
    ['sweep', now.look.sweep !== false],
    ['size', sizeOf(now)],
    ['fps', now.framesPerSecond],
    ['gop', gopOf(now)],
  ]);

/**
 * The settings after one control was set.
 * @throws {PinholeError} `control/unknown`, `control/out-of-range`, `control/not-a-choice`
 */
export function withControl(
  now: SyntheticSettings,
  change: { readonly id: string; readonly value: ControlValue },
  controls: readonly ControlDescriptor[],
): SyntheticSettings {
  const { id, value } = change;
  const descriptor = controls.find((control) => control.id === id);
  if (!descriptor) {
    const ids = controls.map((control) => control.id).join(', ');
    throw new PinholeError('control/unknown', `no control "${id}": use ${ids}`);
  }
  checkControlValue(descriptor, value);
  switch (id) {
    case 'pattern':
      return { ...now, look: { ...now.look, pattern: value as CardPattern } };
    case 'brightness':
      return { ...now, look: { ...now.look, brightness: value as number } };
    case 'sweep':
      return { ...now, look: { ...now.look, sweep: value as boolean } };
    case 'size': {
      const [width = now.width, height = now.height] = String(value).split('x').map(Number);
      return { ...now, width, height };
    }
    case 'fps':
      return { ...now, framesPerSecond: value as number };
    case 'gop':
      return { ...now, gopFrames: value as number };
    default:
      return now;
  }
}

type Size = Pick<SyntheticSettings, 'width' | 'height'>;

const sizeOf = ({ width, height }: Size): string => `${width}x${height}`;

/** With the size that the camera was set up with, in its place. */
const sizesWith = (initial: Size): readonly Size[] =>
  (SIZES.some((size) => sizeOf(size) === sizeOf(initial)) ? [...SIZES] : [...SIZES, initial]).sort(
    (a, b) => a.width * a.height - b.width * b.height,
  );
