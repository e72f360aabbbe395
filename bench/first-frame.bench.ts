import type { HarnessPage } from '../test/support/harness/harness.ts';
import { clipFile, LONG_GOP_CLIP } from './support/clip.ts';
import type { Bench, Figure } from './support/figure.ts';
import { pause } from './support/machine.ts';
import { openPage, openPinhole } from './support/open-page.ts';
import { quantile } from './support/statistics.ts';
import { type FirstFrame, noteTimes, WAYS, watchFirstFrame } from './support/watch-first-frame.ts';

const WARM_RUNS = 12;
const COLD_RUNS = 6;
const BETWEEN_RUNS_MS = 150;

/** Where in a GOP of 300 pictures somebody joins, and by which of {@link WAYS}. */
const JOINS = [
  { picture: 120, way: 0 },
  { picture: 147, way: 1 },
  { picture: 174, way: 0 },
  { picture: 201, way: 1 },
  { picture: 228, way: 0 },
  { picture: 255, way: 1 },
] as const;

/** Earlier work: offer to first painted frame with a cached GOP, 720p30. */
const OFFER_TARGET_MS = { p50: 83, p95: 136 } as const;
/** What the project promises for somebody who joins in the middle of a long GOP. */
const LONG_GOP_TARGET_MS = 500;

/** How soon somebody sees something. */
export const bench: Bench = {
  title: 'First picture',
  about: `Chromium, 640×360 at 30 frames a second. Painted: from the moment the player is opened until the first picture is on the screen, by the browser's account. With WebRTC also from the browser's offer until the page is told of the picture, as earlier figures were. Warm: the camera runs already, ${WARM_RUNS} times. Cold: nobody watched it before, ${COLD_RUNS} times. The last rows: three viewers each who join a camera that makes one key frame in ten seconds, and none on request, four to nine seconds after that key frame.`,
  needs: ['linux', 'chromium', 'ffmpeg'],
  run: async (context) => {
    const cold = WAYS.flatMap((_, way) =>
      Array.from({ length: COLD_RUNS }, (__, run) => coldCamera(way, run)),
    );
    const pinhole = await openPinhole(context, {
      warm: { source: 'synthetic:640x360@30', always: true },
      old: { source: `file:${clipFile(LONG_GOP_CLIP)}`, always: true },
      ...Object.fromEntries(cold.map((id) => [id, 'synthetic:640x360@30'])),
    });
    const harness = await openPage(context, pinhole);
    await noteTimes(harness);
    // The first connection of a page and of a program is slower, and nobody's figure.
    for (const { watching } of WAYS) await watchFirstFrame(harness, 'warm', watching);

    const figures: Figure[] = [];
    for (const { name, watching } of WAYS) {
      const runs = await times(WARM_RUNS, () => watchFirstFrame(harness, 'warm', watching));
      figures.push(...figuresOf(`warm, ${name}`, runs, name === 'WebRTC' ? { offer: OFFER_TARGET_MS } : {}));
    }
    for (const [way, { name, watching }] of WAYS.entries()) {
      const runs = await times(COLD_RUNS, (run) => watchFirstFrame(harness, coldCamera(way, run), watching));
      figures.push(...figuresOf(`cold, ${name}`, runs));
    }
    return [...figures, ...(await joinLongGop(harness))];
  },
};

const coldCamera = (way: number, run: number): string => `cold-${way}-${run}`;

async function joinLongGop(harness: HarnessPage): Promise<readonly Figure[]> {
  const { framesPerSecond, gopFrames } = LONG_GOP_CLIP;
  const seen = await watchFirstFrame(harness, 'old', WAYS[0].watching);
  const untilPicture = (picture: number): Promise<void> => {
    const since = ((Date.now() - seen.paintedAt) * framesPerSecond) / 1000;
    const ahead = (picture - seen.frameNumber - since) % gopFrames;
    return pause((((ahead + gopFrames) % gopFrames) * 1000) / framesPerSecond);
  };
  const runs = WAYS.map((): FirstFrame[] => []);
  for (const { picture, way } of JOINS) {
    await untilPicture(picture);
    runs[way]?.push(await watchFirstFrame(harness, 'old', WAYS[way].watching));
  }
  return WAYS.flatMap(({ name }, way) => {
    const joined = runs[way] ?? [];
    const slowest = { p95: LONG_GOP_TARGET_MS };
    return joined.length === 0 ? [] : figuresOf(`10 s GOP, ${name}`, joined, { painted: slowest });
  });
}

async function times(count: number, run: (index: number) => Promise<FirstFrame>): Promise<FirstFrame[]> {
  const runs: FirstFrame[] = [];
  for (let i = 0; i < count; i++) {
    runs.push(await run(i));
    await pause(BETWEEN_RUNS_MS);
  }
  return runs;
}

interface Targets {
  readonly p50?: number;
  readonly p95?: number;
}

function figuresOf(
  name: string,
  runs: readonly FirstFrame[],
  targets: { readonly painted?: Targets; readonly offer?: Targets } = {},
): readonly Figure[] {
  const figure = (measure: string, value: number, target: number | undefined): Figure => ({
    name,
    measure,
    value,
    unit: 'ms',
    ...(target !== undefined && { target }),
  });
  const pair = (what: string, delays: readonly number[], { p50, p95 }: Targets = {}): readonly Figure[] => [
    figure(`${what} p50`, quantile(delays, 0.5), p50),
    figure(`${what} p95`, quantile(delays, 0.95), p95),
  ];
  const painted = runs.map(({ paintedMs }) => paintedMs);
  const offered = runs.flatMap(({ offerToSeenMs }) => (offerToSeenMs === undefined ? [] : [offerToSeenMs]));
  return [
    ...pair('painted', painted, targets.painted),
    ...(offered.length > 0 ? pair('offer to seen', offered, targets.offer) : []),
  ];
}
