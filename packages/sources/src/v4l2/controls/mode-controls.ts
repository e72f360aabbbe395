import { PinholeError } from '@pinhole/core';
import type { ControlDescriptor, ControlValue } from '@pinhole/engine';
import type { ChosenMode, ModeWish } from '../device/choose-mode.ts';
import type { V4l2Device } from '../device/v4l2-device.ts';

const DEFAULT_BITRATE = 4_000_000;
const BITRATES = { min: 100_000, max: 50_000_000, step: 100_000 };
const MOST_CHOICES = 40;

/** What is wished of the pictures: their size, their rate and, where we encode, their bit rate; as controls. */
export class ModeControls {
  readonly #initial: ModeWish & { readonly bitrate?: number };
  #wish: ModeWish;
  #bitrate: number;

  constructor(wish: ModeWish & { readonly bitrate?: number }) {
    this.#initial = wish;
    const { format, width, height, framesPerSecond } = wish;
    this.#wish = {
      ...(format !== undefined && { format }),
      ...(width !== undefined && { width }),
      ...(height !== undefined && { height }),
      ...(framesPerSecond !== undefined && { framesPerSecond }),
    };
    this.#bitrate = wish.bitrate ?? DEFAULT_BITRATE;
  }

  get wish(): ModeWish {
    return this.#wish;
  }

  /** Bits a second. */
  get bitrate(): number {
    return this.#bitrate;
  }

  has(id: string): boolean {
    return id === 'size' || id === 'fps' || id === 'bitrate';
  }

  /** `size` and `fps` among what the device lists for the format that it gives now. */
  descriptors(device: V4l2Device | undefined, mode: ChosenMode | undefined): readonly ControlDescriptor[] {
    if (device === undefined || mode === undefined) return [];
    const sizes = sizesOf(device, mode);
    const rates = ratesOf(device, mode);
    const standard = this.#initial.bitrate ?? DEFAULT_BITRATE;
    return [
      menu('size', 'Picture size', sizes, `${mode.width}x${mode.height}`),
      menu('fps', 'Pictures a second', rates, shownRate(mode.framesPerSecond)),
      {
        id: 'bitrate',
        label: 'Bit rate',
        group: 'Encoder',
        kind: 'range',
        applies: 'live',
        ...BITRATES,
        default: standard,
        unit: 'bits/s',
        scale: 'logarithmic',
      },
    ];
  }

  values(mode: ChosenMode | undefined): ReadonlyMap<string, ControlValue> {
    if (mode === undefined) return new Map();
    return new Map<string, ControlValue>([
      ['size', `${mode.width}x${mode.height}`],
      ['fps', shownRate(mode.framesPerSecond)],
      ['bitrate', this.#bitrate],
    ]);
  }

  /**
   * Takes a value.
   * @returns what changed
   * @throws {PinholeError} `control/not-a-choice`, `control/out-of-range`
   */
  set(id: string, value: ControlValue, device: V4l2Device | undefined): 'mode' | 'bitrate' {
    if (id === 'bitrate') {
      if (typeof value !== 'number' || !(value >= BITRATES.min && value <= BITRATES.max))
        throw new PinholeError(
          'control/out-of-range',
          `bitrate ${String(value)}: use bits a second from ${BITRATES.min} to ${BITRATES.max}`,
        );
      this.#bitrate = value;
      return 'bitrate';
    }
    const [first = Number.NaN, second = Number.NaN] = String(value).split('x').map(Number);
    if (id === 'fps') {
      if (!(first > 0))
        throw new PinholeError('control/not-a-choice', `fps ${String(value)}: use a listed rate`);
      this.#wish = { ...this.#wish, framesPerSecond: first };
      return 'mode';
    }
    if (!(first > 0 && second > 0) || device === undefined)
      throw new PinholeError('control/not-a-choice', `size ${String(value)}: use a listed size, as 1280x720`);
    // A rate that the new size has not would make it useless.
    const { framesPerSecond: _, ...wish } = this.#wish;
    this.#wish = { ...wish, width: first, height: second };
    return 'mode';
  }
}

function menu(id: string, label: string, values: readonly string[], now: string): ControlDescriptor {
  const all = values.includes(now) ? values : [now, ...values];
  return {
    id,
    label,
    group: 'Camera',
    kind: 'menu',
    applies: 'restart',
    options: all.slice(0, MOST_CHOICES).map((value) => ({ value, label: value.replace('x', ' × ') })),
    default: now,
  };
}

const sizesOf = ({ formats }: V4l2Device, { fourcc }: ChosenMode): readonly string[] => [
  ...new Set(
    formats
      .filter((format) => format.fourcc === fourcc)
      .flatMap(({ sizes }) => sizes.filter(({ upTo }) => upTo === undefined))
      .sort((a, b) => b.width * b.height - a.width * a.height)
      .map(({ width, height }) => `${width}x${height}`),
  ),
];

const ratesOf = ({ formats }: V4l2Device, mode: ChosenMode): readonly string[] => [
  ...new Set(
    formats
      .filter((format) => format.fourcc === mode.fourcc)
      .flatMap(({ sizes }) =>
        sizes.filter(({ width, height }) => width === mode.width && height === mode.height),
      )
      .flatMap(({ rates, anyRate }) => (anyRate === undefined ? rates : []))
      .map(shownRate),
  ),
];

const shownRate = (rate: number): string => String(Math.round(rate * 1000) / 1000);
