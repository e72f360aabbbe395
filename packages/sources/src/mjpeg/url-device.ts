import { PinholeError } from '@pinhole/core';
import type { ControlValue } from '@pinhole/engine';
import type { CameraDevice } from './camera-device.ts';
import { type HttpTarget, targetInWords } from './http/http-target.ts';

/** A camera of which nothing is known but the address of its stream. */
export class UrlDevice implements CameraDevice {
  readonly kind = 'mjpeg';
  readonly label: string;
  readonly #target: HttpTarget;

  constructor(target: HttpTarget, label: string | undefined) {
    this.#target = target;
    this.label = label ?? targetInWords(target);
  }

  streams(): Promise<readonly HttpTarget[]> {
    return Promise.resolve([this.#target]);
  }

  connected(): void {}

  pictureCame(): void {}

  controls(): [] {
    return [];
  }

  values(): ReadonlyMap<string, ControlValue> {
    return new Map();
  }

  set(id: string): Promise<never> {
    return Promise.reject(
      new PinholeError(
        'control/unknown',
        `a camera that is known by the address of its stream alone has no control "${id}"`,
      ),
    );
  }
}
