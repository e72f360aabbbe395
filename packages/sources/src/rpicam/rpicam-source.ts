import {
  type Abort,
  Backoff,
  type Logger,
  type Millis,
  millis,
  PinholeError,
  silentLogger,
} from '@pinhole/core';
import type {
  AccessUnit,
  ControlDescriptor,
  ControlValue,
  Source,
  SourceDescription,
  SourceSink,
} from '@pinhole/engine';
import { type SourceClock, SystemClock } from '../clock.ts';
import { Timeline } from '../timeline.ts';
import type { Capture } from './capture/capture.ts';
import { PtsFifo } from './capture/pts-fifo.ts';
import { watchCapture } from './capture/watched-capture.ts';
import { type CaptureBy, CaptureWay } from './capture-way.ts';
import { ChangeWindow } from './change-window.ts';
import type { RpicamEncoder } from './flags/libcamera-flags.ts';
import { isFinal, RpicamError, type RpicamFailure } from './rpicam-code.ts';
import { NO_RPICAM_COUNTERS, type RpicamCounters } from './rpicam-counters.ts';
import { RPICAM_DEFAULTS } from './settings/read-settings.ts';
import { rpicamControls, withRpicamControl } from './settings/rpicam-controls.ts';
import { type RpicamSettingId, type RpicamSettings, sizeOf } from './settings/rpicam-settings.ts';
import { WakeableWait } from './wakeable-wait.ts';

/** How a Raspberry Pi camera is captured. */
export interface RpicamSourceOptions {
  /** Its number, or a part of its name: `imx708`. Default `0`. */
  readonly camera?: string;
  readonly settings?: Partial<RpicamSettings>;
  /** The capture program, by path or name; `rpicam-vid`, `libcamera-vid` or `raspivid` is found in PATH unless told. */
  readonly command?: string;
  /** What encodes; told by the machine's model unless given, and tried the other way when it is not there. */
  readonly encoder?: RpicamEncoder;
  /**
   * `auto` (default): by picamera2 where Python has that, so that controls change while the camera runs; else, or where a
   * setting is beyond it, by the capture program.
   */
  readonly by?: CaptureBy | 'auto';
  readonly label?: string;
  readonly log?: Logger;
  /** Variables of the capture program, and the PATH in which it is looked for; ours unless told. */
  readonly env?: NodeJS.ProcessEnv;
  /** No picture for so long means that the program hangs. Default 5 s. */
  readonly stallMs?: Millis;
  /** The first picture has to come within so long. Default 15 s: a Pi Zero takes a while. */
  readonly connectMs?: Millis;
  /** Waits between tries. Default 50 ms doubling to 10 s. */
  readonly retry?: { readonly firstMs: Millis; readonly maxMs: Millis };
  readonly clock?: SourceClock;
}

/** A program that died is started again almost at once; one that keeps dying, ever more rarely. */
const DEFAULT_RETRY = { firstMs: millis(50), maxMs: millis(10_000) };
/** A capture that lived for less was no success: the waits go on growing. */
const STEADY_MS = 10_000;

/**
 * A camera on a Raspberry Pi's ribbon cable. H.264 is passed through as the Pi encodes it. The capture program is watched
 * and started again when it dies. A control that cannot change while it runs restarts it: viewers keep their session, the
 * last picture stands until the new one's first key frame, and numbers and times go on (`counters.lastGapMs` tells how
 * long it took). Changes within a short time become one restart.
 *
 * @throws {PinholeError} `source/bad-option` naming the option, its value and what would do.
 */
export const createRpicamSource = (options: RpicamSourceOptions = {}): RpicamSource =>
  new RpicamSource(options);

/** The source that `createRpicamSource` makes. */
export class RpicamSource implements Source {
  readonly #options: RpicamSourceOptions;
  readonly #clock: SourceClock;
  readonly #log: Logger;
  readonly #camera: string;
  readonly #initial: RpicamSettings;
  readonly #timeline = new Timeline();
  readonly #backoff: Backoff;
  readonly #changes: ChangeWindow;
  readonly #pause: WakeableWait;
  readonly #way: CaptureWay;
  #settings: RpicamSettings;
  /** The last settings that brought a picture. */
  #proven: RpicamSettings | undefined;
  #capture: Capture | undefined;
  #run: AbortController | undefined;
  /** Settings changed: the capture that ends now ends because of that. */
  #switching = false;
  #counters = NO_RPICAM_COUNTERS;
  #lastUnitAt: Millis | undefined;
  #lastCode: string | undefined;

  constructor(options: RpicamSourceOptions) {
    this.#options = options;
    this.#camera = options.camera ?? '0';
    this.#clock = options.clock ?? new SystemClock();
    this.#log = (options.log ?? silentLogger).child({ source: 'rpicam', label: this.#label });
    this.#initial = { ...RPICAM_DEFAULTS, ...options.settings };
    this.#settings = this.#initial;
    this.#backoff = new Backoff(options.retry ?? DEFAULT_RETRY);
    this.#pause = new WakeableWait(this.#clock);
    this.#changes = new ChangeWindow(this.#clock, () => this.#switch());
    this.#way = new CaptureWay(options, this.#initial);
  }

  /** What it did so far. */
  get counters(): RpicamCounters {
    return this.#counters;
  }

  /** The process id of the capture program while it runs. */
  get pid(): number | undefined {
    return this.#capture?.pid;
  }

  /** What captures, and whose clock dates the pictures now. */
  get way(): {
    readonly by: CaptureBy;
    readonly encoder: RpicamEncoder;
    readonly datedBy?: 'camera' | 'arrival';
  } {
    const datedBy = this.#capture?.datedBy();
    return { by: this.#way.by, encoder: this.#way.encoder, ...(datedBy !== undefined && { datedBy }) };
  }

  /** The settings in force, controls included. */
  get settings(): RpicamSettings {
    return this.#settings;
  }

  async start(sink: SourceSink, { signal }: { readonly signal: Abort }): Promise<void> {
    if (signal.aborted) return;
    const fifo = await PtsFifo.make();
    const stop = (): void => this.#run?.abort();
    signal.addEventListener('abort', stop);
    try {
      await this.#keepCapturing(sink, signal, fifo);
    } finally {
      signal.removeEventListener('abort', stop);
      this.#changes.clear();
      this.#lastUnitAt = undefined;
      await fifo?.remove();
    }
  }

  requestKeyFrame(): void {
    this.#capture?.requestKeyFrame();
  }

  describe(): SourceDescription {
    return { kind: 'rpicam', label: this.#label, keyFrameOnRequest: this.#way.by === 'picamera2' };
  }

  controls(): readonly ControlDescriptor[] {
    return rpicamControls(this.#initial, { live: this.#way.by === 'picamera2' });
  }

  /** Resolves when the change is accepted; one that restarts the program shows when that delivers again. */
  setControl(id: string, value: ControlValue): Promise<void> {
    try {
      const settings = withRpicamControl(this.#settings, id, value);
      if (this.#settings[id as RpicamSettingId] === value) return Promise.resolve();
      this.#capture?.check(settings);
      this.#settings = settings;
    } catch (thrown) {
      return Promise.reject(
        thrown instanceof RpicamError
          ? new PinholeError('control/out-of-range', thrown.message, { cause: thrown })
          : thrown,
      );
    }
    if (this.#capture?.set(id as RpicamSettingId, value) !== true) this.#changes.add();
    return Promise.resolve();
  }

  get #label(): string {
    return this.#options.label ?? `Raspberry Pi camera ${this.#camera}`;
  }

  async #keepCapturing(sink: SourceSink, signal: Abort, fifo: PtsFifo | undefined): Promise<void> {
    while (!signal.aborted) {
      if (!this.#switching) sink.state({ kind: 'connecting' });
      this.#switching = false;
      const failure = await this.#captureOnce(sink, signal, fifo);
      if (signal.aborted) return;
      if (this.#switching) continue;
      if (this.#way.changeAfter(failure)) {
        this.#log.warn({ ...failure, ...this.way }, 'the camera is captured in another way');
        continue;
      }
      if (isFinal(failure) && this.#takeBack(failure)) continue;
      if (isFinal(failure)) {
        sink.state({ kind: 'failed', ...failure });
        throw new RpicamError(failure.code, failure.why);
      }
      this.#counters = { ...this.#counters, failures: this.#counters.failures + 1 };
      const retryInMs = this.#backoff.next();
      sink.state({ kind: 'retrying', ...failure, retryInMs });
      this.#tell(failure, retryInMs);
      await this.#pause.wait(retryInMs, signal);
    }
  }

  /** One capture, from start to end. */
  async #captureOnce(sink: SourceSink, signal: Abort, fifo: PtsFifo | undefined): Promise<RpicamFailure> {
    const run = new AbortController();
    this.#run = run;
    if (signal.aborted) run.abort();
    this.#timeline.join();
    this.#counters = { ...this.#counters, starts: this.#counters.starts + 1 };
    const { stallMs, connectMs, command, env } = this.#options;
    try {
      const { failure, stalled, livedMs } = await watchCapture({
        camera: this.#camera,
        settings: this.#settings,
        by: this.#way.byFor(this.#settings),
        encoder: this.#way.encoder,
        log: this.#log,
        clock: this.#clock,
        signal: run.signal,
        command,
        env,
        fifo,
        stallMs,
        connectMs,
        opened: (capture) => {
          this.#capture = capture;
        },
        live: () => this.#live(sink),
        write: (unit) => this.#write(sink, unit),
      });
      if (stalled) this.#counters = { ...this.#counters, stalls: this.#counters.stalls + 1 };
      if ((livedMs ?? 0) > STEADY_MS) this.#backoff.reset();
      return failure;
    } finally {
      this.#capture = undefined;
      this.#run = undefined;
    }
  }

  #write(sink: SourceSink, unit: AccessUnit): void {
    this.#lastUnitAt = this.#clock.monotonicNow();
    this.#counters = { ...this.#counters, units: this.#counters.units + 1 };
    sink.write(this.#timeline.place(unit));
  }

  /** The first picture of a capture came. */
  #live(sink: SourceSink): void {
    const now = this.#clock.monotonicNow();
    const { width, height } = sizeOf(this.#settings);
    this.#lastCode = undefined;
    this.#proven = this.#settings;
    const gapMs = this.#lastUnitAt === undefined ? undefined : Math.round(now - this.#lastUnitAt);
    if (gapMs !== undefined) this.#counters = { ...this.#counters, lastGapMs: gapMs };
    this.#log.info({ pid: this.pid, width, height, ...this.way, gapMs }, 'camera is live');
    sink.state({ kind: 'live' });
  }

  /** Changed settings take force: the camera cannot be opened twice, so the old program has to end first. */
  #switch(): void {
    this.#pause.wake();
    if (this.#run === undefined) return;
    this.#switching = true;
    this.#counters = { ...this.#counters, switches: this.#counters.switches + 1 };
    this.#run.abort();
  }

  /** Settings that cannot be captured with give way to those before. @returns whether there are any. */
  #takeBack(failure: RpicamFailure): boolean {
    if (this.#proven === undefined || this.#proven === this.#settings) return false;
    this.#log.warn({ ...failure }, 'the camera cannot do that; the settings before hold again');
    this.#settings = this.#proven;
    return true;
  }

  #tell(failure: RpicamFailure, retryInMs: Millis): void {
    const level = failure.code === this.#lastCode ? 'debug' : 'warn';
    this.#lastCode = failure.code;
    this.#log[level]({ ...failure, retryInMs }, 'camera is not live; trying again');
  }
}
