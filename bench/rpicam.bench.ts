import { type FakeRpicam, withFakeRpicam } from '../test/support/fake-rpicam/fake-rpicam.ts';
import type { HarnessPage, SeenFrame } from '../test/support/harness/harness.ts';
import type { Bench, Figure } from './support/figure.ts';
import { pause } from './support/machine.ts';
import { openPage, openPinhole } from './support/open-page.ts';
import { quantile } from './support/statistics.ts';
import { WAYS } from './support/watch-first-frame.ts';
import { watchSettled } from './support/watch-settled.ts';

const RATES = [30, 60] as const;
const ENCODE_MS = 10;
const MEASURE_MS = 8000;
const KILLS = 4;
/** Longer than a capture has to live for the next one to be started at once. */
const STEADY_MS = 10_500;
const BACK_PATIENCE_MS = 20_000;

/** A Raspberry Pi camera, from the sensor to the screen. */
export const bench: Bench = {
  title: 'A Raspberry Pi camera in the browser',
  about: `Chromium, and the stand-in for \`rpicam-vid\` in a process of its own: 640×360, ${ENCODE_MS} ms from a picture's capture to its bytes as on a Pi 4, which are in all figures; ${MEASURE_MS / 1000} s by each transport. Killed: from \`kill -9\` of the capture program to the first painted picture that was captured after it, ${KILLS} times; the stand-in takes some 0.6 s from its start to its first picture, a real one takes about as long.`,
  needs: ['linux', 'chromium'],
  run: async (context) => {
    const fake = await withFakeRpicam({
      FAKE_RPICAM_ENCODE_MS: String(ENCODE_MS),
      FAKE_RPICAM_START_MS: '300',
    });
    context.defer(() => fake.remove());
    // Two cameras, as one cannot be opened twice.
    const cameras = Object.fromEntries(
      RATES.map((rate, i) => [`at-${rate}`, `rpicam:${i}?size=640x360&fps=${rate}&by=program`]),
    );
    const pinhole = await openPinhole(context, cameras, { env: fake.env });
    const harness = await openPage(context, pinhole);
    const figures: Figure[] = [];
    for (const rate of RATES)
      for (const { name, watching } of WAYS) {
        const frames = await watchSettled(harness, {
          camera: `at-${rate}`,
          watching,
          measureMs: MEASURE_MS,
        });
        figures.push(...paintFigures(`${rate} fps, ${name}`, frames));
      }
    return [...figures, ...(await killed(fake, harness))];
  },
};

function paintFigures(name: string, frames: readonly SeenFrame[]): readonly Figure[] {
  const delays = frames.map(({ captureTime, paintedAt }) => paintedAt - captureTime / 1000);
  return [
    { name, measure: 'p50', value: quantile(delays, 0.5), unit: 'ms' },
    { name, measure: 'p95', value: quantile(delays, 0.95), unit: 'ms' },
    {
      name,
      measure: 'frames a second',
      value: (frames.length * 1000) / MEASURE_MS,
      unit: 'frames/s',
    },
  ];
}

async function killed(fake: FakeRpicam, harness: HarnessPage): Promise<readonly Figure[]> {
  const camera = `at-${RATES[0]}`;
  const delays = new Map<string, number[]>();
  for (const { name, watching } of WAYS) await harness.watch(name, { camera, ...watching });
  for (let i = 0; i < KILLS; i++) {
    await pause(STEADY_MS);
    for (const { name } of WAYS) await harness.report(name);
    const at = performance.timeOrigin + performance.now();
    const pid = fake.starts().findLast(({ words }) => words.includes('30'))?.pid;
    if (pid === undefined) throw new Error('no capture program runs');
    process.kill(pid, 'SIGKILL');
    const isNew = ({ captureTime }: SeenFrame): boolean => captureTime / 1000 > at;
    for (const { name } of WAYS) {
      const { frames } = await harness.until(name, (watched) => watched.frames.some(isNew), {
        patienceMs: BACK_PATIENCE_MS,
      });
      const back = frames.find(isNew)?.paintedAt ?? Number.NaN;
      delays.set(name, [...(delays.get(name) ?? []), back - at]);
    }
  }
  for (const { name } of WAYS) await harness.stopWatching(name);
  return [...delays].flatMap(([name, all]) => [
    { name: `killed, ${name}`, measure: 'p50', value: quantile(all, 0.5), unit: 'ms' as const },
    { name: `killed, ${name}`, measure: 'p95', value: quantile(all, 0.95), unit: 'ms' as const },
  ]);
}
