import { millis } from '@pinhole/core';
import type { AccessUnit, JpegPicture, MediaKind, SourceState } from '@pinhole/engine';
import { readTimeCode, type TimeCode } from '@pinhole/media/timecode';
import { createEsp32Source, type Esp32SourceOptions } from '@pinhole/sources/esp32';
import { createMjpegSource, type MjpegSource, type MjpegTuning } from '@pinhole/sources/mjpeg';
import { decode } from 'jpeg-js';
import type { TestContext } from 'vitest';
import { Esp32Emulator, type Esp32EmulatorOptions } from './esp32-emulator/index.ts';
import { linesInto } from './lines-into.ts';

/** Waits that suit a test. */
const TUNING = {
  retry: { firstMs: millis(100), maxMs: millis(300) },
  restMs: millis(50),
  stallMs: millis(600),
  connectMs: millis(1_500),
};

/** A source that runs, and all that came of it. */
export class MjpegRun {
  readonly source: MjpegSource;
  readonly pictures: JpegPicture[] = [];
  /** UTC microseconds at which each picture was handed over. */
  readonly arrivals: number[] = [];
  readonly units: AccessUnit[] = [];
  readonly states: SourceState[] = [];
  readonly lines: string[] = [];
  controlChanges = 0;
  ended: Promise<void> = Promise.resolve();
  #stop = new AbortController();

  constructor(source: (tuning: MjpegTuning) => MjpegSource) {
    this.source = source({ ...TUNING, log: linesInto(this.lines) });
  }

  /** Starts it, again. */
  start(kinds: readonly MediaKind[] = ['pictures']): this {
    this.#stop = new AbortController();
    this.source.want(new Set(kinds));
    this.ended = this.source.start(
      {
        write: (unit) => this.units.push(unit),
        picture: (picture) => {
          this.arrivals.push((performance.timeOrigin + performance.now()) * 1000);
          this.pictures.push(picture);
        },
        state: (state) => this.states.push(state),
        controlsChanged: () => this.controlChanges++,
      },
      { signal: this.#stop.signal },
    );
    this.ended.catch(() => {}); // a test that expects it looks at `ended`
    return this;
  }

  /** Aborts it without waiting. */
  abort(): void {
    this.#stop.abort();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.ended.catch(() => {});
  }

  /** Codes of the failures so far. */
  get codes(): readonly string[] {
    return this.states.flatMap((state) => ('code' in state ? [state.code] : []));
  }

  /** Words of the failures so far. */
  get reasons(): string {
    return this.states.flatMap((state) => ('why' in state ? [state.why] : [])).join('\n');
  }

  async until(condition: () => boolean): Promise<void> {
    const deadline = performance.now() + 15_000;
    while (!condition()) {
      if (performance.now() > deadline)
        throw new Error(
          `waited too long; ${JSON.stringify(this.states.at(-1))} ${this.lines.slice(-5).join('\n')}`,
        );
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** Waits for so many pictures more. */
  async morePictures(count: number): Promise<void> {
    const enough = this.pictures.length + count;
    await this.until(() => this.pictures.length >= enough);
  }
}

/** An emulated camera and a source that runs, until the test is over. */
export async function setUpEsp32(
  { onTestFinished }: TestContext,
  {
    emulator = {},
    source = {},
    kinds,
  }: {
    readonly emulator?: Esp32EmulatorOptions;
    readonly source?: Partial<Esp32SourceOptions>;
    readonly kinds?: readonly MediaKind[];
  } = {},
): Promise<{ readonly camera: Esp32Emulator; readonly run: MjpegRun }> {
  const camera = await new Esp32Emulator(emulator).open();
  const url = source.url?.replace('HOST', camera.address) ?? `http://${camera.address}/`;
  const run = new MjpegRun((tuning) => createEsp32Source({ ...tuning, ...source, url })).start(kinds);
  onTestFinished(async () => {
    await run.stop();
    await camera.close();
  });
  return { camera, run };
}

/** The same by the address of its stream alone. */
export async function setUpMjpeg(
  { onTestFinished }: TestContext,
  {
    emulator = {},
    path,
    userInfo = '',
  }: { emulator?: Esp32EmulatorOptions; path?: string; userInfo?: string } = {},
): Promise<{ readonly camera: Esp32Emulator; readonly run: MjpegRun }> {
  const camera = await new Esp32Emulator({ firmware: 'generic', ...emulator }).open();
  const url = new URL(path ?? camera.streamUrl, camera.streamUrl).href.replace('://', `://${userInfo}`);
  const run = new MjpegRun((tuning) => createMjpegSource({ ...tuning, url })).start();
  onTestFinished(async () => {
    await run.stop();
    await camera.close();
  });
  return { camera, run };
}

/** The time code in a picture. */
export function timeCodeOf({ data, width, height }: JpegPicture): TimeCode | undefined {
  const { data: rgba } = decode(data, { useTArray: true });
  const luma = new Uint8Array(width * height).map((_, i) => rgba[4 * i + 1] ?? 0); // green is near enough
  return readTimeCode({ luma, width, height });
}
