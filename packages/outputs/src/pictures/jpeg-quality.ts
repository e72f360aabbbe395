import { PinholeError } from '@pinhole/core';
import {
  type Adjustable,
  type ControlDescriptor,
  type ControlValue,
  checkControlValue,
} from '@pinhole/engine';

/** Good enough for a person to see no harm in it. */
const DEFAULT_JPEG_QUALITY = 75;

const ID = 'jpeg-quality';

const CONTROL: ControlDescriptor = {
  id: ID,
  label: 'Quality of MJPEG',
  group: 'Stream',
  help: 'Of the JPEG pictures that are made of H.264 here. Lower costs fewer bits; H.264 stays as it is.',
  kind: 'range',
  applies: 'live',
  min: 5,
  max: 100,
  step: 5,
  unit: '%',
  default: DEFAULT_JPEG_QUALITY,
};

/** How good the JPEG pictures are that are made of a camera's H.264, as a control of the camera. */
export class JpegQuality implements Adjustable {
  readonly #makesJpeg: () => boolean;
  readonly #listeners = new Set<(quality: number) => void>();
  #value = DEFAULT_JPEG_QUALITY;

  /** @param makesJpeg whether the camera makes JPEG itself: then nothing is made here, and there is no control */
  constructor(makesJpeg: () => boolean) {
    this.#makesJpeg = makesJpeg;
  }

  /** 1 (smallest) to 100 (best). */
  get value(): number {
    return this.#value;
  }

  /**
   * Calls `listener` at each change.
   * @returns a function that ends it
   */
  follow(listener: (quality: number) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  controls(): readonly ControlDescriptor[] {
    return this.#makesJpeg() ? [] : [CONTROL];
  }

  controlValues(): ReadonlyMap<string, ControlValue> {
    return this.#makesJpeg() ? new Map() : new Map([[ID, this.#value]]);
  }

  setControl(id: string, value: ControlValue): Promise<void> {
    if (id !== ID)
      return Promise.reject(new PinholeError('control/unknown', `no control "${id}": use ${ID}`));
    try {
      checkControlValue(CONTROL, value);
    } catch (thrown) {
      return Promise.reject(thrown as PinholeError);
    }
    this.#value = Number(value);
    for (const listener of this.#listeners) listener(this.#value);
    return Promise.resolve();
  }
}
