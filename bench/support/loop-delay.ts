import { monitorEventLoopDelay } from 'node:perf_hooks';

/** How late timers of a process fire. */
export interface LoopDelay {
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** Each look at the clock wakes the process: more of them would cost more CPU than a viewer does. */
const RESOLUTION_MS = 10;

const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });

/** In a child: calls by which its event loop is watched. */
export const loopDelayCalls = {
  /** Measures anew from now on. */
  watchLoop: (): void => {
    histogram.enable();
    histogram.reset();
  },
  /** What was measured. The time between two looks is taken off. */
  loopDelay: (): LoopDelay => ({
    p99Ms: Math.max(0, histogram.percentile(99) / 1e6 - RESOLUTION_MS),
    maxMs: Math.max(0, histogram.max / 1e6 - RESOLUTION_MS),
  }),
};

/** The calls of {@link loopDelayCalls}. */
export type LoopDelayCalls = typeof loopDelayCalls;
