import { CAMERA_CLIP } from './clip.ts';
import type { BenchContext, Figure } from './figure.ts';
import { cpuRateOf, datagramsDropped, loadOf, pause, rssMbOf, steadyCpuRateOf } from './machine.ts';
import { type PeerServer, peerServers, type RunningServer, runPeerServer } from './peer-servers.ts';
import { quantile } from './statistics.ts';

const SIZES = [1, 10, 50, 100, 200, 500];
const SHORT_SIZES = [20];
/** Climbing, each of these is looked at before there are more: what a machine does not hold, more would not tell of. */
const LANDINGS = [50, 100, 200, 500];
const SETTLE_MS = 2000;
const LOOK_MS = 2000;
const MEASURE_MS = 4000;
const SHORT_MEASURE_MS = 2000;
const IDLE_SECONDS = 3;
/** So many are not there within a quarter of a minute: their server is too busy. */
const CONNECT_MS = 25_000;

/** What is missing more often than that no viewer would call a picture; what is less, a server may lose by itself. */
const LEAST_FRAMES_SHARE = 0.95;
const MOST_LOST_SHARE = 0.05;

/** From how many viewers on, and what the native server must do there. */
const TARGET = { viewers: 100, cpuMs: 1, loopP99Ms: 5, loopMaxMs: 20 } as const;
const TIMES: Partial<Record<PeerServer['name'], number>> = { 'node-datachannel': 2.5, Janus: 8 };

/** What so many viewers saw, and what that cost. */
interface Level {
  readonly viewers: number;
  readonly isHeld: boolean;
  /** CPU milliseconds a second of the process that sends. */
  readonly cpuMs: number;
  readonly delaysMs: readonly number[];
  readonly framesPerSecond: number;
  readonly lost: number;
  readonly loop?: { readonly p99Ms: number; readonly maxMs: number };
}

/** What one server does. */
interface Measured {
  readonly name: PeerServer['name'];
  /** The few first. */
  readonly levels: readonly Level[];
  /** More than that were not tried, as these were not held. */
  readonly beyond: readonly number[];
  readonly idleCpuMs: number;
  readonly memoryMb: number;
}

/** What real viewers cost, of us and of others. */
export async function peerFigures(context: BenchContext): Promise<readonly Figure[]> {
  const measured: Measured[] = [];
  for (const server of peerServers()) measured.push(await watching(context, server));
  return [...measured.flatMap(figuresOf), ...ratios(measured)];
}

async function watching(context: BenchContext, which: PeerServer): Promise<Measured> {
  const running = await runPeerServer(context, which, 'plays');
  const { server, pid, viewers } = running;
  const target = { ...running.target, counted: 'on the way' } as const;
  const sizes = context.short ? SHORT_SIZES : SIZES;
  const landings = context.short ? SHORT_SIZES : LANDINGS;
  const levels: Level[] = [];
  const memory: (readonly [viewers: number, rssMb: number])[] = [[0, rssMbOf(pid)]];
  let there = 0;
  let held = 0;
  for (const landing of landings) {
    const connected = await within(CONNECT_MS, viewers.ask('connect', { ...target, count: landing - there }));
    there = landing;
    await pause(SETTLE_MS);
    memory.push([landing, rssMbOf(pid)]);
    const level = connected ? await look(running, { viewers: landing, forMs: LOOK_MS }) : undefined;
    if (level?.isHeld !== true) {
      levels.push(level ?? { ...NOTHING, viewers: landing });
      break;
    }
    held = landing;
  }
  const tried = levels[0]?.viewers ?? held;
  const measured: Level[] = [];
  for (const size of sizes.filter((one) => one <= held).toReversed()) {
    if (there > size) await viewers.ask('disconnect', there - size);
    there = size;
    await pause(SETTLE_MS);
    measured.unshift(
      await look(running, { viewers: size, forMs: context.short ? SHORT_MEASURE_MS : MEASURE_MS }),
    );
  }
  await viewers.ask('disconnect', there);
  const idleCpuMs = await steadyCpuRateOf(pid, IDLE_SECONDS);
  await viewers.close();
  await server.close();
  const [[fewest, leastMb], [most, mostMb]] = [memory.at(memory.length > 2 ? 1 : 0), memory.at(-1)] as [
    (typeof memory)[number],
    (typeof memory)[number],
  ];
  return {
    name: which.name,
    levels: [...measured, ...levels],
    beyond: sizes.filter((size) => size > tried),
    idleCpuMs,
    memoryMb: (mostMb - leastMb) / (most - fewest),
  };
}

const NOTHING = {
  isHeld: false,
  cpuMs: Number.NaN,
  delaysMs: [],
  framesPerSecond: 0,
  lost: Number.NaN,
} as const;

async function look(
  { server, pid, viewers }: RunningServer,
  { viewers: count, forMs }: { readonly viewers: number; readonly forMs: number },
): Promise<Level> {
  const own = pid === server.pid;
  const droppedBefore = datagramsDropped();
  if (own) await server.ask('watchLoop');
  await viewers.ask('reset');
  const load = await loadOf(pid, forMs);
  const arrived = await viewers.ask('arrivals');
  const loop = own ? await server.ask('loopDelay') : undefined;
  const lost = arrived.lost + datagramsDropped() - droppedBefore;
  const framesPerSecond = (arrived.fewestFrames * 1000) / load.elapsedMs;
  const offset = await server.ask('rtpOffset');
  return {
    viewers: count,
    isHeld:
      framesPerSecond >= CAMERA_CLIP.framesPerSecond * LEAST_FRAMES_SHARE &&
      lost <= arrived.packets * MOST_LOST_SHARE,
    cpuMs: cpuRateOf(load),
    delaysMs: offset === undefined ? [] : arrived.behindTicks.map((ticks) => modulo32(ticks + offset) / 90),
    framesPerSecond,
    lost,
    ...(loop && { loop }),
  };
}

const modulo32 = (ticks: number): number => ((ticks % 2 ** 32) + 2 ** 32) % 2 ** 32;

function figuresOf({ name: server, levels, beyond, idleCpuMs, memoryMb }: Measured): readonly Figure[] {
  const top = levels.findLast(({ isHeld }) => isHeld);
  return [
    { name: `${server}, nobody`, measure: 'CPU a second', value: idleCpuMs, unit: 'ms' },
    ...levels.flatMap((level): readonly Figure[] => {
      const { viewers, isHeld, cpuMs, delaysMs, framesPerSecond, lost, loop } = level;
      const name = `${server}, ${viewers} ${viewers === 1 ? 'viewer' : 'viewers'}${isHeld ? '' : ': not held here'}`;
      const seen: readonly Figure[] = [
        { name, measure: 'CPU a second', value: cpuMs, unit: 'ms' },
        { name, measure: 'frames a second', value: framesPerSecond, unit: 'frames/s' },
        { name, measure: 'lost', value: lost, unit: 'packets' },
      ];
      if (!isHeld) return seen;
      const aims = server === 'native' && viewers >= TARGET.viewers;
      return [
        ...seen,
        {
          name,
          measure: 'CPU a viewer and second',
          value: cpuMs / viewers,
          unit: 'ms',
          ...(aims && { target: TARGET.cpuMs }),
        },
        { name, measure: 'beyond nobody', value: (cpuMs - idleCpuMs) / viewers, unit: 'ms' },
        ...(loop
          ? [
              {
                name,
                measure: 'event loop p99',
                value: loop.p99Ms,
                unit: 'ms',
                ...(aims && { target: TARGET.loopP99Ms }),
              } as const,
              {
                name,
                measure: 'event loop max',
                value: loop.maxMs,
                unit: 'ms',
                ...(aims && { target: TARGET.loopMaxMs }),
              } as const,
            ]
          : []),
        ...(delaysMs.length > 0
          ? [
              { name, measure: 'delay p50', value: quantile(delaysMs, 0.5), unit: 'ms' } as const,
              { name, measure: 'delay p99', value: quantile(delaysMs, 0.99), unit: 'ms' } as const,
            ]
          : []),
        ...(level === top
          ? [{ name, measure: 'memory a viewer', value: memoryMb, unit: 'MB' } as const]
          : []),
      ];
    }),
    ...beyond.map(
      (viewers): Figure => ({
        name: `${server}, ${viewers} viewers: not tried, as fewer are not held`,
        measure: 'CPU a second',
        value: Number.NaN,
        unit: 'ms',
      }),
    ),
  ];
}

/** How many times as much CPU others take for as many viewers. */
function ratios(measured: readonly Measured[]): readonly Figure[] {
  const native = measured.find(({ name }) => name === 'native');
  if (!native) return [];
  return measured
    .filter(({ name }) => name !== 'native')
    .flatMap(({ name, levels }) =>
      levels.flatMap(({ viewers, cpuMs, isHeld }): readonly Figure[] => {
        const ours = native.levels.find((level) => level.isHeld && level.viewers === viewers);
        if (!ours || !isHeld) return [];
        const times = viewers >= TARGET.viewers ? TIMES[name] : undefined;
        const target = times === undefined ? {} : { target: times };
        const row = `native, ${viewers} ${viewers === 1 ? 'viewer' : 'viewers'}`;
        return [{ name: row, measure: `than ${name}`, value: cpuMs / ours.cpuMs, unit: 'times', ...target }];
      }),
    );
}

/** @returns whether it was done in time; what was not is let be. */
async function within(ms: number, work: Promise<unknown>): Promise<boolean> {
  const done = work.then(
    () => true,
    () => false,
  );
  return Promise.race([done, pause(ms).then(() => false)]);
}
