import type { Bench, Figure } from './support/figure.ts';
import { openPage, openPinhole } from './support/open-page.ts';
import { notePictures, type PictureTimes, pictureTimes } from './support/picture-times.ts';
import { quantile } from './support/statistics.ts';
import { WAYS } from './support/watch-first-frame.ts';
import { watchSettled } from './support/watch-settled.ts';

const CAMERAS = 4;
const MEASURE_MS = 5000;

/** Earlier work with an x264 encoder (1 to 2 ms) in place of the synthetic camera, by the page's own account. */
const SEEN_TARGETS_MS: Readonly<
  Record<(typeof WAYS)[number]['name'], { readonly p50: number; readonly p95: number }>
> = {
  WebRTC: { p50: 16, p95: 33 },
  'WebSocket, WebCodecs': { p50: 14, p95: 16 },
  'WebSocket, MSE': { p50: 45, p95: 62 },
};

/** How old the picture on the screen is. */
export const bench: Bench = {
  title: 'Capture to paint',
  about: `Chromium, the synthetic camera with 640×360 at 30 frames a second, ${(CAMERAS * MEASURE_MS) / 1000} s by each transport; from the moment a picture is drawn in the server, before it is encoded. Decoded: the browser has the picture. Seen: the page's script is told of it, by the video's frame callback or the animation frame in which it draws the canvas; earlier figures are of this kind. Painted: on the screen, by the browser's account. After decoding a picture waits for the screen, for how long depends on the phase between camera and screen: ${CAMERAS} cameras each, started one after the other, give the mean.`,
  needs: ['linux', 'chromium'],
  run: async (context) => {
    const ids = WAYS.map((_, way) => Array.from({ length: CAMERAS }, (__, i) => `camera-${way}-${i}`));
    const pinhole = await openPinhole(
      context,
      Object.fromEntries(ids.flat().map((id) => [id, 'synthetic:640x360@30'])),
    );
    const harness = await openPage(context, pinhole);
    await notePictures(harness);
    const figures: Figure[] = [];
    for (const [way, { name, watching }] of WAYS.entries()) {
      const times: PictureTimes[] = [];
      let frames = 0;
      for (const camera of ids[way] ?? []) {
        const seen = await watchSettled(harness, { camera, watching, measureMs: MEASURE_MS });
        frames += seen.length;
        times.push(...(await pictureTimes(harness, seen)));
      }
      figures.push(...figuresOf(name, times, (frames * 1000) / (CAMERAS * MEASURE_MS)));
    }
    return figures;
  },
};

function figuresOf(
  name: (typeof WAYS)[number]['name'],
  times: readonly PictureTimes[],
  framesPerSecond: number,
): readonly Figure[] {
  const delay = (measure: string, delays: readonly number[], share: number): Figure => ({
    name,
    measure,
    value: quantile(delays, share),
    unit: 'ms',
  });
  const decoded = times.map(({ decodedMs }) => decodedMs);
  const seen = times.map(({ seenMs }) => seenMs);
  const painted = times.map(({ paintedMs }) => paintedMs);
  const { p50, p95 } = SEEN_TARGETS_MS[name];
  return [
    delay('decoded p50', decoded, 0.5),
    delay('decoded p95', decoded, 0.95),
    { ...delay('seen p50', seen, 0.5), target: p50 },
    { ...delay('seen p95', seen, 0.95), target: p95 },
    delay('painted p50', painted, 0.5),
    delay('painted p95', painted, 0.95),
    { name, measure: 'frames a second', value: framesPerSecond, unit: 'frames/s' },
  ];
}
