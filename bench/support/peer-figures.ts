import { findThirdParty } from '../../test/support/find-third-party.ts';
import type { ViewerTarget, WebRtcViewersCalls } from '../children/webrtc-viewers.ts';
import { type Child, openChild } from './child.ts';
import { CAMERA_CLIP, clipFile } from './clip.ts';
import type { BenchContext, Figure } from './figure.ts';
import type { LoopDelayCalls } from './loop-delay.ts';
import { cpuMsOf, cpuRateOf, datagramsDropped, loadOf, pause, rssMbOf } from './machine.ts';

const VIEWERS = 50;
const SHORT_VIEWERS = 20;
const HANDSHAKES = 100;
const SHORT_HANDSHAKES = 20;
/** They make the code warm. */
const FIRST_HANDSHAKES = 8;
const SETTLE_MS = 2500;
const SHORT_SETTLE_MS = 800;
const MEASURE_MS = 4000;
const SHORT_MEASURE_MS = 2000;

/** What `open` of each of these servers takes and gives. */
type ServerCalls = LoopDelayCalls & {
  readonly open: (options: {
    readonly path: string;
    readonly framesPerSecond: number;
    readonly fanout: 'native' | 'TypeScript';
    readonly camera: 'plays' | 'rests';
  }) => { readonly url: string; readonly pid?: number };
};

const SERVERS = [
  { name: 'native', child: 'peer-server', fanout: 'native' },
  { name: 'TypeScript', child: 'peer-server', fanout: 'TypeScript' },
  { name: 'node-datachannel', child: 'datachannel-server', fanout: 'native' },
  { name: 'Janus', child: 'janus-server', fanout: 'native' },
] as const;

interface Running {
  readonly server: Child<ServerCalls>;
  /** The process that sends. */
  readonly pid: number;
  readonly target: ViewerTarget;
  readonly viewers: Child<WebRtcViewersCalls>;
}

/** What real viewers cost, by libdatachannel, of us and of others; and what it takes to connect them. */
export async function peerFigures(context: BenchContext): Promise<readonly Figure[]> {
  const servers = SERVERS.filter(({ name }) => name !== 'Janus' || findThirdParty('janus') !== undefined);
  const figures: Figure[] = [];
  for (const server of servers) figures.push(...(await watching(context, server)));
  for (const server of servers.filter(({ name }) => name !== 'TypeScript'))
    figures.push(...(await connecting(context, server)));
  return figures;
}

async function run(
  context: BenchContext,
  { child, fanout }: (typeof SERVERS)[number],
  camera: 'plays' | 'rests',
): Promise<Running> {
  const server = await openChild<ServerCalls>(context, child);
  const { framesPerSecond } = CAMERA_CLIP;
  const opened = await server.ask('open', { path: clipFile(CAMERA_CLIP), framesPerSecond, fanout, camera });
  const target: ViewerTarget = {
    url: opened.url,
    token: '',
    ...(child === 'janus-server' && { offers: 'server' }),
  };
  const viewers = await openChild<WebRtcViewersCalls>(context, 'webrtc-viewers');
  return { server, pid: opened.pid ?? server.pid, target, viewers };
}

async function watching(context: BenchContext, which: (typeof SERVERS)[number]): Promise<readonly Figure[]> {
  const { server, pid, target, viewers } = await run(context, which, 'plays');
  const count = context.short ? SHORT_VIEWERS : VIEWERS;
  const settleMs = context.short ? SHORT_SETTLE_MS : SETTLE_MS;
  await viewers.ask('connect', { ...target, count: count / 2 });
  await pause(settleMs);
  const halfMb = rssMbOf(pid);
  await viewers.ask('connect', { ...target, count: count / 2 });
  await pause(settleMs);
  const memoryMb = (rssMbOf(pid) - halfMb) / (count / 2);
  const droppedBefore = datagramsDropped();
  const own = pid === server.pid;
  if (own) await server.ask('watchLoop');
  await viewers.ask('reset');
  const load = await loadOf(pid, context.short ? SHORT_MEASURE_MS : MEASURE_MS);
  const seen = await viewers.ask('seen');
  const loop = own ? await server.ask('loopDelay') : undefined;
  await viewers.close();
  await server.close();
  const name = `${which.name}, ${count} viewers`;
  const frames = Math.min(...seen.map((viewer) => viewer.frames));
  const lost = seen.reduce((sum, viewer) => sum + viewer.lost, 0) + datagramsDropped() - droppedBefore;
  return [
    { name, measure: 'CPU a viewer and second', value: cpuRateOf(load) / count, unit: 'ms' },
    ...(loop
      ? [
          { name, measure: 'event loop p99', value: loop.p99Ms, unit: 'ms' } as const,
          { name, measure: 'event loop max', value: loop.maxMs, unit: 'ms' } as const,
        ]
      : []),
    { name, measure: 'frames a second', value: (frames * 1000) / load.elapsedMs, unit: 'frames/s' },
    { name, measure: 'lost', value: lost, unit: 'packets' },
    { name, measure: 'memory a viewer', value: memoryMb, unit: 'MB' },
  ];
}

async function connecting(
  context: BenchContext,
  which: (typeof SERVERS)[number],
): Promise<readonly Figure[]> {
  const { server, pid, target, viewers } = await run(context, which, 'rests');
  const count = context.short ? SHORT_HANDSHAKES : HANDSHAKES;
  await viewers.ask('connect', { ...target, count: FIRST_HANDSHAKES });
  const before = cpuMsOf(pid);
  const startedAt = performance.now();
  await viewers.ask('connect', { ...target, count });
  const elapsedMs = performance.now() - startedAt;
  const cpuMs = cpuMsOf(pid) - before;
  await viewers.close();
  await server.close();
  // Others have no camera that rests: what they send meanwhile counts, too.
  const name = which.name === 'native' ? 'Pinhole, connecting' : `${which.name}, connecting`;
  return [
    { name, measure: 'CPU a handshake', value: cpuMs / count, unit: 'ms' },
    { name, measure: 'joins', value: (count * 1000) / elapsedMs, unit: 'joins/s' },
  ];
}
