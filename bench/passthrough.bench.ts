import { join } from 'node:path';
import { clipUrl, openAudience, TRANSPORTS } from './support/audience.ts';
import { CAMERA_CLIP, clipFile } from './support/clip.ts';
import type { Bench, Figure } from './support/figure.ts';
import { pause, steadyCpuRateOf } from './support/machine.ts';
import { openPinhole } from './support/open-page.ts';

const RATES_KBPS = [2000, 8000, 16_000] as const;
const SETTLE_MS = 3000;
const MEASURE_SECONDS = 7;

/** What H.264 costs that is only passed on. */
export const bench: Bench = {
  title: 'H.264 passed through',
  about: `CPU of the program alone (not of the capture program) while a 1080p30 camera of a Raspberry Pi runs, played from a clip by a stand-in for \`rpicam-vid\` through a pipe, with time stamps; in the median of ${MEASURE_SECONDS} seconds. With nobody watching, and with one viewer. The last column: what each Mbit/s more costs, from ${RATES_KBPS[0] / 1000} to ${(RATES_KBPS.at(-1) ?? 0) / 1000} Mbit/s.`,
  needs: ['linux', 'ffmpeg'],
  run: async (context) => {
    const clips = Object.fromEntries(
      RATES_KBPS.map((kbps) => {
        const clip = { ...CAMERA_CLIP, name: `camera-1080p30-${kbps}`, bitrateKbps: kbps };
        return [`BENCH_CLIP_${kbps}`, clipFile(clip)];
      }),
    );
    const command = join(import.meta.dirname, 'support/clip-rpicam/rpicam-vid');
    const rates = new Map<string, number[]>();
    for (const kbps of RATES_KBPS) {
      const source = `rpicam:0?size=1920x1080&fps=30&bitrate=${kbps}k&by=program&encoder=hardware&command=${command}`;
      const pinhole = await openPinhole(context, { clip: { source, always: true } }, { env: clips });
      const note = async (name: string): Promise<void> => {
        await pause(SETTLE_MS);
        const rate = await steadyCpuRateOf(pinhole.pid, MEASURE_SECONDS);
        rates.set(name, [...(rates.get(name) ?? []), rate]);
      };
      await note('nobody watches');
      for (const transport of TRANSPORTS) {
        const audience = await openAudience(context, transport, {
          url: clipUrl(pinhole, transport),
          token: pinhole.token,
        });
        await audience.resize(1);
        await note(`one viewer by ${transport}`);
        await audience.close();
      }
      await pinhole.dispose();
    }
    return [...rates].flatMap(([name, all]) => rowOf(name, all));
  },
};

/** CPU milliseconds a second at each bit rate, and their slope. */
function rowOf(name: string, cpuMsPerSecond: readonly number[]): readonly Figure[] {
  const first = RATES_KBPS[0];
  const last = RATES_KBPS.at(-1) ?? first;
  const more = (cpuMsPerSecond.at(-1) ?? Number.NaN) - (cpuMsPerSecond[0] ?? Number.NaN);
  return [
    ...RATES_KBPS.map((kbps, i) => ({
      name,
      measure: `${kbps / 1000} Mbit/s, share of a core`,
      value: (cpuMsPerSecond[i] ?? Number.NaN) / 10,
      unit: '%' as const,
    })),
    {
      name,
      measure: 'CPU a second for each Mbit/s more',
      value: more / ((last - first) / 1000),
      unit: 'ms',
    },
  ];
}
