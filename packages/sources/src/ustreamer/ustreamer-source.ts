import {
  type Abort,
  Backoff,
  type Logger,
  type Micros,
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
  SourceState,
} from '@pinhole/engine';
import type { EncoderCounters } from '@pinhole/ffmpeg';
import { jpegSize } from '@pinhole/media/jpeg';
import { slotFile } from '@pinhole/native';
import { type SlotLayout, slotKindOf } from '@pinhole/protocol/memsink';
import { type SourceClock, SystemClock } from '../clock.ts';
import { Transcoder, WHY_TRANSCODING } from '../transcoder.ts';
import { UnitLine } from '../unit-line.ts';
import { waitForDevice } from '../watch-device.ts';
import { SlotConnection, type TakenFrame } from './slot-connection.ts';
import { SlotUnits } from './slot-units.ts';
import type { UstreamerCounters } from './ustreamer-counters.ts';
import { UstreamerError } from './ustreamer-error.ts';
import type { UstreamerSourceOptions } from './ustreamer-options.ts';
import { WriterTimes } from './writer-times.ts';

const DEFAULT_POLL_MICROS = 1000;
const DEFAULT_STALL_MS = millis(5_000);
const DEFAULT_RETRY = { firstMs: millis(1_000), maxMs: millis(5_000) };

const NO_SIGNAL: SourceState = {
  kind: 'retrying',
  code: 'source/no-signal',
  why: 'no signal: the capture device gives no picture, and what is seen is the placeholder of µStreamer',
  retryInMs: millis(0),
};

/**
 * A running µStreamer on this machine, by its slot of shared memory: H.264 as it is; JPEG as it is, and encoded while
 * somebody wants H.264. Placeholders are shown, and named by the state `source/no-signal`. The slot is opened again when
 * µStreamer starts anew.
 *
 * @throws {PinholeError} `source/bad-option` naming the option, its value and what would do.
 */
export function createUstreamerSource(options: UstreamerSourceOptions): UstreamerSource {
  const plain = options.name.replace(/^\//, '');
  if (plain === '' || plain.includes('/') || plain.length > 100)
    throw new PinholeError(
      'source/bad-option',
      `name "${options.name}": write the name of a slot in shared memory, e.g. demo::ustreamer::h264`,
    );
  const { pollMicros = DEFAULT_POLL_MICROS } = options;
  if (!Number.isInteger(pollMicros) || pollMicros < 100 || pollMicros > 1_000_000)
    throw new PinholeError('source/bad-option', `pollMicros ${pollMicros}: use 100 to 1000000 microseconds`);
  return new UstreamerSource({ ...options, name: plain });
}

/** The source that `createUstreamerSource` makes. */
export class UstreamerSource implements Source {
  readonly #name: string;
  readonly #clock: SourceClock;
  readonly #log: Logger;
  readonly #backoff: Backoff;
  readonly #connection: SlotConnection;
  readonly #transcoder: Transcoder;
  readonly #line = new UnitLine();
  #units = new SlotUnits();
  #times = new WriterTimes();
  #makes: 'h264' | 'jpeg';
  #layout: SlotLayout | undefined;
  #sink: SourceSink | undefined;
  #running: Promise<void> = Promise.resolve();
  #told: string | undefined;
  #needsKey = false;
  #sequence = 0;
  #counters = {
    opened: 0,
    units: 0,
    pictures: 0,
    placeholders: 0,
    withoutPicture: 0,
    withoutParameterSets: 0,
    untilKey: 0,
    foreign: 0,
    stalls: 0,
  };

  /** Use `createUstreamerSource`. */
  constructor(options: UstreamerSourceOptions) {
    const { name, clock = new SystemClock(), pollMicros = DEFAULT_POLL_MICROS } = options;
    this.#name = name;
    this.#clock = clock;
    this.#makes = slotKindOf(name) === 'jpeg' ? 'jpeg' : 'h264';
    this.#log = (options.log ?? silentLogger).child({ source: 'ustreamer', slot: name });
    this.#backoff = new Backoff(options.retry ?? DEFAULT_RETRY);
    const stallMs = options.stallMs ?? DEFAULT_STALL_MS;
    this.#connection = new SlotConnection({ name, pollMicros, stallMs, clock });
    this.#transcoder = new Transcoder({
      ...options.encoder,
      clock,
      log: this.#log,
      unit: (unit) => this.#sink?.write(unit),
      failed: ({ message: why }) => {
        this.#log.error({ why }, 'no H.264 can be made of the pictures');
        this.#tell({
          kind: 'failed',
          code: 'source/no-ffmpeg',
          why: `no H.264 can be made of its JPEG pictures: ${why}`,
        });
      },
    });
  }

  /** What it did so far. */
  get counters(): UstreamerCounters {
    return { ...this.#counters, ...this.#connection.counters, malformed: this.#connection.malformed };
  }

  /** What the encoder did, while there is one. */
  get encoder(): EncoderCounters | undefined {
    return this.#transcoder.counters;
  }

  /** How the slot is laid out, once that is known. */
  get layout(): SlotLayout | undefined {
    return this.#layout;
  }

  async start(sink: SourceSink, { signal }: { readonly signal: Abort }): Promise<void> {
    const before = this.#running;
    const run = before.then(() => this.#run(sink, signal));
    this.#running = run.catch(() => {}); // its caller hears of it
    await run;
  }

  requestKeyFrame(): void {
    if (this.#makes === 'jpeg') this.#transcoder.requestKeyFrame();
    else this.#connection.requestKey();
  }

  describe(): SourceDescription {
    const isJpeg = this.#makes === 'jpeg';
    return {
      kind: 'ustreamer',
      label: this.#name,
      // Asked in vain, a version that cannot be asked costs newcomers a moment.
      keyFrameOnRequest: isJpeg ? this.#transcoder.keyFrameOnRequest : true,
      ...(isJpeg && { jpeg: true, transcoding: WHY_TRANSCODING }),
    };
  }

  want(kinds: ReadonlySet<MediaKind>): void {
    this.#transcoder.want(kinds.has('units'));
  }

  /** Of H.264 that is made here; of what µStreamer makes, nothing can be changed through its slot. */
  controls(): readonly ControlDescriptor[] {
    return this.#makes === 'jpeg' ? this.#transcoder.controls() : [];
  }

  controlValues(): ReadonlyMap<string, ControlValue> {
    return this.#makes === 'jpeg' ? this.#transcoder.controlValues() : new Map();
  }

  setControl(id: string, value: ControlValue): Promise<void> {
    try {
      if (this.#makes === 'h264')
        throw new PinholeError(
          'control/unknown',
          `no control "${id}": what fills the slot sets the H.264 in it, as µStreamer by --h264-bitrate and --h264-gop`,
        );
      this.#transcoder.setControl(id, value);
    } catch (thrown) {
      return Promise.reject(thrown as PinholeError);
    }
    return Promise.resolve();
  }

  async #run(sink: SourceSink, signal: Abort): Promise<void> {
    this.#sink = sink;
    try {
      while (!signal.aborted) {
        this.#tell({ kind: 'connecting' });
        const end = await this.#connect(signal);
        if (signal.aborted || end === 'aborted') return;
        if (!(end instanceof UstreamerError)) {
          this.#log.info({ why: end }, 'the slot is another one now; opening it again');
          continue;
        }
        if (end.code === 'source/no-native') throw end;
        const retryInMs = this.#backoff.next();
        this.#log[this.#backoff.tries > 1 ? 'debug' : 'warn'](
          { code: end.code, why: end.message, retryInMs },
          'camera is not live; trying again',
        );
        this.#tell({ kind: 'retrying', code: end.code, why: end.message, retryInMs });
        await waitForDevice(slotFile(this.#name), { delayMs: retryInMs, clock: this.#clock, signal });
      }
    } finally {
      this.#sink = undefined;
      this.#told = undefined;
      await this.#transcoder.close();
    }
  }

  /** One slot, from start to end. */
  async #connect(signal: Abort): ReturnType<SlotConnection['run']> {
    this.#units = new SlotUnits();
    this.#times = new WriterTimes();
    this.#needsKey = false;
    return await this.#connection.run({
      signal,
      opened: (layout) => {
        this.#counters.opened++;
        this.#layout = layout;
        this.#backoff.reset();
        this.#log.info({ layout: layout.name, version: layout.version, abi: layout.abi }, 'slot opened');
        // Whoever waits for a picture need not wait for the next group of them.
        this.requestKeyFrame();
      },
      frame: (frame) => this.#take(frame),
      quiet: ({ code, message: why }) => {
        this.#counters.stalls++;
        this.#tell({ kind: 'retrying', code, why, retryInMs: millis(0) });
      },
    });
  }

  #take(frame: TakenFrame): void {
    const { header, data, taken } = frame;
    const captureTime = this.#times.date(header.grabbedSeconds, taken);
    if (header.format === 'H264') this.#takeUnit(frame, captureTime);
    else if (header.format === 'JPEG' || header.format === 'MJPG') this.#takePicture(data, captureTime);
    else {
      this.#counters.foreign++;
      this.#tell({
        kind: 'retrying',
        code: 'source/no-video',
        why: `${slotFile(this.#name)} holds raw pictures (${header.format.replaceAll(/[^\w ]/g, '?')}): name the slot of µStreamer’s --h264-sink or --jpeg-sink`,
        retryInMs: millis(0),
      });
      return;
    }
    if (!header.online) this.#counters.placeholders++;
    this.#tell(header.online ? { kind: 'live' } : NO_SIGNAL);
  }

  #takeUnit({ data, afterLoss }: TakenFrame, captureTime: Micros): void {
    this.#makes = 'h264';
    const unit = this.#units.unit(data);
    if (unit.kind === 'no-picture') {
      this.#counters.withoutPicture++;
      return;
    }
    if (unit.kind === 'no-parameter-sets') {
      this.#counters.withoutParameterSets++;
      this.#connection.requestKey();
      return;
    }
    if (afterLoss && !unit.key) {
      this.#needsKey = true;
      this.#connection.requestKey();
    }
    if (unit.key) this.#needsKey = false;
    if (this.#needsKey) {
      this.#counters.untilKey++;
      return;
    }
    this.#counters.units++;
    this.#sink?.write(this.#line.place({ data: unit.data, key: unit.key, captureTime }));
  }

  #takePicture(data: Uint8Array, captureTime: Micros): void {
    this.#makes = 'jpeg';
    const size = jpegSize(data);
    if (size === undefined) {
      this.#counters.withoutPicture++;
      return;
    }
    this.#counters.pictures++;
    const picture = { data, ...size, captureTime, sequence: this.#sequence++ };
    this.#sink?.picture?.(picture);
    this.#transcoder.write(picture);
  }

  /** Each state once. */
  #tell(state: SourceState): void {
    const key = 'why' in state ? `${state.kind} ${state.why}` : state.kind;
    if (key === this.#told) return;
    this.#told = key;
    if (state.kind === 'live') this.#log.info({}, 'camera is live');
    if (state.kind === 'retrying' && state.retryInMs === 0)
      this.#log.warn({ code: state.code, why: state.why }, 'no new picture');
    this.#sink?.state(state);
    if (state.kind === 'live') this.#transcoder.tellFailure();
  }
}
