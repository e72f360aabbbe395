import { type Abort, type Logger, type Millis, millis, PinholeError, silentLogger } from '@pinhole/core';
import type {
  ControlDescriptor,
  ControlValue,
  MediaKind,
  PictureOutcome,
  PicturePublication,
  PicturesRequest,
  PublisherEnd,
  Source,
  SourceDescription,
  SourceSink,
  SourceState,
} from '@pinhole/engine';
import { JpegWalk } from '@pinhole/media/jpeg';
import { MULTIPART_LIMITS } from '@pinhole/protocol/multipart';
import { type SourceClock, SystemClock } from '../clock.ts';
import { PictureTimes } from '../picture-times.ts';
import { StallWatch } from '../stall-watch.ts';
import { Transcoder, type TranscoderTuning, WHY_TRANSCODING } from '../transcoder.ts';

/** What a camera is made with to which others send JPEG pictures. */
export interface PushSourceOptions {
  /** Where they are sent to, for people, e.g. `/push/yard`. */
  readonly endpoint: string;
  readonly log?: Logger;
  /** Whoever sent nothing for so long makes way for another. Default 5 s. */
  readonly silenceMs?: Millis;
  /** How H.264 is made of the pictures. */
  readonly encoder?: TranscoderTuning;
  readonly clock?: SourceClock;
}

/** What came of those who sent pictures since the source was made. */
export interface PushCounters {
  readonly publishers: number;
  /** Refused as somebody else sends. */
  readonly refusedOccupied: number;
  readonly pictures: number;
  /** Left out: no whole JPEG. */
  readonly notJpeg: number;
  readonly tooLarge: number;
  /** Left out: more than 60 a second. */
  readonly tooOften: number;
  /** Left out: nobody ran the source. */
  readonly unwanted: number;
  /** Times that one who was there sent nothing any more. */
  readonly stalls: number;
}

const DEFAULT_SILENCE_MS = millis(5_000);
const MOST_A_SECOND = 60;
const SECOND_MS = 1_000;

/** The place of the one who sends. */
interface Seat {
  readonly request: PicturesRequest;
  readonly times: PictureTimes;
  lastAt: Millis;
  over: boolean;
}

/**
 * A camera whose JPEG pictures somebody sends, one at a time. Viewers stay when that one goes: the next carries on.
 * H.264 is made of the pictures while somebody wants it.
 */
export const createPushSource = (options: PushSourceOptions): PushSource => new PushSource(options);

/** The source that `createPushSource` makes. */
export class PushSource implements Source {
  readonly #endpoint: string;
  readonly #silenceMs: Millis;
  readonly #clock: SourceClock;
  readonly #log: Logger;
  readonly #transcoder: Transcoder;
  #seat: Seat | undefined;
  #sink: SourceSink | undefined;
  #watch: StallWatch | undefined;
  #sequence = 0;
  #second = { startedAt: millis(0), pictures: 0 };
  #counters = {
    publishers: 0,
    refusedOccupied: 0,
    pictures: 0,
    notJpeg: 0,
    tooLarge: 0,
    tooOften: 0,
    unwanted: 0,
    stalls: 0,
  };

  constructor(options: PushSourceOptions) {
    this.#endpoint = options.endpoint;
    this.#silenceMs = options.silenceMs ?? DEFAULT_SILENCE_MS;
    this.#clock = options.clock ?? new SystemClock();
    this.#log = (options.log ?? silentLogger).child({ source: 'push' });
    this.#transcoder = new Transcoder({
      ...options.encoder,
      clock: this.#clock,
      log: this.#log,
      unit: (unit) => this.#sink?.write(unit),
      failed: ({ message: why }) => {
        this.#log.error({ why }, 'no H.264 can be made of the pictures');
        this.#sink?.state({
          kind: 'failed',
          code: 'source/no-ffmpeg',
          why: `no H.264 can be made of its JPEG pictures: ${why}`,
        });
      },
    });
  }

  /** What it did so far. */
  get counters(): PushCounters {
    return this.#counters;
  }

  async start(sink: SourceSink, { signal }: { readonly signal: Abort }): Promise<void> {
    this.#sink = sink;
    sink.state(this.#seat ? { kind: 'connecting' } : this.#waiting());
    await new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve());
      if (signal.aborted) resolve();
    });
    if (this.#sink !== sink) return; // started again already
    this.#sink = undefined;
    this.#unwatch();
    await this.#transcoder.close();
  }

  /** @throws {PinholeError} `publish/occupied` */
  publishPictures(request: PicturesRequest): PicturePublication {
    const now = this.#clock.monotonicNow();
    const before = this.#seat;
    if (before !== undefined && now - before.lastAt < this.#silenceMs) {
      this.#counters.refusedOccupied++;
      throw new PinholeError(
        'publish/occupied',
        `somebody else sends pictures to ${this.#endpoint}: end that, or wait until it has been silent for ${this.#silenceMs / 1000} s`,
      );
    }
    if (before !== undefined) {
      this.#leave(before, 'replaced');
      before.request.ended('replaced');
    }
    const seat: Seat = { request, times: new PictureTimes(), lastAt: now, over: false };
    this.#seat = seat;
    this.#counters.publishers++;
    this.#sink?.state({ kind: 'connecting' });
    return {
      write: (jpeg, sentAt) => this.#write(seat, jpeg, sentAt),
      close: (why) => this.#leave(seat, why),
    };
  }

  requestKeyFrame(): void {
    this.#transcoder.requestKeyFrame();
  }

  describe(): SourceDescription {
    return {
      kind: 'push',
      label: this.#endpoint,
      jpeg: true,
      keyFrameOnRequest: this.#transcoder.keyFrameOnRequest,
      transcoding: WHY_TRANSCODING,
    };
  }

  want(kinds: ReadonlySet<MediaKind>): void {
    this.#transcoder.want(kinds.has('units'));
  }

  controls(): readonly ControlDescriptor[] {
    return this.#transcoder.controls();
  }

  controlValues(): ReadonlyMap<string, ControlValue> {
    return this.#transcoder.controlValues();
  }

  setControl(id: string, value: ControlValue): Promise<void> {
    try {
      this.#transcoder.setControl(id, value);
    } catch (thrown) {
      return Promise.reject(thrown as PinholeError);
    }
    return Promise.resolve();
  }

  #write(seat: Seat, jpeg: Uint8Array, sentAt: string | undefined): PictureOutcome {
    if (seat.over) return 'ended';
    const now = this.#clock.monotonicNow();
    if (jpeg.byteLength > MULTIPART_LIMITS.partBytes) {
      this.#counters.tooLarge++;
      return 'too-large';
    }
    const walk = new JpegWalk();
    const whole = walk.advance(jpeg) === 'end';
    if (!whole || walk.size === undefined) {
      this.#counters.notJpeg++;
      return 'not-jpeg';
    }
    seat.lastAt = now;
    if (!this.#isInRate(now)) {
      this.#counters.tooOften++;
      return 'too-often';
    }
    this.#counters.pictures++;
    if (this.#sink === undefined) {
      this.#counters.unwanted++;
      return 'taken';
    }
    this.#feed(this.#sink);
    const captureTime = seat.times.date(
      new Map(sentAt === undefined ? [] : [['x-timestamp', sentAt]]),
      this.#clock.utcNow(),
    );
    const data = jpeg.subarray(0, walk.offset);
    const picture = { data, ...walk.size, captureTime, sequence: this.#sequence++ };
    this.#sink.picture?.(picture);
    this.#transcoder.write(picture);
    return 'taken';
  }

  #isInRate(now: Millis): boolean {
    if (now - this.#second.startedAt >= SECOND_MS) this.#second = { startedAt: now, pictures: 0 };
    return ++this.#second.pictures <= MOST_A_SECOND;
  }

  #feed(sink: SourceSink): void {
    if (this.#watch !== undefined) {
      this.#watch.feed(this.#silenceMs);
      return;
    }
    this.#watch = new StallWatch({
      clock: this.#clock,
      limitMs: this.#silenceMs,
      stalled: () => {
        this.#watch = undefined;
        this.#counters.stalls++;
        const why = `whoever sends to ${this.#endpoint} has sent no picture for ${this.#silenceMs / 1000} s; waiting for that, or for another`;
        sink.state({ kind: 'retrying', code: 'source/stalled', why, retryInMs: millis(0) });
      },
    });
    sink.state({ kind: 'live' });
    this.#transcoder.tellFailure();
  }

  #leave(seat: Seat, why: PublisherEnd): void {
    if (seat.over) return;
    seat.over = true;
    if (this.#seat !== seat) return;
    this.#seat = undefined;
    this.#unwatch();
    this.#log.info({ endpoint: this.#endpoint, why, ...this.#counters }, 'publisher gone');
    this.#sink?.state(this.#waiting());
  }

  #unwatch(): void {
    this.#watch?.stop();
    this.#watch = undefined;
  }

  #waiting(): SourceState {
    return {
      kind: 'retrying',
      code: 'source/no-publisher',
      why: `waiting for somebody who sends JPEG pictures to ${this.#endpoint}`,
      retryInMs: millis(0),
    };
  }
}
