import { randomBytes } from 'node:crypto';
import { liveSubprotocols, parseLiveFrame } from '@pinhole/protocol/live';
import { createUstreamerSource } from '@pinhole/sources/ustreamer';
import { WebSocket } from 'ws';
import type { SlotServerCalls } from './children/slot-server.ts';
import type { SlotWriterCalls } from './children/slot-writer.ts';
import { openChild } from './support/child.ts';
import type { Bench, BenchContext, Figure } from './support/figure.ts';
import { pause } from './support/machine.ts';
import { quantile } from './support/statistics.ts';
import { watchSource } from './support/watched-source.ts';

const RATES = [30, 60] as const;
const SETTLE_MS = 2000;
const MEASURE_MS = 10_000;
const SHORT_MEASURE_MS = 4000;

/** How long a picture takes out of the shared memory of µStreamer. */
export const bench: Bench = {
  title: 'From a slot of µStreamer to the access unit, and to a viewer’s socket',
  about:
    'Another process writes a 4 Mbit/s 1080p film into a slot of shared memory (layout of µStreamer 6.46). From the moment before it writes a picture to that picture’s being handed over as an access unit; the slot is looked at every millisecond. To a socket: until it is there whole, on a WebSocket of the real server in a third process. CPU of the thread that looks, of one core.',
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
  const measureMs = context.short ? SHORT_MEASURE_MS : MEASURE_MS;
  const watched = watchSource(context, source, { wants: 'units' });
  await pause(SETTLE_MS);
  const [first, before, startedAt] = [watched.units.length, source.counters.cpuMicros, performance.now()];
  await pause(measureMs);
  const cpuShare = (source.counters.cpuMicros - before) / 1000 / (performance.now() - startedAt);
  const delays = watched.units.slice(first).map(({ media, at }) => at - media.captureTime / 1000);
  await watched.stop();
  const atSocket = await delaysAtSocket(context, { slot, measureMs });
  await writer.ask('stop');
  await writer.close();
  const name = `${framesPerSecond} pictures a second`;
  return [
    { name, measure: 'p50', value: quantile(delays, 0.5), unit: 'ms' },
    { name, measure: 'p99', value: quantile(delays, 0.99), unit: 'ms' },
    { name, measure: 'CPU of the reading thread', value: cpuShare * 100, unit: '%' },
    { name, measure: 'arrived', value: (delays.length * 1000) / measureMs, unit: 'frames/s' },
    { name, measure: 'to a socket p50', value: quantile(atSocket, 0.5), unit: 'ms' },
    { name, measure: 'to a socket p99', value: quantile(atSocket, 0.99), unit: 'ms' },
  ];
}

/** How old pictures are when they come over a WebSocket, in ms. */
async function delaysAtSocket(
  context: BenchContext,
  { slot, measureMs }: { readonly slot: string; readonly measureMs: number },
): Promise<readonly number[]> {
  const server = await openChild<SlotServerCalls>(context, 'slot-server');
  const { url, token } = await server.ask('open', slot);
  const socket = new WebSocket(url, liveSubprotocols(token), { perMessageDeflate: false });
  const delays: number[] = [];
  let counts = false;
  socket.on('message', (message: Buffer, isBinary: boolean) => {
    if (!isBinary || !counts) return;
    const at = performance.timeOrigin + performance.now();
    const { type, captureTime } = parseLiveFrame(message);
    if (type === 'video') delays.push(at - captureTime / 1000);
  });
  await pause(SETTLE_MS);
  counts = true;
  await pause(measureMs);
  socket.terminate();
  await server.close();
  return delays;
}
