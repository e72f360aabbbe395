import type { Bench, Figure } from './support/figure.ts';
import { pause, steadyCpuRateOf } from './support/machine.ts';
import { openPinhole } from './support/open-page.ts';

const SETTLE_MS = 4000;
const MEASURE_SECONDS = 9;
const TARGET_PERCENT = 3;

/** What the built-in camera costs. */
export const bench: Bench = {
  title: 'The synthetic camera',
  about:
    'CPU of the program with one synthetic 720p30 camera that runs and that nobody watches, less that of the same program with the camera stopped; a share of one core, in the median second.',
  needs: ['linux'],
  run: async (context) => {
    const source = 'synthetic:1280x720@30';
    const stopped = await openPinhole(context, { test: source });
    const running = await openPinhole(context, { test: { source, always: true } });
    await pause(SETTLE_MS);
    const [idle, busy] = await Promise.all([
      steadyCpuRateOf(stopped.pid, MEASURE_SECONDS),
      steadyCpuRateOf(running.pid, MEASURE_SECONDS),
    ]);
    const share = (name: string, cpuMsPerSecond: number): Figure => ({
      name,
      measure: 'share of a core',
      value: cpuMsPerSecond / 10,
      unit: '%',
    });
    return [{ ...share('720p30', busy - idle), target: TARGET_PERCENT }, share('the program, idle', idle)];
  },
};
