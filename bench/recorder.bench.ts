import type { RecordersCalls } from './children/recorders.ts';
import { openChild } from './support/child.ts';
import { CAMERA_CLIP, type ClipFormat, clipFile, LONG_GOP_CLIP } from './support/clip.ts';
import type { Bench, BenchContext, Figure } from './support/figure.ts';
import { pause, steadyCpuRateOf } from './support/machine.ts';

const CAMERAS = 8;
const SEGMENT_SECONDS = 10;
const SETTLE_MS = 4000;
const MEASURE_SECONDS = 15;
const OVERHEAD_TARGET_PERCENT = 1;

/** What recording costs. */
export const bench: Bench = {
  title: 'Recording',
  about: `${CAMERAS} cameras that play a clip from memory, recorded to the disk of the temporary folder with a sync a second, in files of ${SEGMENT_SECONDS} s (a sixth of the usual length, so six times the headers), without stills. CPU: in the median second, less that of the same cameras not recorded, for one camera. Written: the files against the bytes of the stream as it came.`,
  needs: ['linux', 'ffmpeg'],
  run: async (context) => [
    ...(await measure(context, '1080p30, 4 Mbit/s', CAMERA_CLIP)),
    ...(await measure(context, '360p30, 1 Mbit/s', LONG_GOP_CLIP)),
  ],
};

async function measure(context: BenchContext, name: string, format: ClipFormat): Promise<readonly Figure[]> {
  const { framesPerSecond } = format;
  const clip = { path: clipFile(format), framesPerSecond, cameras: CAMERAS, segmentSeconds: SEGMENT_SECONDS };
  const rates: { [Mode in 'off' | 'background']?: number } = {};
  const written = { streamBytes: 0, fileBytes: 0, dropped: 0, seconds: 0 };
  for (const mode of ['off', 'background'] as const) {
    const child = await openChild<RecordersCalls>(context, 'recorders');
    const startedAt = performance.now();
    await child.ask('open', { ...clip, mode });
    await pause(SETTLE_MS);
    rates[mode] = await steadyCpuRateOf(child.pid, MEASURE_SECONDS);
    written.seconds = (performance.now() - startedAt) / 1000;
    Object.assign(written, await child.ask('close'));
    await child.close();
  }
  const { streamBytes, fileBytes, dropped, seconds } = written;
  if (dropped > 0) throw new Error(`${dropped} pictures were left out: the disk is too slow for this`);
  const cpuMsPerSecond = ((rates.background ?? 0) - (rates.off ?? 0)) / CAMERAS;
  return [
    { name, measure: 'CPU, share of a core', value: cpuMsPerSecond / 10, unit: '%' },
    { name, measure: 'written an hour', value: ((fileBytes / CAMERAS) * 3600) / seconds / 1e6, unit: 'MB' },
    {
      name,
      measure: 'beyond the stream',
      value: (fileBytes / streamBytes - 1) * 100,
      unit: '%',
      target: OVERHEAD_TARGET_PERCENT,
    },
  ];
}
