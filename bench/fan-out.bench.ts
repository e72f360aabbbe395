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
import { cpuRateOf, datagramsDropped, loadOf, type ProcessLoad, pause } from './support/machine.ts';
import { cpuPerViewerSecond } from './support/statistics.ts';

const VIEWERS = [1, 10, 50, 100] as const;
const WARM_UP_MS = 1500;
const IDLE_MS = 3000;
const SETTLE_MS = 1500;
const MEASURE_MS = 5000;

/** Memory of fewer is lost in that of the garbage. */
const ENOUGH_FOR_MEMORY = 40;

/** Earlier work with the same packets and the same method, on another machine with two cores. */
const WEBSOCKET_TARGET = { viewers: 100, cpuMs: 0.42 } as const;

/** What a viewer costs. */
export const bench: Bench = {
  title: 'What a viewer costs',
  about:
    'The server in one process, a 4 Mbit/s 1080p30 camera played from memory, and viewers in another: libdatachannel by WHEP, `ws` by WebSocket. CPU is that of all threads of the server without what it takes with no viewer, for each viewer and second. The last rows have the same pictures sent without Pinhole: by `RTCRtpSender.sendRtp` of werift, and by a bare `ws` server.',
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
  await pause(WARM_UP_MS);
  const idle = await loadOf(server.pid, IDLE_MS);
  const figures: Figure[] = [];
  let before = { viewers: 0, rssMb: idle.rssMb };
  for (const size of sizes) {
    await audience.grow(size);
    await pause(SETTLE_MS);
    const row = `${name}, ${size} ${size === 1 ? 'viewer' : 'viewers'}`;
    const { cells, rssMb } = await measureOnce(server, audience, idle);
    figures.push(...cells.map((cell) => ({ name: row, ...cell, ...targetOf(name, size, cell.measure) })));
    const joined = size - before.viewers;
    if (joined >= ENOUGH_FOR_MEMORY) {
      const value = (rssMb - before.rssMb) / joined;
      figures.push({ name: row, measure: 'memory a viewer more', value, unit: 'MB' });
    }
    before = { viewers: size, rssMb };
  }
  await audience.close();
  await server.close();
  return figures;
}

async function measureOnce(
  server: Setup['server'],
  audience: Audience,
  idle: ProcessLoad,
): Promise<{ readonly cells: readonly Omit<Figure, 'name'>[]; readonly rssMb: number }> {
  const droppedBefore = datagramsDropped();
  await server.ask('watchLoop');
  await audience.reset();
  const load = await loadOf(server.pid, MEASURE_MS);
  const seen = await audience.seen();
  const { p99Ms } = await server.ask('loopDelay');
  const cpuMs = cpuPerViewerSecond({
    ...load,
    viewers: audience.size,
    idleCpuMsPerSecond: cpuRateOf(idle),
  });
  const fewestFrames = Math.min(...seen.map(({ frames }) => frames));
  const lost = seen.reduce((sum, viewer) => sum + (viewer.lost ?? 0), 0);
  const cells: readonly Omit<Figure, 'name'>[] = [
    { measure: CPU, value: cpuMs, unit: 'ms' },
    { measure: 'event loop p99', value: p99Ms, unit: 'ms' },
    { measure: 'frames a second', value: (fewestFrames * 1000) / load.elapsedMs, unit: 'frames/s' },
    { measure: 'lost', value: lost + datagramsDropped() - droppedBefore, unit: 'packets' },
  ];
  return { cells, rssMb: load.rssMb };
}

const CPU = 'CPU a viewer and second';

const targetOf = (name: string, size: number, measure: string): Pick<Figure, 'target'> =>
  name === 'WebSocket' && size === WEBSOCKET_TARGET.viewers && measure === CPU
    ? { target: WEBSOCKET_TARGET.cpuMs }
    : {};
