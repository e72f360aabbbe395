import type { SendingFanout, SendingServerCalls } from '../children/sending-server.ts';
import { openChild } from './child.ts';
import { CAMERA_CLIP, clipFile } from './clip.ts';
import type { BenchContext, Figure } from './figure.ts';
import { cpuRateOf, datagramsDropped, loadOf, pause, rssMbOf, steadyCpuRateOf } from './machine.ts';
import { cpuPerViewerSecond, quantile } from './statistics.ts';
import { openUdpReceivers, type UdpReceivers } from './udp-receivers.ts';

/** The many first: they make the code warm for the few. */
const SIZES: Readonly<Record<SendingFanout, readonly number[]>> = {
  native: [500, 200, 100, 50, 10, 1],
  'native, no segments': [100],
  TypeScript: [100, 50, 10, 1],
};
const SHORT_SIZES: typeof SIZES = { native: [200, 100], 'native, no segments': [], TypeScript: [50] };

/** A key frame comes every two seconds, and the first one begins it. */
const SETTLE_MS = 2500;
const MEASURE_MS = 4000;
const SHORT_MEASURE_MS = 2000;
const IDLE_SECONDS = 2;

/** What the send path must do with so many viewers and more. */
const TARGET = { fanout: 'native', viewers: 100, cpuMs: 1 } as const;

type Cell = Omit<Figure, 'name'>;

interface Setup {
  readonly fanout: SendingFanout;
  readonly receivers: UdpReceivers;
  readonly ports: readonly number[];
}

/** What it costs to send to sockets that do nothing but count. */
export async function sendingFigures(context: BenchContext): Promise<readonly Figure[]> {
  const receivers = openUdpReceivers(context);
  const ports = await receivers.open(Math.max(...Object.values(SIZES).flat()));
  const figures: Figure[] = [];
  for (const fanout of Object.keys(SIZES) as SendingFanout[])
    figures.push(...(await measure(context, { fanout, receivers, ports })));
  return figures;
}

async function measure(
  context: BenchContext,
  { fanout, receivers, ports }: Setup,
): Promise<readonly Figure[]> {
  const sizes = (context.short ? SHORT_SIZES : SIZES)[fanout];
  const [most] = sizes;
  if (most === undefined) return [];
  const server = await openChild<SendingServerCalls>(context, 'sending-server');
  const { framesPerSecond } = CAMERA_CLIP;
  await server.ask('open', { path: clipFile(CAMERA_CLIP), framesPerSecond, fanout });
  await server.ask('sendTo', ports.slice(0, most / 2));
  await pause(SETTLE_MS);
  const halfMb = rssMbOf(server.pid);
  const taken: { readonly size: number; readonly cpuMs: number; readonly cells: readonly Cell[] }[] = [];
  for (const size of sizes) {
    await server.ask('sendTo', ports.slice(0, size));
    await pause(SETTLE_MS);
    const memoryMb = size === most ? (rssMbOf(server.pid) - halfMb) / (most / 2) : undefined;
    const droppedBefore = datagramsDropped();
    await server.ask('watchLoop');
    await receivers.reset();
    const load = await loadOf(server.pid, context.short ? SHORT_MEASURE_MS : MEASURE_MS);
    const { lost, fewestFrames, delaysMs } = await receivers.read(size);
    const { p99Ms, maxMs } = await server.ask('loopDelay');
    const memory: readonly Cell[] =
      memoryMb === undefined ? [] : [{ measure: 'memory a viewer', value: memoryMb, unit: 'MB' }];
    taken.push({
      size,
      cpuMs: cpuRateOf(load),
      cells: [
        { measure: 'event loop p99', value: p99Ms, unit: 'ms' },
        { measure: 'event loop max', value: maxMs, unit: 'ms' },
        { measure: 'delay p50', value: quantile(delaysMs, 0.5), unit: 'ms' },
        { measure: 'delay p99', value: quantile(delaysMs, 0.99), unit: 'ms' },
        { measure: 'frames a second', value: (fewestFrames * 1000) / load.elapsedMs, unit: 'frames/s' },
        { measure: 'lost', value: lost + datagramsDropped() - droppedBefore, unit: 'packets' },
        ...memory,
      ],
    });
  }
  await server.ask('sendTo', []);
  const idleCpuMsPerSecond = await steadyCpuRateOf(server.pid, IDLE_SECONDS);
  await server.close();
  return taken.toReversed().flatMap(({ size, cpuMs, cells }) => {
    const name = `${fanout}, ${size} ${size === 1 ? 'socket' : 'sockets'}`;
    const value = cpuPerViewerSecond({ cpuMs, elapsedMs: 1000, viewers: size, idleCpuMsPerSecond });
    const aim = fanout === TARGET.fanout && size >= TARGET.viewers ? { target: TARGET.cpuMs } : {};
    const cpu: Cell = { measure: 'CPU a viewer and second', value, unit: 'ms', ...aim };
    return [cpu, ...cells].map((cell) => ({ name, ...cell }));
  });
}
