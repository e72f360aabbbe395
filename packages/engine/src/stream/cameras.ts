import { PinholeError } from '@pinhole/core';
import type { Camera } from './camera.ts';

/** All cameras by id: those of the configuration in its order, then those that came later. */
export class Cameras {
  readonly #byId = new Map<string, Camera>();

  constructor(cameras: Iterable<Camera> = []) {
    for (const camera of cameras) this.add(camera);
  }

  /** @throws {PinholeError} `camera/duplicate` */
  add(camera: Camera): void {
    if (this.#byId.has(camera.id)) {
      throw new PinholeError('camera/duplicate', `two cameras are called "${camera.id}"; rename one`);
    }
    this.#byId.set(camera.id, camera);
  }

  /** Takes a camera out; whoever holds it closes it. */
  remove(id: string): void {
    this.#byId.delete(id);
  }

  get(id: string): Camera | undefined {
    return this.#byId.get(id);
  }

  list(): readonly Camera[] {
    return [...this.#byId.values()];
  }

  /** Does what has come due in every camera. Called a few times a second. */
  tick(): void {
    for (const camera of this.#byId.values()) camera.tick();
  }

  /** Stops every source. */
  async close(): Promise<void> {
    await Promise.all(this.list().map((camera) => camera.close()));
  }
}
