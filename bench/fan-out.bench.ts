import type { PlainServerCalls } from './children/plain-websocket-server.ts';
import type { WeriftServerCalls } from './children/werift-server.ts';
import {
  type Audience,
  clipUrl,
  openAudience,
  openClipServer,
  TRANSPORTS,
  type Transport,
} from './support/audience.ts';
import { type Child, openChild } from './support/child.ts';
import { CAMERA_CLIP, clipFile } from './support/clip.ts';
import type { Bench, BenchContext, Figure } from './support/figure.ts';
import type { LoopDelayCalls } from './support/loop-delay.ts';
import {
  datagramsDropped,
  loadOf,
  type ProcessLoad,
  pause,
  rssMbOf,
  steadyCpuRateOf,
} from './support/machine.ts';
import { cpuPerViewerSecond } from './support/statistics.ts';

/** The many first: they make the code warm for the few. */
const VIEWERS = [100, 50, 10, 1] as const;
const JOINING_MS = 2000;
const WARM_UP_MS = 5000;
const SETTLE_MS = 1500;
const MEASURE_MS = 5000;
const IDLE_SECONDS = 5;

/** Earlier work with the same packets and the same method, on another machine with two cores. */
const WEBSOCKET_TARGET = { viewers: 100, cpuMs: 0.42 } as const;

/** What a viewer costs. */
export const bench: Bench = {
  title: 'What a viewer costs',
  about:
    'The server in one process, a 4 Mbit/s 1080p30 camera played from memory, and viewers in another: libdatachannel by WHEP, `ws` by WebSocket. CPU is that of all threads of the server without what it takes with no viewer, for each viewer and second; memory what the second half of the viewers made it grow. The last rows have the same pictures sent without Pinhole: by `RTCRtpSender.sendRtp` of werift, and by a bare `ws` server.',
  needs: ['linux', 'ffmpeg'],
  run: async (context) => {
    const figures: Figure[] = [];
    for (const transport of TRANSPORTS) {
      const server = await openClipServer(context, { handOvers: 'unwatched' });
      const target = { url: clipUrl(server, transport), token: server.token };
      figures.push(
        ...(await measure(context, { name: transport, transport, server, target, sizes: VIEWERS })),
      );
    }
    const clip = { path: clipFile(CAMERA_CLIP), framesPerSecond: CAMERA_CLIP.framesPerSecond };
    const werift = await openChild<WeriftServerCalls>(context, 'werift-server');
    figures.push(
      ...(await measure(context, {
        name: 'werift alone',
        transport: 'WebRTC',
        server: werift,
        target: { ...(await werift.ask('open', clip)), token: '' },
        sizes: [50],
      })),
    );
    const plain = await openChild<PlainServerCalls>(context, 'plain-websocket-server');
    figures.push(
      ...(await measure(context, {
        name: '`ws` alone',
        transport: 'WebSocket',
        server: plain,
        target: { ...(await plain.ask('open', clip)), token: '' },
        sizes: [100],
      })),
    );
    return figures;
  },
};

interface Setup {
  readonly name: string;
  readonly transport: Transport;
  readonly server: Pick<Child<LoopDelayCalls>, 'pid' | 'ask' | 'close'>;
  readonly target: { readonly url: string; readonly token: string };
  readonly sizes: readonly number[];
}

async function measure(context: BenchContext, setup: Setup): Promise<readonly Figure[]> {
  const { name, transport, server, target, sizes } = setup;
  const audience = await openAudience(context, transport, target);
  await server.ask('watchLoop');
  const [most = 0] = sizes;
  const memoryMb = await memoryPerViewer(server, audience, most);
  await pause(WARM_UP_MS);
  const taken: { readonly size: number; readonly load: ProcessLoad; readonly cells: readonly Cell[] }[] = [];
  for (const size of sizes) {
    await audience.resize(size);
    await pause(SETTLE_MS);
    taken.push({ size, ...(await watch(server, audience)) });
  }
  await audience.resize(0);
  await pause(SETTLE_MS);
  const idleCpuMsPerSecond = await steadyCpuRateOf(server.pid, IDLE_SECONDS);
  await audience.close();
  await server.close();
  return taken.toReversed().flatMap(({ size, load, cells }) => {
    const row = `${name}, ${size} ${size === 1 ? 'viewer' : 'viewers'}`;
    const value = cpuPerViewerSecond({ ...load, viewers: size, idleCpuMsPerSecond });
    const cpu: Cell = { measure: 'CPU a viewer and second', value, unit: 'ms', ...targetOf(name, size) };
    const memory: Cell = { measure: 'memory a viewer', value: memoryMb, unit: 'MB' };
    return [cpu, ...cells, ...(size === most ? [memory] : [])].map((cell) => ({ name: row, ...cell }));
  });
}

type Cell = Omit<Figure, 'name'>;

/** What the second half of so many viewers takes: the first pays for what all share. */
async function memoryPerViewer(server: Setup['server'], audience: Audience, most: number): Promise<number> {
  await audience.resize(most / 2);
  await pause(JOINING_MS);
  const before = rssMbOf(server.pid);
  await audience.resize(most);
  await pause(JOINING_MS);
  return (rssMbOf(server.pid) - before) / (most / 2);
}

async function watch(
  server: Setup['server'],
  audience: Audience,
): Promise<{ readonly load: ProcessLoad; readonly cells: readonly Cell[] }> {
  const droppedBefore = datagramsDropped();
  await server.ask('watchLoop');
  await audience.reset();
  const load = await loadOf(server.pid, MEASURE_MS);
  const seen = await audience.seen();
  const { p99Ms } = await server.ask('loopDelay');
  const fewestFrames = Math.min(...seen.map(({ frames }) => frames));
  const lost = seen.reduce((sum, viewer) => sum + (viewer.lost ?? 0), 0);
  return {
    load,
    cells: [
      { measure: 'event loop p99', value: p99Ms, unit: 'ms' },
      { measure: 'frames a second', value: (fewestFrames * 1000) / load.elapsedMs, unit: 'frames/s' },
      { measure: 'lost', value: lost + datagramsDropped() - droppedBefore, unit: 'packets' },
    ],
  };
}

const targetOf = (name: string, size: number): Pick<Figure, 'target'> =>
  name === 'WebSocket' && size === WEBSOCKET_TARGET.viewers ? { target: WEBSOCKET_TARGET.cpuMs } : {};
