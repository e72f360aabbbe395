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
  ControlDescriptor,
  ControlValue,
  MediaKind,
  Source,
  SourceDescription,
  SourceSink,
} from '@pinhole/engine';
import { type EncoderCounters, scrubCredentials } from '@pinhole/ffmpeg';
import type { MultipartCounters } from '@pinhole/protocol/multipart';
import { type SourceClock, SystemClock } from '../clock.ts';
import { sleep } from '../sleep.ts';
import { Transcoder, type TranscoderTuning, WHY_TRANSCODING } from '../transcoder.ts';
import type { CameraDevice } from './camera-device.ts';
import { deviceClaims } from './device-claims.ts';
import { parseHttpTarget } from './http/http-target.ts';
import { MjpegError } from './mjpeg-error.ts';
import { addMultipartCounters, NO_MULTIPART_COUNTERS } from './multipart-totals.ts';
import { PictureConnection } from './picture-connection.ts';
import { UrlDevice } from './url-device.ts';

/** What any source of JPEG pictures over HTTP may be told. */
export interface MjpegTuning {
  readonly log?: Logger;
  /** No picture for so long means that the camera hangs. Default 5 s. */
  readonly stallMs?: Millis;
  /** A connection has to bring its first picture within so long. Default 10 s. */
  readonly connectMs?: Millis;
  /** Waits between tries. */
  readonly retry?: { readonly firstMs: Millis; readonly maxMs: Millis };
  /** Between the end of a connection and the next. */
  readonly restMs?: Millis;
  /** How H.264 is made of the pictures. */
  readonly encoder?: TranscoderTuning;
  readonly clock?: SourceClock;
}

/** How a camera that sends JPEG pictures over HTTP is reached. */
export interface MjpegSourceOptions extends MjpegTuning {
  /** `http://` or `https://`; credentials in it go to the camera and nowhere else. */
  readonly url: string;
  /** For people; the URL without credentials unless told. */
  readonly label?: string;
}

/** What the source did since it was made. */
export interface MjpegCounters extends MultipartCounters {
  /** Connections that were tried. */
  readonly connections: number;
  /** Connections given up because no picture came for too long. */
  readonly stalls: number;
  /** Pictures that tell no size, and were left out. */
  readonly sizeless: number;
}

const DEFAULTS = { stallMs: millis(5_000), connectMs: millis(10_000), restMs: millis(0) };
const DEFAULT_RETRY = { firstMs: millis(1_000), maxMs: millis(30_000) };
/** A connection that lived for less was no success: the waits go on growing. */
const STEADY_MS = 10_000;

/**
 * A camera that sends JPEG pictures over HTTP as multipart/x-mixed-replace, the way of most small cameras. One connection
 * serves everybody; it is made again for as long as it is wanted, and never before the last one is gone. Pictures are
 * handed on as they are; H.264 is made of them while somebody wants it.
 *
 * @throws {PinholeError} `source/bad-option` naming the option, its value and what would do.
 */
export function createMjpegSource(options: MjpegSourceOptions): MjpegSource {
  const target = parseHttpTarget(options.url);
  if (target === undefined) {
    // Not shown where it may hold a password that cannot be told apart.
    const shown = options.url.includes('@') ? 'url' : `url "${options.url}"`;
    throw new PinholeError(
      'source/bad-option',
      `${shown}: write http://host/path, with the special characters of a password percent-encoded`,
    );
  }
  return new MjpegSource(new UrlDevice(target, options.label), options);
}

/** The source that `createMjpegSource` makes. */
export class MjpegSource implements Source {
  readonly #device: CameraDevice;
  readonly #options: Required<Pick<MjpegTuning, 'stallMs' | 'connectMs' | 'restMs'>>;
  readonly #retry: { readonly firstMs: Millis; readonly maxMs: Millis };
  readonly #clock: SourceClock;
  readonly #log: Logger;
  readonly #backoff: Backoff;
  readonly #transcoder: Transcoder;
  readonly #connection: PictureConnection;
  #sink: SourceSink | undefined;
  #running: Promise<void> = Promise.resolve();
  #counters = { connections: 0, stalls: 0, sizeless: 0 };
  #multipart = NO_MULTIPART_COUNTERS;
  #lastCode: string | undefined;
  #lastEndAt = millis(Number.NEGATIVE_INFINITY);
  #sequence = 0;

  /** Use `createMjpegSource`. */
  constructor(device: CameraDevice, options: MjpegTuning) {
    this.#device = device;
    this.#options = { ...DEFAULTS, ...options };
    this.#retry = options.retry ?? DEFAULT_RETRY;
    this.#clock = options.clock ?? new SystemClock();
    this.#log = (options.log ?? silentLogger).child({
      source: device.kind,
      label: scrubCredentials(device.label),
    });
    this.#backoff = new Backoff(this.#retry);
    this.#connection = new PictureConnection({ device, clock: this.#clock, ...this.#options });
    this.#transcoder = new Transcoder({
      ...options.encoder,
      clock: this.#clock,
      log: this.#log,
      unit: (unit) => this.#sink?.write(unit),
      failed: ({ message }) => {
        this.#log.error({ why: message }, 'no H.264 can be made of this camera’s pictures');
        this.#sink?.state({
          kind: 'failed',
          code: 'source/no-ffmpeg',
          why: `no H.264 can be made of its JPEG pictures: ${message}`,
        });
      },
    });
  }

  /** What it did so far. */
  get counters(): MjpegCounters {
    return {
      ...this.#counters,
      ...addMultipartCounters(this.#multipart, this.#connection.counters),
    };
  }

  /** What the encoder did, while there is one. */
  get encoder(): EncoderCounters | undefined {
    return this.#transcoder.counters;
  }

  async start(sink: SourceSink, { signal }: { readonly signal: Abort }): Promise<void> {
    // A start may come before the last run has let go of the camera.
    const before = this.#running;
    const run = before.then(() => this.#run(sink, signal));
    this.#running = run.catch(() => {}); // its caller hears of it
    await run;
  }

  requestKeyFrame(): void {
    this.#transcoder.requestKeyFrame();
  }

  describe(): SourceDescription {
    const { kind, label } = this.#device;
    return {
      kind,
      label,
      jpeg: true,
      keyFrameOnRequest: this.#transcoder.keyFrameOnRequest,
      transcoding: WHY_TRANSCODING,
    };
  }

  want(kinds: ReadonlySet<MediaKind>): void {
    this.#transcoder.want(kinds.has('units'));
  }

  controls(): readonly ControlDescriptor[] {
    // What the device calls by the same name is what its owner means by it.
    const own = this.#device.controls();
    const ids = new Set(own.map(({ id }) => id));
    return [...this.#transcoder.controls().filter(({ id }) => !ids.has(id)), ...own];
  }

  controlValues(): ReadonlyMap<string, ControlValue> {
    return new Map([...this.#transcoder.controlValues(), ...this.#device.values()]);
  }

  setControl(id: string, value: ControlValue): Promise<void> {
    const own = this.#device.controls().some((control) => control.id === id);
    if (own || !this.#transcoder.controls().some((control) => control.id === id))
      return this.#device.set(id, value);
    try {
      this.#transcoder.setControl(id, value);
    } catch (thrown) {
      return Promise.reject(thrown as PinholeError);
    }
    return Promise.resolve();
  }

  async #run(sink: SourceSink, signal: Abort): Promise<void> {
    this.#sink = sink;
    const { exclusive, label } = this.#device;
    try {
      while (!signal.aborted) {
        sink.state({ kind: 'connecting' });
        const holder = exclusive === undefined ? undefined : deviceClaims.take(exclusive, this, label);
        const failure = holder === undefined ? await this.#connect(sink, signal) : taken(holder);
        if (signal.aborted) return;
        // Cameras lock an account after a few wrong passwords.
        const next = this.#backoff.next();
        const retryInMs = failure.code === 'source/unauthorized' ? this.#retry.maxMs : next;
        const { code, message: why } = failure;
        sink.state({ kind: 'retrying', code, why, retryInMs });
        this.#log[code === this.#lastCode ? 'debug' : 'warn'](
          { code, why, retryInMs },
          'camera is not live; trying again',
        );
        this.#lastCode = code;
        await sleep(retryInMs, { clock: this.#clock, signal });
      }
    } finally {
      if (exclusive !== undefined) deviceClaims.release(exclusive, this);
      this.#sink = undefined;
      await this.#transcoder.close();
    }
  }

  /** One connection, from start to end. */
  async #connect(sink: SourceSink, signal: Abort): Promise<MjpegError> {
    const restMs = millis(Math.max(0, this.#lastEndAt + this.#options.restMs - this.#clock.monotonicNow()));
    if (restMs > 0) await sleep(restMs, { clock: this.#clock, signal });
    if (signal.aborted) return new MjpegError('source/ended', 'stopped');
    this.#counters.connections++;
    let liveSince: Millis | undefined;
    const failure = await this.#connection.run({
      signal,
      controlsChanged: () => sink.controlsChanged?.(),
      picture: (data, { size, captureTime }) => {
        if (liveSince === undefined) {
          liveSince = this.#clock.monotonicNow();
          this.#lastCode = undefined;
          this.#log.info({}, 'camera is live');
          sink.state({ kind: 'live' });
          this.#transcoder.tellFailure();
        }
        const picture = { data, ...size, captureTime, sequence: this.#sequence++ };
        sink.picture?.(picture);
        this.#transcoder.write(picture);
      },
    });
    if (liveSince !== undefined && this.#clock.monotonicNow() - liveSince > STEADY_MS) this.#backoff.reset();
    this.#lastEndAt = this.#clock.monotonicNow();
    this.#multipart = addMultipartCounters(this.#multipart, this.#connection.counters);
    this.#counters.sizeless += this.#connection.sizeless;
    this.#connection.reset();
    if (failure.code === 'source/stalled') this.#counters.stalls++;
    return failure;
  }
}

const taken = (by: string): MjpegError =>
  new MjpegError(
    'source/busy',
    `another camera of this configuration, ${by}, has this device already, which serves one stream only: use that camera for both`,
  );
