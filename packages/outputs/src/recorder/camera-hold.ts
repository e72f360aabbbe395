import { Backoff, type Micros, micros, millis, millisToMicros } from '@pinhole/core';
import type { Camera } from '@pinhole/engine';
import { RecorderError } from './disk-fault.ts';

/** A camera whose source gave up is woken again after so long. */
const WAKE = { firstMs: millis(5000), maxMs: millis(60_000) };

/** Keeps a camera running, and wakes it: a source that gave up is started by whoever comes, and nobody comes at night. */
export class CameraHold {
  readonly #camera: Camera;
  readonly #wake = new Backoff(WAKE);
  #wakeAt = micros(0);
  #release: (() => void) | undefined;

  constructor(camera: Camera) {
    this.#camera = camera;
  }

  /** Wants the camera from now on. */
  hold(): void {
    this.#release ??= this.#camera.acquire();
  }

  /** Wants it no more. May be called again. */
  release(): void {
    this.#release?.();
    this.#release = undefined;
  }

  /** Wakes the camera when that is due. @returns why it has no picture, when it was woken for that */
  tick(now: Micros): RecorderError | undefined {
    const { state, id } = this.#camera;
    if (state.kind === 'live') this.#wake.reset();
    if (this.#release === undefined || (state.kind !== 'failed' && state.kind !== 'idle')) return undefined;
    if (this.#wake.tries > 0 && now < this.#wakeAt) return undefined;
    this.#wakeAt = micros(now + millisToMicros(this.#wake.next()));
    const release = this.#release;
    this.#release = this.#camera.acquire();
    release();
    if (state.kind === 'idle') return undefined;
    return new RecorderError('recorder/source', `camera "${id}" has no picture to record: ${state.why}`);
  }
}
