import { type Abort, type Logger, type Millis, millis, PinholeError, silentLogger } from '@pinhole/core';
import type {
  AccessUnit,
  ControlDescriptor,
  Publication,
  PublisherEnd,
  PublishRequest,
  Source,
  SourceAudioFrame,
  SourceDescription,
  SourceSink,
  SourceState,
} from '@pinhole/engine';
import type { DemuxedUnit } from '@pinhole/ffmpeg';
import type { TransportOpener } from '@pinhole/webrtc';
import { type SourceClock, SystemClock } from '../clock.ts';
import { PublisherConnection } from '../publisher/publisher-connection.ts';
import type { PublishedCounters } from '../publisher/publisher-reception.ts';
import { AudioTimeline } from '../rtp/audio-timeline.ts';
import { StallWatch } from '../stall-watch.ts';
import { Timeline } from '../timeline.ts';
import { END_IN_WORDS } from './end-in-words.ts';

/** What a camera that others publish to is made with. */
export interface WhipSourceOptions {
  readonly transports: TransportOpener;
  /** Where publishers send their offers, in words for people, e.g. `/whip/phone`. */
  readonly endpoint: string;
  readonly log?: Logger;
  /** No picture for so long means that the publisher sends none any more. Default 5 s. */
  readonly stallMs?: Millis;
  readonly clock?: SourceClock;
}

/** What came of publishers since the source was made. */
export interface WhipCounters {
  readonly publishers: number;
  /** Offers refused as somebody else publishes. */
  readonly refusedOccupied: number;
  readonly units: number;
  readonly audioFrames: number;
  /** Sound that came before the first picture. */
  readonly audioDroppedEarly: number;
  /** Times a publisher that was there sent no picture any more. */
  readonly stalls: number;
  /** Of the publisher that is there, or was there last. */
  readonly connection?: PublishedCounters;
}

const DEFAULT_STALL_MS = millis(5000);

/** A publisher that sent nothing for so long has to make way for another. */
const MAKES_WAY_AFTER_MS = 2000;

/** One that is still connecting has to, after so long. */
const CONNECTING_MS = 5000;

/** The place of one publisher, from before its connection is open. */
interface Seat {
  readonly request: PublishRequest;
  readonly takenAt: Millis;
  connection?: PublisherConnection;
  /** It said that it sends no more for now. */
  saidBye: boolean;
  over: boolean;
}

/**
 * A camera whose pictures a WebRTC peer publishes, one at a time. Viewers stay when the publisher goes: the next one
 * carries on the same stream.
 */
export const createWhipSource = (options: WhipSourceOptions): WhipSource => new WhipSource(options);

/** The source that `createWhipSource` makes. */
export class WhipSource implements Source {
  readonly #options: WhipSourceOptions;
  readonly #clock: SourceClock;
  readonly #log: Logger;
  readonly #stallMs: Millis;
  readonly #timeline = new Timeline();
  #audioTimeline = new AudioTimeline();
  #seat: Seat | undefined;
  /** Whose units go on the time line. */
  #joined: Seat | undefined;
  #sink: SourceSink | undefined;
  #last: AccessUnit | undefined;
  #watch: StallWatch | undefined;
  #lastCounters: PublishedCounters | undefined;
  readonly #counters = {
    publishers: 0,
    refusedOccupied: 0,
    units: 0,
    audioFrames: 0,
    audioDroppedEarly: 0,
    stalls: 0,
  };

  constructor(options: WhipSourceOptions) {
    this.#options = options;
    this.#clock = options.clock ?? new SystemClock();
    this.#log = (options.log ?? silentLogger).child({ source: 'whip' });
    this.#stallMs = options.stallMs ?? DEFAULT_STALL_MS;
  }

  /** What it did so far. */
  get counters(): WhipCounters {
    const connection = this.#seat?.connection?.counters ?? this.#lastCounters;
    return { ...this.#counters, ...(connection && { connection }) };
  }

  async start(sink: SourceSink, { signal }: { readonly signal: Abort }): Promise<void> {
    this.#sink = sink;
    sink.state(this.#seat ? { kind: 'connecting' } : this.#waiting());
    // A newcomer's first picture must be one that decoding can start at.
    this.requestKeyFrame();
    await new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve());
      if (signal.aborted) resolve();
    });
    this.#sink = undefined;
    this.#watch?.stop();
    this.#watch = undefined;
    const seat = this.#seat;
    if (seat) {
      await seat.connection?.close('shutdown');
      this.#leave(seat, 'shutdown');
      seat.request.ended('shutdown');
    }
  }

  /** @throws {PinholeError} `publish/occupied`, `webrtc/*` */
  async publish(request: PublishRequest): Promise<Publication> {
    const before = this.#seat;
    if (before && !this.#makesWay(before)) {
      this.#counters.refusedOccupied++;
      throw new PinholeError(
        'publish/occupied',
        `somebody else publishes to ${this.#options.endpoint}: end that, or wait until it has been silent for ` +
          `${MAKES_WAY_AFTER_MS / 1000} s`,
      );
    }
    const seat: Seat = { request, takenAt: this.#clock.monotonicNow(), saidBye: false, over: false };
    // Taken before anything is waited for: of two that come at a time one is refused.
    this.#seat = seat;
    try {
      const connection = await this.#open(seat);
      seat.connection = connection;
      if (seat.over) {
        await connection.close('replaced');
        throw new PinholeError('publish/occupied', 'another publisher came while this one was answered');
      }
      if (before) this.#replace(before);
      this.#counters.publishers++;
      this.#tell({ kind: 'connecting' });
      return {
        answer: connection.answer,
        addCandidate: (candidate) => connection.addCandidate(candidate),
        close: async (why) => {
          await connection.close(why);
          this.#leave(seat, why);
        },
      };
    } catch (thrown) {
      if (this.#seat === seat) this.#seat = before?.over === false ? before : undefined;
      seat.over = true;
      throw thrown;
    }
  }

  requestKeyFrame(): void {
    this.#seat?.connection?.requestKeyFrame();
  }

  describe(): SourceDescription {
    return { kind: 'whip', label: this.#options.endpoint, keyFrameOnRequest: true };
  }

  controls(): readonly ControlDescriptor[] {
    return [];
  }

  setControl(id: string): Promise<void> {
    return Promise.reject(new PinholeError('control/unknown', `a publisher has no control "${id}" here`));
  }

  #open(seat: Seat): Promise<PublisherConnection> {
    const { offer, signal } = seat.request;
    return PublisherConnection.open({
      offer,
      ...(signal && { signal }),
      transports: this.#options.transports,
      clock: this.#clock,
      log: this.#log,
      media: {
        write: (unit) => this.#write(seat, unit),
        audio: (frame) => this.#audio(seat, frame),
        bye: () => {
          seat.saidBye = true;
        },
      },
      connected: () => this.#log.info({ endpoint: this.#options.endpoint }, 'publisher connected'),
      ended: (why, inWords) => {
        this.#leave(seat, why, inWords);
        seat.request.ended(why);
      },
    });
  }

  #write(seat: Seat, unit: DemuxedUnit): void {
    if (this.#seat !== seat || seat.over || !this.#sink) return;
    seat.saidBye = false;
    if (this.#watch) this.#watch.feed(this.#stallMs);
    else {
      this.#watch = new StallWatch({
        clock: this.#clock,
        limitMs: this.#stallMs,
        stalled: () => this.#stalled(),
      });
      this.#sink.state({ kind: 'live' });
    }
    if (this.#joined !== seat) {
      this.#joined = seat;
      this.#timeline.join();
      this.#audioTimeline = new AudioTimeline();
    }
    this.#counters.units++;
    this.#last = this.#timeline.place(unit);
    this.#sink.write(this.#last);
  }

  #audio(seat: Seat, frame: SourceAudioFrame): void {
    if (this.#seat !== seat || seat.over || !this.#sink) return;
    if (!this.#last || this.#joined !== seat) {
      this.#counters.audioDroppedEarly++;
      return;
    }
    this.#counters.audioFrames++;
    this.#sink.audio?.(this.#audioTimeline.place(frame, this.#last));
  }

  #stalled(): void {
    this.#watch = undefined;
    this.#counters.stalls++;
    const why = `the publisher has sent no picture for ${this.#stallMs / 1000} s; waiting for it, or for another`;
    this.#log.warn({ endpoint: this.#options.endpoint }, 'publisher sends no picture');
    this.#tell({ kind: 'retrying', code: 'source/stalled', why, retryInMs: millis(0) });
  }

  #makesWay(seat: Seat): boolean {
    if (seat.saidBye) return true;
    const mediaAt = seat.connection?.mediaAt;
    const now = this.#clock.monotonicNow();
    return mediaAt === undefined ? now - seat.takenAt >= CONNECTING_MS : now - mediaAt >= MAKES_WAY_AFTER_MS;
  }

  #replace(seat: Seat): void {
    if (seat.over) return;
    seat.over = true;
    this.#lastCounters = seat.connection?.counters;
    this.#watch?.stop();
    this.#watch = undefined;
    void seat.connection?.close('replaced');
    seat.request.ended('replaced');
  }

  #leave(seat: Seat, why: PublisherEnd, inWords = END_IN_WORDS[why]): void {
    if (seat.over) return;
    seat.over = true;
    this.#lastCounters = seat.connection?.counters;
    if (this.#seat !== seat) return;
    this.#seat = undefined;
    this.#watch?.stop();
    this.#watch = undefined;
    this.#log.info({ endpoint: this.#options.endpoint, why, ...this.#lastCounters }, 'publisher gone');
    this.#tell(this.#waiting(inWords));
  }

  #waiting(reason?: string): SourceState {
    const waits = `waiting for a publisher at ${this.#options.endpoint} (WHIP)`;
    return {
      kind: 'retrying',
      code: 'source/no-publisher',
      why: reason === undefined ? waits : `${reason}; ${waits}`,
      retryInMs: millis(0),
    };
  }

  #tell(state: SourceState): void {
    this.#sink?.state(state);
  }
}
