import { join } from 'node:path';
import { bundled } from '../test/support/bundle.ts';
import { openChromium } from '../test/support/chromium.ts';
import { openHarness, type SeenFrame } from '../test/support/harness/harness.ts';
import { startPinhole } from '../test/support/pinhole.ts';
import type { RaspicamReport } from '../test/support/raspicam/page.ts';
import type { Bench, Figure } from './support/figure.ts';
import { pause } from './support/machine.ts';
import { quantile } from './support/statistics.ts';
import { WAYS } from './support/watch-first-frame.ts';

const JMUXER = "jMuxer in raspicam's page";
const RASPICAM_PAGE = join(import.meta.dirname, '../test/support/raspicam/page.ts');
const SETTLE_MS = 5000;
const LOOK_EVERY_MS = 1000;
const MINUTE_MS = 60_000;
/** By the phase between camera and screen the delay moves within a frame; more would be growth. */
const FRAME_MS = 1000 / 30;

/** Whether players fall behind as time passes. */
export const bench: Bench = {
  title: 'Delay of players as time passes',
  about:
    "Chromium, one page in which all players play the synthetic camera at the same time, 640×360 at 30 frames a second; beside them jMuxer, fed from `/ws/` as raspicam's page does it. From capture to paint, in the median of the first and of the last of so many minutes (`--minutes`).",
  needs: ['linux', 'chromium'],
  run: async (context) => {
    const pinhole = await startPinhole({
      args: ['--camera', 'test=synthetic:640x360@30', '--anonymous', 'view'],
    });
    context.defer(() => pinhole.dispose());
    // A player that is not in view is not painted.
    const browser = await openChromium({ viewport: { width: 1300, height: 1700 } });
    context.defer(() => browser.close());
    const harness = await openHarness(browser, pinhole);
    const seen = new Map<string, SeenFrame[]>(
      [...WAYS.map(({ name }) => name), JMUXER].map((name) => [name, []]),
    );
    for (const { name, watching } of WAYS) await harness.watch(name, { camera: 'test', ...watching });
    await harness.page.evaluate(await bundled(RASPICAM_PAGE));
    const look = async (): Promise<void> => {
      for (const { name } of WAYS) seen.get(name)?.push(...(await harness.report(name)).frames);
      const { frames } = await harness.page.evaluate(() =>
        (window as never as { raspicamReport: () => RaspicamReport }).raspicamReport(),
      );
      seen.get(JMUXER)?.push(...frames);
    };
    await pause(SETTLE_MS);
    await look();
    for (const frames of seen.values()) frames.length = 0;
    const startedAt = Date.now();
    const endsAt = startedAt + context.minutes * MINUTE_MS;
    while (Date.now() < endsAt) {
      await pause(LOOK_EVERY_MS);
      await look();
    }
    return [...seen].flatMap(([name, frames]) => rowOf(name, frames, { startedAt, endsAt }));
  },
};

function rowOf(
  name: string,
  frames: readonly SeenFrame[],
  { startedAt, endsAt }: { readonly startedAt: number; readonly endsAt: number },
): readonly Figure[] {
  const within = (from: number): readonly number[] =>
    frames
      .filter(({ paintedAt }) => paintedAt >= from && paintedAt < from + MINUTE_MS)
      .map(({ captureTime, paintedAt }) => paintedAt - captureTime / 1000);
  const [first, last] = [within(startedAt), within(endsAt - MINUTE_MS)];
  const figure = (measure: string, value: number): Figure => ({ name, measure, value, unit: 'ms' });
  return [
    figure('first minute p50', quantile(first, 0.5)),
    figure('last minute p50', quantile(last, 0.5)),
    figure('last minute p95', quantile(last, 0.95)),
    {
      ...figure('grew by', quantile(last, 0.5) - quantile(first, 0.5)),
      ...(name !== JMUXER && { target: FRAME_MS }),
    },
    { name, measure: 'frames a second, last minute', value: last.length / 60, unit: 'frames/s' },
  ];
}
