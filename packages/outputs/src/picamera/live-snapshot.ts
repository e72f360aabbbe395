import { setTimeout as sleep } from 'node:timers/promises';
import { type Micros, micros, PinholeError } from '@pinhole/core';
import type { Camera } from '@pinhole/engine';
import type { Snapshots } from '../snapshot/snapshots.ts';

/** How long a snapshot may wait for a camera that is just being started. */
const START_PATIENCE = micros(8_000_000);
const LOOK_AGAIN_MS = 40;

/**
 * The newest picture of a camera as a JPEG file; starts a camera that nobody watches. A camera that makes JPEG itself gives its
 * picture as it is, whatever the quality: no encoder has to run for it.
 *
 * @param quality 0 (smallest) to 100 (best)
 * @throws {PinholeError} `camera/not-live`, `snapshot/*`
 */
export async function liveSnapshot(
  camera: Camera,
  options: {
    readonly quality: number;
    readonly snapshots: Pick<Snapshots, 'take'>;
    readonly now: () => Micros;
    readonly signal: AbortSignal;
  },
): Promise<Uint8Array> {
  const { snapshots, now, signal } = options;
  const kind = camera.description.jpeg ? 'pictures' : 'units';
  const release = camera.acquire(kind);
  try {
    const deadline = micros(now() + START_PATIENCE);
    if (kind === 'pictures') return (await camera.picture({ deadline })).data;
    await camera.ready({ deadline });
    const quality = Math.max(1, options.quality);
    for (;;) {
      try {
        return (await snapshots.take(camera.stream, { quality })).jpeg;
      } catch (thrown) {
        if (!isPassing(thrown) || now() >= deadline || signal.aborted) throw thrown;
        await sleep(LOOK_AGAIN_MS);
      }
    }
  } finally {
    release();
  }
}

/** A source that was just started again is ready before its first new picture; others may have snapshots taken now. */
const isPassing = (thrown: unknown): boolean =>
  thrown instanceof PinholeError && ['snapshot/no-picture', 'snapshot/busy'].includes(thrown.code);
