import type { JanusViewersCalls, JanusViewerTarget } from './children/janus-viewers.ts';
import { type Child, openChild } from './support/child.ts';
import { CAMERA_CLIP, clipFile } from './support/clip.ts';
import type { Bench, BenchContext, Figure } from './support/figure.ts';
import { cpuRateOf, datagramsDropped, loadOf, pause, rssMbOf } from './support/machine.ts';
import { quantile } from './support/statistics.ts';

const AUDIENCES = [1, 10, 50, 100] as const;
const SHORT_AUDIENCES = [1, 10] as const;
const JOINS = 20;
const SHORT_JOINS = 8;
const SETTLE_MS = 2000;
const SHORT_SETTLE_MS = 800;
const MEASURE_MS = 4000;
const SHORT_MEASURE_MS = 2000;

interface ServerCalls {
  readonly [name: string]: (argument: never) => unknown;
  readonly open: (clip: { readonly path: string; readonly framesPerSecond: number }) => {
    readonly url: string;
    readonly pid: number;
  };
}

const SERVERS = [
  {
    name: 'Pinhole',
    child: 'janus-api-server',
    of: { plugin: 'janus.plugin.ustreamer', watch: { request: 'watch' } },
  },
  {
    name: 'Janus',
    child: 'janus-real-server',
    of: { plugin: 'janus.plugin.streaming', watch: { request: 'watch', id: 1 } },
  },
] as const;

/** What viewers of the Janus API cost, here and at Janus. */
export const bench: Bench = {
  title: 'The Janus API beside Janus',
  about:
    'The same 4 Mbit/s 1080p30 film as a camera of Pinhole, played from memory within the process that is measured, and as a stream of Janus 1.1.2, sent to it by RTP from outside. Viewers are libdatachannel in a process of their own, each with its own WebSocket; nothing is between. CPU of all threads of the server; memory that each viewer more takes, from one audience to the next. Joining: from the request `create` on an open WebSocket to the first packet of RTP, one viewer after the other, while the others watch.',
  needs: ['linux', 'ffmpeg', 'janus'],
  longestSeconds: 240,
  run: async (context) => {
    const figures: Figure[] = [];
    for (const server of SERVERS) figures.push(...(await measure(context, server)));
    return figures;
  },
};

async function measure(context: BenchContext, which: (typeof SERVERS)[number]): Promise<readonly Figure[]> {
  const { framesPerSecond } = CAMERA_CLIP;
  const server = await openChild<ServerCalls>(context, which.child);
  const { url, pid } = await server.ask('open', { path: clipFile(CAMERA_CLIP), framesPerSecond });
  const viewers = await openChild<JanusViewersCalls>(context, 'janus-viewers');
  const target: JanusViewerTarget = { url, ...which.of };
  // They make the code warm.
  await viewers.ask('join', { target, times: 3 });
  const figures: Figure[] = [];
  let size = 0;
  let memoryMb = rssMbOf(pid);
  for (const audience of context.short ? SHORT_AUDIENCES : AUDIENCES) {
    await viewers.ask('connect', { target, more: audience - size });
    await pause(context.short ? SHORT_SETTLE_MS : SETTLE_MS);
    const grownMb = rssMbOf(pid) - memoryMb;
    const name = `${which.name}, ${audience === 1 ? '1 viewer' : `${audience} viewers`}`;
    figures.push(
      ...(await watching(viewers, {
        name,
        pid,
        audience,
        measureMs: context.short ? SHORT_MEASURE_MS : MEASURE_MS,
      })),
      { name, measure: 'memory a viewer more', value: grownMb / (audience - size), unit: 'MB' },
      ...(await joining(viewers, { name, target, times: context.short ? SHORT_JOINS : JOINS })),
    );
    size = audience;
    memoryMb = rssMbOf(pid);
  }
  await viewers.close();
  await server.close();
  return figures;
}

async function watching(
  viewers: Child<JanusViewersCalls>,
  what: {
    readonly name: string;
    readonly pid: number;
    readonly audience: number;
    readonly measureMs: number;
  },
): Promise<readonly Figure[]> {
  const { name, pid, audience, measureMs } = what;
  const droppedBefore = datagramsDropped();
  await viewers.ask('reset');
  const load = await loadOf(pid, measureMs);
  const { frames, lost } = await viewers.ask('seen');
  return [
    { name, measure: 'CPU a viewer and second', value: cpuRateOf(load) / audience, unit: 'ms' },
    { name, measure: 'frames a second', value: (frames * 1000) / load.elapsedMs, unit: 'frames/s' },
    { name, measure: 'lost', value: lost + datagramsDropped() - droppedBefore, unit: 'packets' },
  ];
}

async function joining(
  viewers: Child<JanusViewersCalls>,
  { name, ...what }: { readonly name: string; readonly target: JanusViewerTarget; readonly times: number },
): Promise<readonly Figure[]> {
  const tookMs = await viewers.ask('join', what);
  return [
    { name, measure: 'to the first packet p50', value: quantile(tookMs, 0.5), unit: 'ms' },
    { name, measure: 'to the first packet p95', value: quantile(tookMs, 0.95), unit: 'ms' },
  ];
}
