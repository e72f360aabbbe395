import {
  type Abort,
  Backoff,
  type Logger,
  type Millis,
  messageOf,
  millis,
  PinholeError,
  silentLogger,
} from '@pinhole/core';
import type {
  ControlDescriptor,
  ControlValue,
  MediaKind,
  Source,
  SourceDescription,
  SourceSink,
} from '@pinhole/engine';
import type { EncoderCounters } from '@pinhole/ffmpeg';
import { type SourceClock, SystemClock } from '../clock.ts';
import { StallWatch } from '../stall-watch.ts';
import { UnitLine } from '../unit-line.ts';
import { waitForDevice } from '../watch-device.ts';
import { ControlDesk } from './controls/control-desk.ts';
import { ModeControls } from './controls/mode-controls.ts';
import { type ChosenMode, chooseMode, modeInWords } from './device/choose-mode.ts';
import type { Capture, V4l2Access } from './device/v4l2-access.ts';
import { v4l2Ctl } from './device/v4l2-ctl.ts';
import { isCamera, type V4l2Device } from './device/v4l2-device.ts';
import { PictureOutlet } from './picture-outlet.ts';
import { V4l2Error } from './v4l2-error.ts';
import { type Failure, failureOf, isHopeless } from './v4l2-failure.ts';
import type { V4l2Counters, V4l2SourceOptions } from './v4l2-options.ts';

const DEFAULT_RETRY = { firstMs: millis(500), maxMs: millis(10_000) };
const DEFAULT_CONNECT_MS = millis(10_000);
const DEFAULT_STALL_MS = millis(3_000);
/** A capture that lived for less was no success: the waits go on growing. */
const STEADY_MS = 10_000;
/**
 * A camera or capture device on this machine, by Video4Linux2: USB cameras (UVC), HDMI sticks, the Raspberry Pi's legacy
 * camera. Its H.264 is passed through, also where it travels inside its JPEGs; JPEGs are offered as they are and encoded
 * while somebody wants H.264; raw pictures are encoded. It comes back by itself when the camera is plugged in again.
 *
 * @throws {PinholeError} `source/bad-option` naming the option, its value and what would do.
 */
export const createV4l2Source = (options: V4l2SourceOptions): V4l2Source => new V4l2Source(options);

/** The source that `createV4l2Source` makes. */
export class V4l2Source implements Source {
  readonly #options: V4l2SourceOptions;
  readonly #access: V4l2Access;
  readonly #clock: SourceClock;
  readonly #log: Logger;
  readonly #desk: ControlDesk;
  readonly #modes: ModeControls;
  readonly #backoff: Backoff;
  readonly #line = new UnitLine();
  #wanted: ReadonlySet<MediaKind> = new Set<MediaKind>(['units']);
  #mode: ChosenMode | undefined;
  #device: V4l2Device | undefined;
  #outlet: PictureOutlet | undefined;
  #capture: Capture | undefined;
  #restart: (() => void) | undefined;
  #pictures = 0;
  #lastCode: string | undefined;
  #past = { captures: 0, stalls: 0, units: 0, damaged: 0, lostFrames: 0, droppedBusy: 0 };

  constructor(options: V4l2SourceOptions) {
    this.#options = options;
    if (!options.path.startsWith('/'))
      throw new PinholeError(
        'source/bad-option',
        `path "${options.path}": write the device's path, e.g. /dev/video0`,
      );
    this.#access = options.access ?? v4l2Ctl;
    this.#clock = options.clock ?? new SystemClock();
    this.#log = (options.log ?? silentLogger).child({ source: 'v4l2', path: options.path });
    const start = options.controls ?? new Map<string, ControlValue>();
    this.#desk = new ControlDesk({ access: this.#access, path: options.path, log: this.#log, start });
    this.#modes = new ModeControls(options);
    this.#backoff = new Backoff(options.retry ?? DEFAULT_RETRY);
  }

  /** What it did so far. */
  get counters(): V4l2Counters {
    const { units = 0, damaged = 0 } = this.#outlet?.counters ?? {};
    return {
      ...this.#past,
      pictures: this.#pictures,
      units: this.#past.units + units,
      damaged: this.#past.damaged + damaged,
      lostFrames: this.#past.lostFrames + (this.#capture?.counters.lostFrames ?? 0),
      droppedBusy: this.#past.droppedBusy + (this.encoderCounters?.droppedBusy ?? 0),
    };
  }

  /** What the encoder of the running capture did, where there is one. */
  get encoderCounters(): EncoderCounters | undefined {
    return this.#outlet?.encoderCounters;
  }

  /** What the device gives, once that is known. */
  get mode(): ChosenMode | undefined {
    return this.#mode;
  }

  /** Process ids of the capture and the encoder while there are such. */
  get pids(): { readonly capture: number | undefined; readonly encoder: number | undefined } {
    return { capture: this.#capture?.pid, encoder: this.#outlet?.encoderPid };
  }

  async start(sink: SourceSink, { signal }: { readonly signal: Abort }): Promise<void> {
    const { path } = this.#options;
    while (!signal.aborted) {
      sink.state({ kind: 'connecting' });
      const failure = await this.#run(sink, signal);
      if (signal.aborted) return;
      if (failure === 'restart') continue;
      if (isHopeless(failure)) {
        sink.state({ kind: 'failed', ...failure });
        throw new PinholeError(failure.code, failure.why);
      }
      const retryInMs = this.#backoff.next();
      sink.state({ kind: 'retrying', ...failure, retryInMs });
      this.#tell(failure, retryInMs);
      const woken = await waitForDevice(path, { delayMs: retryInMs, clock: this.#clock, signal });
      if (woken === 'appeared') this.#backoff.reset();
    }
  }

  requestKeyFrame(): void {
    this.#outlet?.requestKeyFrame();
  }

  want(kinds: ReadonlySet<MediaKind>): void {
    this.#wanted = kinds;
    this.#outlet?.want(kinds);
  }

  describe(): SourceDescription {
    const { label, path, format = 'auto' } = this.#options;
    const kind = this.#mode?.kind;
    const transcoding = this.#transcoding();
    return {
      kind: 'v4l2',
      label: label ?? this.#device?.card ?? path,
      keyFrameOnRequest: this.#outlet?.keyFrameOnRequest ?? (format === 'mjpeg' || format === 'yuyv'),
      ...(transcoding !== undefined && { transcoding }),
      ...((kind === undefined ? format === 'mjpeg' : kind === 'mjpeg') && { jpeg: true }),
    };
  }

  controls(): readonly ControlDescriptor[] {
    const own = this.#modes.descriptors(this.#device, this.#mode);
    const encodes = this.#outlet?.encodes ?? false;
    return [...own.filter(({ id }) => encodes || id !== 'bitrate'), ...this.#desk.descriptors()];
  }

  controlValues(): ReadonlyMap<string, ControlValue> {
    return new Map([...this.#modes.values(this.#mode), ...this.#desk.values()]);
  }

  async setControl(id: string, value: ControlValue): Promise<void> {
    if (this.#desk.has(id) || !this.#modes.has(id)) {
      await this.#desk.set(id, value);
      return;
    }
    const change = this.#modes.set(id, value, this.#device);
    if (change === 'bitrate') this.#outlet?.setBitrate(this.#modes.bitrate);
    else if (change === 'mode') this.#restart?.();
  }

  /** One capture, from start to end. */
  async #run(sink: SourceSink, signal: Abort): Promise<Failure | 'restart'> {
    const { path, connectMs = DEFAULT_CONNECT_MS, stallMs = DEFAULT_STALL_MS } = this.#options;
    const run = new AbortController();
    const abort = (): void => run.abort();
    signal.addEventListener('abort', abort);
    let end: Failure | 'restart' | undefined;
    let liveSince: Millis | undefined;
    const stop = (why: Failure | 'restart'): void => {
      end ??= why;
      run.abort();
    };
    const watch = new StallWatch({
      clock: this.#clock,
      limitMs: connectMs,
      stalled: () => {
        this.#past.stalls++;
        const [code, why] =
          liveSince === undefined
            ? ['source/timeout', `${path} gave no first picture within ${connectMs} ms`]
            : ['source/stalled', `${path} gave no picture for ${stallMs} ms`];
        stop({ code, why });
      },
    });
    try {
      const mode = await this.#prepare();
      if (signal.aborted) return 'restart';
      const outlet = this.#openOutlet(mode, sink, stop);
      this.#outlet = outlet;
      this.#restart = () => stop('restart');
      this.#past.captures++;
      const capture = this.#access.capture(path, mode, {
        signal: run.signal,
        frame: (frame) => {
          watch.feed(stallMs);
          if (liveSince === undefined) {
            liveSince = this.#clock.monotonicNow();
            this.#live(sink, mode);
          }
          outlet.take(frame);
        },
      });
      this.#capture = capture;
      await capture.ended;
      return end ?? { code: 'source/device-gone', why: `${path} ended` };
    } catch (thrown) {
      return end ?? failureOf(thrown);
    } finally {
      watch.stop();
      signal.removeEventListener('abort', abort);
      await this.#wind();
      if (liveSince !== undefined && this.#clock.monotonicNow() - liveSince > STEADY_MS)
        this.#backoff.reset();
    }
  }

  /** Asks the device what it can, sets its controls and chooses a mode. */
  async #prepare(): Promise<ChosenMode> {
    const { path } = this.#options;
    const device = await this.#access.inspect(path);
    this.#device = device;
    if (!isCamera(device)) {
      const what = device.capabilities.join(', ') || 'nothing that it tells';
      throw new V4l2Error(
        'source/no-camera',
        `${path} (${device.card}) gives no pictures, it is for: ${what}; "pinhole devices" lists those that do (a USB camera has two nodes, and the second one is for metadata)`,
      );
    }
    this.#mode = chooseMode(device, this.#modes.wish);
    await this.#desk.take(device.controls);
    return this.#mode;
  }

  #openOutlet(mode: ChosenMode, sink: SourceSink, stop: (why: Failure) => void): PictureOutlet {
    const { ffmpeg = {}, encoder = 'auto', gop } = this.#options;
    const { bitrate } = this.#modes;
    return new PictureOutlet(
      {
        mode,
        log: this.#log,
        encoder: { ...ffmpeg, encoder, bitrate, ...(gop !== undefined && { gop }) },
        unit: (unit) => sink.write(this.#line.place(unit)),
        picture: (picture) => sink.picture?.({ ...picture, sequence: this.#pictures++ }),
        failed: (error) => {
          this.#log.error({ error: messageOf(error) }, 'the pictures cannot be encoded to H.264');
          // Whoever watches the JPEGs themselves can go on.
          if (!this.#wanted.has('pictures')) stop(failureOf(error));
        },
      },
      this.#wanted,
    );
  }

  async #wind(): Promise<void> {
    const [outlet, capture] = [this.#outlet, this.#capture];
    this.#restart = undefined;
    const past = this.counters;
    this.#outlet = undefined;
    this.#capture = undefined;
    const { captures, stalls, units, damaged, lostFrames, droppedBusy } = past;
    this.#past = { captures, stalls, units, damaged, lostFrames, droppedBusy };
    if (capture !== undefined) this.#log.debug({ ...capture.counters }, 'capture ended');
    await outlet?.close();
  }

  #live(sink: SourceSink, mode: ChosenMode): void {
    this.#lastCode = undefined;
    this.#log.info({ mode: modeInWords(mode), card: this.#device?.card }, 'camera is live');
    sink.state({ kind: 'live' });
  }

  #transcoding(): string | undefined {
    if (this.#mode === undefined || this.#outlet?.encodes !== true) return undefined;
    const { fourcc, kind } = this.#mode;
    return kind === 'mjpeg'
      ? 'the camera gives JPEG: H.264 is made of it here, once for all viewers, while somebody wants that'
      : `the camera gives raw pictures (${fourcc}): H.264 is made of them here, once for all viewers`;
  }

  #tell(failure: Failure, retryInMs: Millis): void {
    const level = failure.code === this.#lastCode ? 'debug' : 'warn';
    this.#lastCode = failure.code;
    this.#log[level]({ ...failure, retryInMs }, 'camera is not live; trying again');
  }
}
