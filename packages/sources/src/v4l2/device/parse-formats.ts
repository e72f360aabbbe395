import type { V4l2Format, V4l2Size } from './v4l2-device.ts';

/** `[0]: 'MJPG' (Motion-JPEG, compressed)`, and up to version 1.16 `Pixel Format: 'MJPG' (compressed)`. */
const FORMAT = /^\s*(?:\[\d{1,4}\]\s*:|Pixel Format:) '([^']{1,8})'\s*(?:\((.{0,200}?)\))?\s*$/;
const DISCRETE_SIZE = /^\s*Size: Discrete (\d{1,5})x(\d{1,5})\s*$/;
const SIZE_RANGE =
  /^\s*Size: (?:Stepwise|Continuous) (\d{1,5})x(\d{1,5}) - (\d{1,5})x(\d{1,5})(?: with step (\d{1,5})\/(\d{1,5}))?\s*$/;
const DISCRETE_INTERVAL = /^\s*Interval: Discrete [\d.]{1,20}s \(([\d.]{1,20}) fps\)\s*$/;
const INTERVAL_RANGE =
  /^\s*Interval: (?:Stepwise|Continuous) .{0,100}\(([\d.]{1,20})-([\d.]{1,20}) fps\)\s*$/;

const MOST_FORMATS = 64;
const MOST_SIZES = 512;
const MOST_RATES = 64;
const HIGHEST_RATE = 1_000;

interface Draft {
  readonly width: number;
  readonly height: number;
  readonly upTo?: NonNullable<V4l2Size['upTo']>;
  readonly rates: number[];
  anyRate?: true;
}

/** Reads the part that `--list-formats-ext` writes. Sizes without pixels, and rates that no camera has, are left out. */
export function parseFormats(text: string): readonly V4l2Format[] {
  const formats: { readonly fourcc: string; readonly label: string; readonly sizes: Draft[] }[] = [];
  for (const line of text.split('\n')) {
    const format = FORMAT.exec(line);
    if (format !== null) {
      const [, fourcc = '', label = ''] = format;
      if (formats.length < MOST_FORMATS)
        formats.push({
          fourcc: fourcc.trim(),
          label: label.replace(/(?:, |^)(?:compressed|emulated).*$/, ''),
          sizes: [],
        });
      continue;
    }
    const sizes = formats.at(-1)?.sizes;
    if (sizes === undefined) continue;
    const size = sizeIn(line);
    if (size !== undefined && sizes.length < MOST_SIZES) sizes.push(size);
    const last = sizes.at(-1);
    if (last !== undefined && size === undefined) takeRate(line, last);
  }
  return formats;
}

function sizeIn(line: string): Draft | undefined {
  const discrete = DISCRETE_SIZE.exec(line);
  const range = SIZE_RANGE.exec(line);
  const [width = 0, height = 0, toWidth = 0, toHeight = 0, stepX = 1, stepY = 1] = (discrete ?? range ?? [])
    .slice(1)
    .map((text) => Number(text ?? 1));
  if (discrete !== null) return width > 0 && height > 0 ? { width, height, rates: [] } : undefined;
  if (range === null || toWidth < width || toHeight < height || toWidth === 0 || toHeight === 0)
    return undefined;
  const upTo = { width: toWidth, height: toHeight, stepX: Math.max(1, stepX), stepY: Math.max(1, stepY) };
  return { width: Math.max(1, width), height: Math.max(1, height), upTo, rates: [] };
}

function takeRate(line: string, size: Draft): void {
  const range = INTERVAL_RANGE.exec(line);
  const found = range?.slice(1) ?? DISCRETE_INTERVAL.exec(line)?.slice(1) ?? [];
  const rates = found.map(Number).filter((rate) => rate > 0 && rate <= HIGHEST_RATE);
  if (rates.length === 0 || size.rates.length + rates.length > MOST_RATES) return;
  if (range !== null) size.anyRate = true;
  size.rates.push(...rates);
}
