import type { PictureSize } from '@pinhole/media/jpeg';

type Table = readonly (PictureSize | undefined)[];

const sizes = (text: string): Table =>
  text.split(' ').map((each) => {
    const [width = 0, height = 0] = each.split('x').map(Number);
    return { width, height };
  });

/** Above 1600×1200 the tables are the same but for where they begin. */
const LARGE = '1920x1080 720x1280 864x1536 2048x1536 2560x1440 2560x1600 1080x1920 2560x1920';

/**
 * What the number `framesize` means: the same one stands for three sizes, by the age of the driver in the firmware, which
 * says nothing of its age. The newest first.
 */
const TABLES: readonly Table[] = [
  // since November 2024
  sizes(
    `96x96 160x120 128x128 176x144 240x176 240x240 320x240 320x320 400x296 480x320 640x480 800x600 1024x768 1280x720 1280x1024 1600x1200 ${LARGE} 2592x1944`,
  ),
  // March 2020 to October 2024, and Tasmota
  sizes(
    `96x96 160x120 176x144 240x176 240x240 320x240 400x296 480x320 640x480 800x600 1024x768 1280x720 1280x1024 1600x1200 ${LARGE}`,
  ),
  // 2018 and 2019
  sizes(
    '160x120 128x160 176x144 240x176 320x240 400x296 640x480 800x600 1024x768 1280x1024 1600x1200 2048x1536',
  ),
];

/** The table of Tasmota, which all of its versions have. */
export const TASMOTA_SIZES: Table | undefined = TABLES[1];

const same = (a: PictureSize | undefined, b: PictureSize): boolean =>
  a?.width === b.width && a.height === b.height;

/** Sizes as text: what the API says and takes. */
export const sizeText = ({ width, height }: PictureSize): string => `${width}x${height}`;

/**
 * What one device's `framesize` numbers mean, learnt from the pictures that it sent under them. As long as more than one
 * table would explain what was seen, sizes that all of them have are known, though not yet their number.
 */
export class FrameSizes {
  readonly #seen = new Map<number, PictureSize>();
  #tables: readonly Table[];

  /** @param known its table, where the firmware is known to have that one */
  constructor(known?: Table) {
    this.#tables = known === undefined ? TABLES : [known];
  }

  /** Under `index`, the camera sent pictures of this size. @returns whether that was new, and can be. */
  learn(index: number, size: PictureSize): boolean {
    if (same(this.#seen.get(index), size)) return false;
    const tables = this.#tables.filter((table) => same(table[index], size));
    // Somebody else may have changed the size since the device told its number.
    if (tables.length === 0) return false;
    this.#seen.set(index, size);
    this.#tables = tables;
    return true;
  }

  /** The size that a number stands for, if that is known. */
  sizeOf(index: number): PictureSize | undefined {
    const seen = this.#seen.get(index);
    if (seen !== undefined) return seen;
    const [first, ...others] = this.#tables.map((table) => table[index]);
    return first !== undefined && others.every((other) => same(other, first)) ? first : undefined;
  }

  /** Numbers that may stand for a size, the likeliest first; none when it has no such size. */
  indexesOf(size: PictureSize): readonly number[] {
    const indexes = new Set<number>();
    for (const [index, seen] of this.#seen) if (same(seen, size)) indexes.add(index);
    if (indexes.size > 0) return [...indexes];
    for (const table of this.#tables) {
      const index = table.findIndex((each) => same(each, size));
      if (index !== -1 && !this.#seen.has(index)) indexes.add(index);
    }
    return [...indexes];
  }

  /** Sizes that it has as far as is known, the smallest first, up to so many pixels. */
  known(limits: { readonly maxPixels: number }): readonly PictureSize[] {
    const [first = [], ...others] = this.#tables;
    const agreed = first.filter(
      (size) => size !== undefined && others.every((table) => table.some((other) => same(other, size))),
    ) as PictureSize[];
    const all = new Map([...agreed, ...this.#seen.values()].map((size) => [sizeText(size), size]));
    return [...all.values()]
      .filter(({ width, height }) => width * height <= limits.maxPixels)
      .toSorted((a, b) => a.width * a.height - b.width * b.height || a.width - b.width);
  }
}
