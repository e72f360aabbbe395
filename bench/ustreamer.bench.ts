import { randomBytes } from 'node:crypto';
import { createUstreamerSource } from '@pinhole/sources/ustreamer';
import type { SlotWriterCalls } from './children/slot-writer.ts';
import { openChild } from './support/child.ts';
import type { Bench, BenchContext, Figure } from './support/figure.ts';
import { pause } from './support/machine.ts';
import { quantile } from './support/statistics.ts';
import { watchSource } from './support/watched-source.ts';

const RATES = [30, 60] as const;
const SETTLE_MS = 2000;
const MEASURE_MS = 10_000;

/** How long a picture takes out of the shared memory of µStreamer. */
export const bench: Bench = {
  title: 'From a slot of µStreamer to the access unit',
  about:
    'Another process writes a 4 Mbit/s 1080p film into a slot of shared memory (layout of µStreamer 6.46). From the moment before it writes a picture to that picture’s being handed over as an access unit; the slot is looked at every millisecond. CPU of the thread that looks, of one core.',
  needs: ['linux', 'ffmpeg'],
  run: async (context) => {
    const figures: Figure[] = [];
    for (const framesPerSecond of RATES) figures.push(...(await measure(context, framesPerSecond)));
    return figures;
  },
};

async function measure(context: BenchContext, framesPerSecond: number): Promise<readonly Figure[]> {
  const slot = `pinhole-bench-${randomBytes(6).toString('hex')}::h264`;
  const writer = await openChild<SlotWriterCalls>(context, 'slot-writer');
  await writer.ask('write', { name: slot, framesPerSecond });
  const source = createUstreamerSource({ name: slot });
  const watched = watchSource(context, source, { wants: 'units' });
  await pause(SETTLE_MS);
  const [first, before, startedAt] = [watched.units.length, source.counters.cpuMicros, performance.now()];
  await pause(MEASURE_MS);
  const cpuShare = (source.counters.cpuMicros - before) / 1000 / (performance.now() - startedAt);
  const delays = watched.units.slice(first).map(({ media, at }) => at - media.captureTime / 1000);
  await watched.stop();
  await writer.ask('stop');
  await writer.close();
  const name = `${framesPerSecond} pictures a second`;
  return [
    { name, measure: 'p50', value: quantile(delays, 0.5), unit: 'ms' },
    { name, measure: 'p99', value: quantile(delays, 0.99), unit: 'ms' },
    { name, measure: 'CPU of the reading thread', value: cpuShare * 100, unit: '%' },
    { name, measure: 'arrived', value: (delays.length * 1000) / MEASURE_MS, unit: 'frames/s' },
  ];
}
