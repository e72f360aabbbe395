import type { HarnessPage, SeenFrame } from '../../test/support/harness/harness.ts';
import { pause } from './machine.ts';
import type { Watching } from './watch-first-frame.ts';

const SETTLE_MS = 2000;

/** Frames painted once the picture has settled. */
export async function watchSettled(
  harness: HarnessPage,
  options: { readonly camera: string; readonly watching: Watching; readonly measureMs: number },
): Promise<readonly SeenFrame[]> {
  const { camera, watching, measureMs } = options;
  await harness.watch(camera, { camera, ...watching });
  await harness.until(camera, ({ frames }) => frames.length > 0);
  await pause(SETTLE_MS);
  await harness.report(camera);
  const startedAt = Date.now();
  await pause(measureMs);
  const { frames } = await harness.report(camera);
  await harness.stopWatching(camera);
  return frames.filter(({ paintedAt }) => paintedAt >= startedAt && paintedAt < startedAt + measureMs);
}
