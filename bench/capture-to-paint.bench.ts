import type { HarnessPage, SeenFrame } from '../test/support/harness/harness.ts';
import { delaysMs } from '../test/support/measure.ts';
import type { Bench, Figure } from './support/figure.ts';
import { pause } from './support/machine.ts';
import { openPage, openPinhole } from './support/open-page.ts';
import { median, quantile } from './support/statistics.ts';
import { WAYS, type Watching } from './support/watch-first-frame.ts';

const CAMERAS = 4;
const SETTLE_MS = 1500;
const MEASURE_MS = 5000;

/** A row of the table: what one way gave, perhaps by another clock. */
interface Account {
  readonly name: string;
  /** Taken off each delay: so many refreshes of the screen. */
  readonly refreshes: 0 | 1;
  /** Earlier work with an x264 encoder (1 to 2 ms) in place of the synthetic camera. */
  readonly targetMs?: { readonly p50: number; readonly p95: number };
}

const ACCOUNTS: Readonly<Record<(typeof WAYS)[number]['name'], readonly Account[]>> = {
  WebRTC: [{ name: 'WebRTC', refreshes: 0, targetMs: { p50: 16, p95: 33 } }],
  'WebSocket, WebCodecs': [
    { name: 'WebSocket, WebCodecs', refreshes: 0 },
    { name: 'WebSocket, WebCodecs, until drawn', refreshes: 1, targetMs: { p50: 14, p95: 16 } },
  ],
  'WebSocket, MSE': [{ name: 'WebSocket, MSE', refreshes: 0, targetMs: { p50: 45, p95: 62 } }],
};

/** How old the picture on the screen is. */
export const bench: Bench = {
  title: 'Capture to paint',
  about: `Chromium, the synthetic camera with 640×360 at 30 frames a second, ${(CAMERAS * MEASURE_MS) / 1000} s by each transport: from the moment a picture is drawn in the server, before it is encoded, to the moment it is on the screen by the browser's account, both read off the painted picture. A canvas is on the screen one refresh after it was drawn; earlier figures were taken when it was drawn, so that stands beside. ${CAMERAS} cameras each, started one after the other, as the phase of camera and screen shifts figures by up to 16.7 ms.`,
  needs: ['linux', 'chromium'],
  run: async (context) => {
    const ids = WAYS.map((_, way) => Array.from({ length: CAMERAS }, (__, i) => `camera-${way}-${i}`));
    const pinhole = await openPinhole(
      context,
      Object.fromEntries(ids.flat().map((id) => [id, 'synthetic:640x360@30'])),
    );
    const harness = await openPage(context, pinhole);
    const refreshMs = await refreshIntervalMs(harness);
    const figures: Figure[] = [];
    for (const [way, { name, watching }] of WAYS.entries()) {
      const frames: SeenFrame[] = [];
      for (const camera of ids[way] ?? []) frames.push(...(await watch(harness, camera, watching)));
      for (const account of ACCOUNTS[name]) figures.push(...figuresOf(frames, account, refreshMs));
    }
    return figures;
  },
};

function figuresOf(frames: readonly SeenFrame[], account: Account, refreshMs: number): readonly Figure[] {
  const { name, refreshes, targetMs } = account;
  const delays = delaysMs(frames).map((delay) => delay - refreshes * refreshMs);
  const delay = (measure: 'p50' | 'p95', share: number): Figure => ({
    name,
    measure,
    value: quantile(delays, share),
    unit: 'ms',
    ...(targetMs && { target: targetMs[measure] }),
  });
  const seconds = (CAMERAS * MEASURE_MS) / 1000;
  return [
    delay('p50', 0.5),
    delay('p95', 0.95),
    { name, measure: 'frames a second', value: frames.length / seconds, unit: 'frames/s' },
  ];
}

/** From one refresh of the screen to the next, as the page sees it. */
async function refreshIntervalMs({ page }: HarnessPage): Promise<number> {
  const refreshedAt = await page.evaluate(async () => {
    const times: number[] = [];
    while (times.length < 60) times.push(await new Promise(requestAnimationFrame));
    return times;
  });
  return median(refreshedAt.slice(1).map((at, i) => at - (refreshedAt[i] ?? at)));
}

/** Frames painted once the picture has settled. */
async function watch(
  harness: HarnessPage,
  camera: string,
  watching: Watching,
): Promise<readonly SeenFrame[]> {
  await harness.watch(camera, { camera, ...watching });
  await harness.until(camera, ({ frames }) => frames.length > 0);
  await pause(SETTLE_MS);
  await harness.report(camera);
  const startedAt = Date.now();
  await pause(MEASURE_MS);
  const { frames } = await harness.report(camera);
  await harness.stopWatching(camera);
  return frames.filter(({ paintedAt }) => paintedAt >= startedAt && paintedAt < startedAt + MEASURE_MS);
}
