import type { Bench } from './support/figure.ts';
import { cpuRateOf, loadOf, pause } from './support/machine.ts';
import { openPinhole } from './support/open-page.ts';

const SETTLE_MS = 4000;
const MEASURE_MS = 8000;
const TARGET_PERCENT = 3;

/** What the built-in camera costs. */
export const bench: Bench = {
  title: 'The synthetic camera',
  about:
    'CPU of the program with one synthetic 720p30 camera that runs and that nobody watches, less that of the same program with the camera stopped; a share of one core.',
  needs: ['linux'],
  run: async (context) => {
    const source = 'synthetic:1280x720@30';
    const stopped = await openPinhole(context, { test: source });
    const running = await openPinhole(context, { test: { source, always: true } });
    await pause(SETTLE_MS);
    const [idle, busy] = await Promise.all([
      loadOf(stopped.pid, MEASURE_MS),
      loadOf(running.pid, MEASURE_MS),
    ]);
    const percent = (cpuRateOf(busy) - cpuRateOf(idle)) / 10;
    return [
      { name: '720p30', measure: 'share of a core', value: percent, unit: '%', target: TARGET_PERCENT },
      { name: 'the program, idle', measure: 'share of a core', value: cpuRateOf(idle) / 10, unit: '%' },
    ];
  },
};
