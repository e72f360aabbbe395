import { PinholeError } from '@pinhole/core';
import type { ControlDescriptor, ControlValue } from '@pinhole/engine';
import type { PictureSize } from '@pinhole/media/jpeg';
import { outOfRange } from './control-table.ts';
import { type FrameSizes, sizeText } from './frame-sizes.ts';

/** What a size control works with. */
export interface SizeControlOptions {
  readonly sizes: FrameSizes;
  readonly maxPixels: () => number;
  /** Sets the device's number. @throws {PinholeError} `control/refused` */
  readonly send: (index: number) => Promise<void>;
  /** Waits for `ms`. */
  readonly wait: (ms: number) => Promise<void>;
}

/** So many pictures of one size in a row are the camera's answer; some of the old size may still be on their way. */
const SETTLED_PICTURES = 3;
const LOOK_EVERY_MS = 50;
const PATIENCE_MS = 3_000;
/** Pictures that were taken before the device was asked may come for so long. */
const IN_FLIGHT_MS = 500;

/** The control `size`: pixels to people, a number to the device, checked by the pictures that then come. */
export class SizeControl {
  readonly #options: SizeControlOptions;
  #index: number | undefined;
  #last: PictureSize | undefined;
  #inARow = 0;
  #settling = false;

  constructor(options: SizeControlOptions) {
    this.#options = options;
  }

  /** The device said that this number holds. */
  told(index: number): void {
    if (index === this.#index) return;
    this.#index = index;
    this.#inARow = 0;
  }

  /** A picture came. @returns whether something was learnt. */
  pictureCame(size: PictureSize): boolean {
    const again = size.width === this.#last?.width && size.height === this.#last.height;
    this.#inARow = again ? this.#inARow + 1 : 1;
    this.#last = size;
    const settled = this.#inARow === SETTLED_PICTURES && !this.#settling;
    if (!settled || this.#index === undefined) return !again;
    return this.#options.sizes.learn(this.#index, size) || !again;
  }

  descriptor(): ControlDescriptor | undefined {
    if (this.#index === undefined) return undefined;
    const texts = this.#options.sizes.known({ maxPixels: this.#options.maxPixels() }).map(sizeText);
    const now = this.value();
    return {
      id: 'size',
      label: 'Size',
      group: 'Picture',
      help: 'Larger pictures come more rarely; one too large for the memory of the camera stops it',
      applies: 'live',
      risky: true,
      kind: 'menu',
      options: texts.map((value) => ({ value, label: value.replace('x', ' × ') })),
      default: now ?? texts[0] ?? '',
    };
  }

  /** What holds now: what the pictures show, else what the device's number means. */
  value(): string | undefined {
    if (this.#last !== undefined) return sizeText(this.#last);
    const told = this.#index === undefined ? undefined : this.#options.sizes.sizeOf(this.#index);
    return told && sizeText(told);
  }

  /**
   * Sets a size. While pictures come, it is one of them that proves it; a number that turns out to mean another size
   * teaches that, and the next candidate is tried.
   * @throws {PinholeError} `control/out-of-range`, `control/refused`
   */
  async set(value: ControlValue): Promise<void> {
    const { sizes, send } = this.#options;
    const wanted = this.#parse(value);
    if (this.#last !== undefined && sizeText(this.#last) === sizeText(wanted)) return;
    const tried = new Set<number>();
    for (;;) {
      const index = sizes.indexesOf(wanted).find((each) => !tried.has(each));
      if (index === undefined) break;
      tried.add(index);
      await send(index);
      const came = await this.#settled(index);
      if (came === undefined || sizeText(came) === sizeText(wanted)) return;
    }
    throw new PinholeError(
      'control/refused',
      `size ${sizeText(wanted)}: the camera sends ${this.#last ? sizeText(this.#last) : 'nothing'} instead`,
    );
  }

  #parse(value: ControlValue): PictureSize {
    const [, width, height] = /^(\d{2,4})x(\d{2,4})$/.exec(String(value)) ?? [];
    const size = { width: Number(width), height: Number(height) };
    const { sizes, maxPixels } = this.#options;
    if (sizes.indexesOf(size).length > 0 && size.width * size.height <= maxPixels()) return size;
    const known = sizes.known({ maxPixels: maxPixels() }).map(sizeText);
    throw outOfRange('size', value, `use one of ${known.join(', ')}`);
  }

  /** The size that pictures have after a number was set; undefined while none come. */
  async #settled(index: number): Promise<PictureSize | undefined> {
    const { wait, sizes } = this.#options;
    const before = this.#last;
    this.#index = index;
    if (before === undefined) return undefined;
    this.#settling = true; // what is on its way teaches nothing
    await wait(IN_FLIGHT_MS);
    this.#settling = false;
    this.#inARow = 0;
    for (let waitedMs = 0; this.#inARow < SETTLED_PICTURES; waitedMs += LOOK_EVERY_MS) {
      if (waitedMs >= PATIENCE_MS)
        throw new PinholeError('control/refused', 'size: the camera sends no more pictures since');
      await wait(LOOK_EVERY_MS);
    }
    if (this.#last) sizes.learn(index, this.#last);
    return this.#last;
  }
}
