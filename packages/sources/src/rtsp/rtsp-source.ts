import {
  type Abort,
  Backoff,
  type Logger,
  type Millis,
  millis,
  PinholeError,
  silentLogger,
} from '@pinhole/core';
import type { AccessUnit, ControlDescriptor, Source, SourceDescription, SourceSink } from '@pinhole/engine';
import { type FfmpegOptions, scrubCredentials } from '@pinhole/ffmpeg';
import { type SourceClock, SystemClock } from '../clock.ts';
import { addRtpCounters, NO_RTP_COUNTERS, type RtpCounters } from '../rtp/rtp-counters.ts';
import { sleep } from '../sleep.ts';
import { StallWatch } from '../stall-watch.ts';
import { Timeline } from '../timeline.ts';
import { CameraSound, type RtspSoundCounters } from './camera-sound.ts';
import { openReception, type Reception, type RtspWay } from './reception.ts';
import { type RtspFailure, rtspFailure } from './rtsp-failure.ts';
import { parseRtspTarget } from './session/rtsp-target.ts';
import { NO_SOUND_COUNTERS } from './session/sound-track.ts';

/** How an RTSP camera is reached. */
export interface RtspSourceOptions {
  /** `rtsp://` or `rtsps://`; credentials in it go to the camera and nowhere else. */
  readonly url: string;
  /** How RTP travels. Default `tcp`: nothing is lost on the way, and no port has to be open. */
  readonly transport?: 'tcp' | 'udp';
  /**
   * What receives it. `auto` (default): our own client, which hands a picture over at its last packet, and FFmpeg for
   * what that does not do: other codecs than H.264, encryption, odd TLS. `ffmpeg`: FFmpeg always.
   */
  readonly via?: 'auto' | 'ffmpeg';
  /** Whether its sound is asked for as well, if it has any. Default `off`. */
  readonly audio?: 'off' | 'on';
  /** For people; the URL without credentials unless told. */
  readonly label?: string;
  readonly log?: Logger;
  /** Which FFmpeg; the best that is there unless told. */
  readonly ffmpeg?: FfmpegOptions;
  /** No picture for so long means that the camera is gone. Default 5 s. */
  readonly stallMs?: Millis;
  /** A connection has to bring its first picture within so long. Default 10 s. */
  readonly connectMs?: Millis;
  /** Waits between tries. Default 0.5 s doubling to 30 s. */
  readonly retry?: { readonly firstMs: Millis; readonly maxMs: Millis };
  readonly clock?: SourceClock;
}

/** What an RTSP source did since it was made. */
export interface RtspCounters extends RtpCounters {
  /** Connections that were tried. */
  readonly connections: number;
  readonly units: number;
  /** Units left out because the program was too busy to take them. */
  readonly droppedBusy: number;
  /** Connections given up because no picture came for too long. */
  readonly stalls: number;
  readonly sound: RtspSoundCounters;
}

const DEFAULT_STALL_MS = millis(5_000);
const DEFAULT_RETRY = { firstMs: millis(500), maxMs: millis(30_000) };
const DEFAULT_CONNECT_MS = millis(10_000);
/** A camera whose key pictures are further apart is of no use. */
const KEY_PATIENCE_MS = 60_000;
/** A connection that lived for less was no success: the waits go on growing. */
const STEADY_MS = 10_000;

/**
 * A camera (or server) that speaks RTSP. H.264 is received by our own client and passed through, each picture at its
 * last packet; after a loss nothing is passed on up to the next key picture. Anything else is encoded here once by
 * FFmpeg, with a notice in `describe().transcoding`. Where FFmpeg receives H.264 (`via`), it hands a picture over when
 * the next one begins: one picture's time late. It connects again for as long as it is wanted; wrong credentials are
 * tried again too, at the longest wait, since a camera that is starting up may refuse good ones.
 *
 * @throws {PinholeError} `source/bad-option` naming the option, its value and what would do.
 */
export const createRtspSource = (options: RtspSourceOptions): RtspSource => new RtspSource(options);

/** The source that `createRtspSource` makes. */
export class RtspSource implements Source {
  readonly #options: RtspSourceOptions;
  readonly #clock: SourceClock;
  readonly #log: Logger;
  readonly #label: string;
  readonly #timeline = new Timeline();
  readonly #backoff: Backoff;
  readonly #sound: CameraSound;
  #reception: Reception | undefined;
  #transcoding: string | undefined;
  #counters = { connections: 0, units: 0, droppedBusy: 0, stalls: 0 };
  /** Of the connections that have ended. */
  #rtpCounters = NO_RTP_COUNTERS;
  #lastCode: string | undefined;

  constructor(options: RtspSourceOptions) {
    this.#options = options;
    this.#label = scrubCredentials(options.label ?? options.url);
    if (!/^rtsps?:\/\/[^\s']+$/i.test(options.url) || parseRtspTarget(options.url) === undefined) {
      // Not shown where it may hold a password that cannot be told apart.
      const shown = options.url.includes('@') ? 'url' : `url "${options.url}"`;
      throw new PinholeError(
        'source/bad-option',
        `${shown}: write rtsp://host/path, with blanks, quotes and the special characters of a password percent-encoded`,
      );
    }
    this.#clock = options.clock ?? new SystemClock();
    this.#log = (options.log ?? silentLogger).child({ source: 'rtsp', label: this.#label });
    this.#backoff = new Backoff(options.retry ?? DEFAULT_RETRY);
    this.#sound = new CameraSound({ audio: options.audio ?? 'off', clock: this.#clock, log: this.#log });
  }

  /** What it did so far. */
  get counters(): RtspCounters {
    const now = this.#reception?.counters() ?? NO_RTP_COUNTERS;
    const sound = this.#sound.countersWith(this.#reception?.soundCounters() ?? NO_SOUND_COUNTERS);
    return { ...this.#counters, ...addRtpCounters(this.#rtpCounters, now), sound };
  }

  /** What receives it, while something does. */
  get way(): RtspWay | undefined {
    return this.#reception?.way();
  }

  /** The process id of FFmpeg's child while there is one. */
  get pid(): number | undefined {
    return this.#reception?.pid();
  }

  async start(sink: SourceSink, { signal }: { readonly signal: Abort }): Promise<void> {
    while (!signal.aborted) {
      sink.state({ kind: 'connecting' });
      const failure = await this.#connect(sink, signal);
      if (signal.aborted) return;
      if (failure.code === 'source/no-ffmpeg') {
        sink.state({ kind: 'failed', ...failure });
        throw new PinholeError(failure.code, failure.why);
      }
      const retryInMs = this.#wait(failure);
      sink.state({ kind: 'retrying', ...failure, retryInMs });
      this.#tell(failure, retryInMs);
      await sleep(retryInMs, { clock: this.#clock, signal });
    }
  }

  requestKeyFrame(): void {
    this.#reception?.requestKeyFrame();
  }

  describe(): SourceDescription {
    const transcoding = this.#transcoding;
    return {
      kind: 'rtsp',
      label: this.#label,
      // RTSP knows no way to ask a camera for one; where we encode ourselves, we can.
      keyFrameOnRequest: transcoding !== undefined && this.way === 'node-av',
      ...(transcoding === undefined ? {} : { transcoding }),
    };
  }

  controls(): readonly ControlDescriptor[] {
    return [];
  }

  setControl(id: string): Promise<void> {
    return Promise.reject(new PinholeError('control/unknown', `an RTSP camera has no control "${id}" here`));
  }

  /** One connection, from start to end. */
  async #connect(sink: SourceSink, signal: Abort): Promise<RtspFailure> {
    const run = new AbortController();
    const abort = (): void => run.abort();
    signal.addEventListener('abort', abort);
    const { stallMs = DEFAULT_STALL_MS, connectMs = DEFAULT_CONNECT_MS } = this.#options;
    let stalled = false;
    let liveSince: Millis | undefined;
    let usefulAt = this.#clock.monotonicNow();
    const watch = new StallWatch({
      clock: this.#clock,
      limitMs: connectMs,
      stalled: () => {
        stalled = true;
        run.abort();
      },
    });
    let last: AccessUnit | undefined;
    const { audio } = this.#sound;
    this.#timeline.join();
    this.#sound.join();
    this.#counters.connections++;
    const droppedBefore = this.#counters.droppedBusy;
    try {
      const { url, transport = 'tcp', via = 'auto', ffmpeg = {} } = this.#options;
      const clock = this.#clock;
      const reception = openReception(
        { url, transport, audio, via, ffmpeg, clock, log: this.#log, signal: run.signal },
        {
          opened: ({ codec, transcoding }) => {
            this.#transcoding = transcoding;
            if (transcoding !== undefined) this.#log.warn({ codec }, transcoding);
          },
          received: () => {
            if (clock.monotonicNow() - usefulAt < KEY_PATIENCE_MS) watch.feed(stallMs);
          },
          write: (unit) => {
            if (stalled || signal.aborted) return;
            watch.feed(stallMs);
            usefulAt = clock.monotonicNow();
            if (liveSince === undefined) {
              liveSince = this.#clock.monotonicNow();
              this.#live(sink);
            }
            this.#counters.units++;
            last = this.#timeline.place(unit);
            sink.write(last);
          },
          audio: (frame) => {
            const placed = signal.aborted || stalled ? undefined : this.#sound.place(frame, last);
            if (placed !== undefined) sink.audio?.(placed);
          },
          noSound: (why) => this.#sound.missing(why),
          soundBroke: (why) => this.#sound.broke(why),
          droppedBusy: (total) => {
            this.#counters.droppedBusy = droppedBefore + total;
          },
        },
      );
      this.#reception = reception;
      await reception.ended;
      if (!stalled) return { code: 'source/ended', why: 'the camera ended the stream' };
      this.#counters.stalls++;
      return liveSince === undefined
        ? {
            code: 'source/timeout',
            why: `no first picture within ${connectMs} ms`,
          }
        : { code: 'source/stalled', why: `no picture for ${stallMs} ms` };
    } catch (thrown) {
      return rtspFailure(thrown);
    } finally {
      watch.stop();
      signal.removeEventListener('abort', abort);
      this.#rtpCounters = addRtpCounters(this.#rtpCounters, this.#reception?.counters() ?? NO_RTP_COUNTERS);
      this.#sound.ended({
        asked: audio,
        hadSound: this.#reception?.hasSound() ?? false,
        showedPictures: last !== undefined || signal.aborted,
        counters: this.#reception?.soundCounters() ?? NO_SOUND_COUNTERS,
      });
      this.#reception = undefined;
      if (liveSince !== undefined && this.#clock.monotonicNow() - liveSince > STEADY_MS)
        this.#backoff.reset();
    }
  }

  #live(sink: SourceSink): void {
    this.#lastCode = undefined;
    this.#log.info({ way: this.way }, 'camera is live');
    sink.state({ kind: 'live' });
  }

  #wait(failure: RtspFailure): Millis {
    const next = this.#backoff.next();
    // Cameras lock an account after a few wrong passwords.
    return failure.code === 'source/unauthorized' ? (this.#options.retry ?? DEFAULT_RETRY).maxMs : next;
  }

  #tell(failure: RtspFailure, retryInMs: Millis): void {
    const level = failure.code === this.#lastCode ? 'debug' : 'warn';
    this.#lastCode = failure.code;
    this.#log[level]({ ...failure, retryInMs }, 'camera is not live; trying again');
  }
}
