import { type LogFields, type Logger, millis } from '@pinhole/core';
import type { AccessUnit, SourceState } from '@pinhole/engine';
import { createRpicamSource, type RpicamSource, type RpicamSourceOptions } from '@pinhole/sources/rpicam';

/** A Raspberry Pi camera's source that runs, and all that came of it. */
export class RpicamRun {
  readonly source: RpicamSource;
  readonly units: AccessUnit[] = [];
  readonly arrivals: number[] = [];
  readonly states: SourceState[] = [];
  readonly lines: string[] = [];
  readonly ended: Promise<void>;
  readonly #stop = new AbortController();

  constructor(options: RpicamSourceOptions) {
    this.source = createRpicamSource({
      by: 'program',
      retry: { firstMs: millis(100), maxMs: millis(400) },
      log: linesInto(this.lines),
      ...options,
    });
    this.ended = this.source.start(
      {
        write: (unit) => {
          this.arrivals.push(performance.timeOrigin + performance.now());
          this.units.push(unit);
        },
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

  /** What it said about its last failure. */
  get why(): string {
    return this.states.flatMap((state) => ('why' in state ? [state.why] : [])).at(-1) ?? '';
  }

  async until(condition: () => boolean): Promise<void> {
    const deadline = performance.now() + 20_000;
    while (!condition()) {
      if (performance.now() > deadline)
        throw new Error(`waited too long; ${JSON.stringify(this.states.at(-1))}\n${this.lines.join('\n')}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Waits for so many more pictures. */
  more(units: number): Promise<void> {
    const before = this.units.length;
    return this.until(() => this.units.length >= before + units);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.ended.catch(() => {});
  }
}

function linesInto(lines: string[]): Logger {
  const write = (fields: LogFields, message: string): void => {
    lines.push(`${message} ${JSON.stringify(fields)}`);
  };
  const log: Logger = { debug: write, info: write, warn: write, error: write, child: () => log };
  return log;
}
