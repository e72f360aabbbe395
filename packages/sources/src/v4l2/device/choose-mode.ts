import type { RawPictureKind } from '@pinhole/ffmpeg';
import { V4l2Error } from '../v4l2-error.ts';
import type { CaptureMode } from './v4l2-access.ts';
import type { V4l2Device, V4l2Size } from './v4l2-device.ts';

/** Which kind of pictures a device is to give; `auto`: the first of these that it can. */
export type FormatWish = 'auto' | 'h264' | 'mjpeg' | 'yuyv';

/** What is wished of a device; what is left out is chosen for low delay. */
export interface ModeWish {
  readonly format?: FormatWish;
  readonly width?: number;
  readonly height?: number;
  readonly framesPerSecond?: number;
}

/** What arrives. */
export type PictureKind = 'h264' | 'mjpeg' | RawPictureKind;

/** A mode and what its pictures are. */
export interface ChosenMode extends CaptureMode {
  readonly kind: PictureKind;
}

/** By preference: what is passed through, what is smaller on the bus, what is raw. */
const KINDS: readonly (readonly [fourcc: string, kind: PictureKind])[] = [
  ['H264', 'h264'],
  ['MJPG', 'mjpeg'],
  ['JPEG', 'mjpeg'],
  ['YUYV', 'yuyv422'],
  ['UYVY', 'uyvy422'],
  ['NV12', 'nv12'],
  ['YU12', 'yuv420p'],
];
const USUAL = { width: 1280, height: 720, framesPerSecond: 30 };
const MOST_NAMED = 8;
/** Drivers round rates: 29.97 will do for 30. */
const SAME_RATE = 0.5;

interface Candidate extends ChosenMode {
  /** Rank of the format; less is better. */
  readonly rank: number;
}

/**
 * Chooses what a device is to give. Without a size: the largest up to 1280×720 that comes at 25 pictures a second or
 * more, by the best format that has one; without a rate: 30, or the nearest to it that there is.
 * @throws {V4l2Error} `source/unsupported-mode` naming the nearest modes; `source/no-camera`
 */
export function chooseMode(device: V4l2Device, wish: ModeWish): ChosenMode {
  const all = candidates(device, wish);
  if (all.length === 0) throw new V4l2Error('source/no-camera', noFormat(device, wish));
  const { width, height, framesPerSecond } = wish;
  const sized =
    width === undefined ? all : all.filter((each) => each.width === width && each.height === height);
  const fitting = sized.filter(
    (each) => framesPerSecond === undefined || Math.abs(each.framesPerSecond - framesPerSecond) <= SAME_RATE,
  );
  const best = fitting.sort((a, b) => compare(a, b, wish))[0];
  if (best === undefined)
    throw new V4l2Error('source/unsupported-mode', unsupported(device, all, sized, wish));
  const { rank: _, ...mode } = best;
  return mode;
}

/** `MJPG 1280×720 at 30/s` */
export const modeInWords = (mode: CaptureMode): string =>
  `${mode.fourcc} ${mode.width}×${mode.height} at ${Math.round(mode.framesPerSecond * 100) / 100}/s`;

function candidates(device: V4l2Device, wish: ModeWish): readonly Candidate[] {
  const found: Candidate[] = [];
  for (const [rank, [fourcc, kind]] of KINDS.entries()) {
    if (!isWanted(kind, wish.format ?? 'auto')) continue;
    for (const size of device.formats
      .filter((format) => format.fourcc === fourcc)
      .flatMap(({ sizes }) => sizes)) {
      const { width, height } = within(size, wish);
      for (const framesPerSecond of ratesOf(size, wish)) {
        found.push({ rank, fourcc, kind, width, height, framesPerSecond });
      }
    }
  }
  return found;
}

const isWanted = (kind: PictureKind, format: FormatWish): boolean =>
  format === 'auto' || kind === format || (format === 'yuyv' && kind !== 'h264' && kind !== 'mjpeg');

function within(size: V4l2Size, wish: ModeWish): { readonly width: number; readonly height: number } {
  if (size.upTo === undefined) return size;
  const { upTo } = size;
  const fit = (wanted: number, min: number, max: number, step: number): number =>
    min + Math.floor((Math.min(max, Math.max(min, wanted)) - min) / step) * step;
  return {
    width: fit(wish.width ?? USUAL.width, size.width, upTo.width, upTo.stepX),
    height: fit(wish.height ?? USUAL.height, size.height, upTo.height, upTo.stepY),
  };
}

function ratesOf(size: V4l2Size, wish: ModeWish): readonly number[] {
  const wanted = wish.framesPerSecond ?? USUAL.framesPerSecond;
  if (size.rates.length === 0) return [wanted]; // the driver tells none: it takes what it can
  if (size.anyRate === undefined) return size.rates;
  return [Math.min(Math.max(...size.rates), Math.max(Math.min(...size.rates), wanted))];
}

/** What is better comes first. */
function compare(a: Candidate, b: Candidate, wish: ModeWish): number {
  const rank = (mode: Candidate): readonly number[] => {
    const pixels = mode.width * mode.height;
    const fluent = mode.framesPerSecond >= 25 || wish.framesPerSecond !== undefined ? 0 : 1;
    const tooLarge = pixels > USUAL.width * USUAL.height ? 1 : 0;
    const rateOff = Math.abs(mode.framesPerSecond - (wish.framesPerSecond ?? USUAL.framesPerSecond));
    return wish.width === undefined
      ? [fluent, tooLarge, tooLarge ? pixels : 0, mode.rank > 2 ? 1 : 0, -pixels, mode.rank, rateOff]
      : [fluent, mode.rank, rateOff];
  };
  const [left, right] = [rank(a), rank(b)];
  for (const [i, value] of left.entries()) if (value !== right[i]) return value - (right[i] ?? 0);
  return 0;
}

function unsupported(
  device: V4l2Device,
  all: readonly Candidate[],
  sized: readonly Candidate[],
  wish: ModeWish,
): string {
  const { width = USUAL.width, height = USUAL.height, framesPerSecond = USUAL.framesPerSecond } = wish;
  const distance = (mode: Candidate): number =>
    Math.abs(Math.log((mode.width * mode.height) / (width * height))) * 10 +
    Math.abs(mode.framesPerSecond - framesPerSecond) / 10;
  const from = sized.length > 0 ? sized : all;
  const near = [...from].sort((a, b) => distance(a) - distance(b)).map(modeInWords);
  const asked = [
    wish.format !== undefined && wish.format !== 'auto' && wish.format,
    wish.width !== undefined && `${width}×${height}`,
    wish.framesPerSecond !== undefined && `${framesPerSecond} pictures a second`,
  ].filter(Boolean);
  const nearest = [...new Set(near)].slice(0, MOST_NAMED).join(', ');
  return `${device.card} (${device.path}) has no mode of ${asked.join(', ')}; the nearest are: ${nearest}`;
}

function noFormat({ path, card, formats }: V4l2Device, { format = 'auto' }: ModeWish): string {
  const has = formats.map(({ fourcc }) => fourcc).join(', ') || 'none';
  const can = format === 'auto' ? KINDS.map(([fourcc]) => fourcc).join(', ') : format;
  return `${card} (${path}) gives no pictures that can be used: it has the formats ${has}, and ${can} would do`;
}
