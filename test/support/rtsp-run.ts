import { millis } from '@pinhole/core';
import type { AccessUnit, SourceAudioFrame, SourceState } from '@pinhole/engine';
import { createRtspSource, type RtspSource, type RtspSourceOptions } from '@pinhole/sources/rtsp';
import { linesInto } from './lines-into.ts';

/** A source that runs, and all that came of it. */
export class RtspRun {
  readonly source: RtspSource;
  readonly units: AccessUnit[] = [];
  readonly sounds: SourceAudioFrame[] = [];
  readonly states: SourceState[] = [];
  readonly arrivals: number[] = [];
  readonly lines: string[] = [];
  readonly pids = new Set<number>();
  readonly ended: Promise<void>;
  readonly #stop = new AbortController();

  constructor(options: RtspSourceOptions) {
    this.source = createRtspSource({
      retry: { firstMs: millis(100), maxMs: millis(400) },
      connectMs: millis(20_000), // many start at once
      log: linesInto(this.lines),
      ...options,
    });
    this.ended = this.source.start(
      {
        write: (unit) => {
          this.arrivals.push(performance.timeOrigin + performance.now());
          this.units.push(unit);
          if (this.source.pid !== undefined) this.pids.add(this.source.pid);
        },
        audio: (frame) => this.sounds.push(frame),
        state: (state) => this.states.push(state),
      },
      { signal: this.#stop.signal },
    );
    this.ended.catch(() => {}); // a test that expects it looks at `ended`
  }

  /** Codes of the failures so far. */
  get codes(): readonly string[] {
    return this.states.flatMap((state) => ('code' in state ? [state.code] : []));
  }

  async until(condition: () => boolean): Promise<void> {
    const deadline = performance.now() + 20_000;
    while (!condition()) {
      if (performance.now() > deadline)
        throw new Error(`waited too long; ${JSON.stringify(this.states.at(-1))}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.ended.catch(() => {});
  }
}
