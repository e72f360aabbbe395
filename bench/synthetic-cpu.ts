import { createSyntheticSource } from '@pinhole/sources/synthetic';

/** What a running synthetic camera costs. */
export interface SyntheticCpu {
  readonly seconds: number;
  /** CPU time of the whole process over elapsed time, in per cent of one core. */
  readonly cpuPercent: number;
  readonly kbps: number;
  readonly framesPerSecond: number;
  readonly skippedFrames: number;
}

/** Runs the synthetic camera with real timers and measures its process after a warm-up of three seconds. */
export async function measureSyntheticCpu(
  options: {
    readonly seconds?: number;
    readonly width?: number;
    readonly height?: number;
    readonly framesPerSecond?: number;
  } = {},
): Promise<SyntheticCpu> {
  const { seconds = 20, width = 1280, height = 720, framesPerSecond = 30 } = options;
  const source = createSyntheticSource({ width, height, framesPerSecond });
  const abort = new AbortController();
  let bytes = 0;
  const ended = source.start(
    {
      write: ({ data }) => {
        bytes += data.byteLength;
      },
      state: () => {},
    },
    { signal: abort.signal },
  );
  await sleep(3_000);
  const before = { cpu: process.cpuUsage(), at: performance.now(), counters: source.counters, bytes };
  await sleep(seconds * 1_000);
  const cpu = process.cpuUsage(before.cpu);
  const elapsed = (performance.now() - before.at) / 1_000;
  const { frames, skippedFrames } = source.counters;
  abort.abort();
  await ended;
  return {
    seconds: elapsed,
    cpuPercent: (cpu.user + cpu.system) / elapsed / 10_000,
    kbps: ((bytes - before.bytes) * 8) / elapsed / 1_000,
    framesPerSecond: (frames - before.counters.frames) / elapsed,
    skippedFrames: skippedFrames - before.counters.skippedFrames,
  };
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

if (process.argv[1] === import.meta.filename) console.log(JSON.stringify(await measureSyntheticCpu()));
