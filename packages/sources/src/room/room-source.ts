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
  MediaKind,
  PicturePublication,
  Publication,
  Source,
  SourceDescription,
  SourceSink,
  SourceState,
} from '@pinhole/engine';
import { type SourceClock, SystemClock } from '../clock.ts';
import { PushSource } from '../push/push-source.ts';
import { WhipSource } from '../whip/whip-source.ts';
import type { RoomLink } from './room-link.ts';
import type { RoomCounters, RoomSourceOptions } from './room-source-options.ts';

/** By which the camera brings its pictures. */
type Way = 'webrtc' | 'jpeg';

/** Candidates that may come while an offer is being answered; browsers send some ten. */
const MAX_EARLY_CANDIDATES = 32;
const FIRST_RETRY_MS = millis(1000);
const LONGEST_RETRY_MS = millis(15_000);

/**
 * A camera that is in a signaling room: asks it for its pictures while somebody wants them, and takes what it has, a
 * connection by WebRTC or JPEG pictures. When it leaves, viewers stay, and its coming back carries on.
 */
export const createRoomSource = (options: RoomSourceOptions): RoomSource => new RoomSource(options);

/** The source that `createRoomSource` makes. */
export class RoomSource implements Source {
  readonly #options: RoomSourceOptions;
  readonly #clock: SourceClock;
  readonly #log: Logger;
  readonly #webrtc: WhipSource;
  readonly #jpeg: PushSource;
  readonly #backoff = new Backoff({ firstMs: FIRST_RETRY_MS, maxMs: LONGEST_RETRY_MS });
  readonly #counters = { requests: 0, offers: 0, offersRefused: 0, refusals: 0, pictures: 0 };
  #sink: SourceSink | undefined;
  #link: RoomLink | undefined;
  #there = false;
  #way: Way | undefined;
  #publication: Publication | undefined;
  #closing: Promise<void> | undefined;
  #pictures: PicturePublication | undefined;
  /** Counts offers: an answer to one that was followed by another is of no use. */
  #offer = 0;
  #early: string[] = [];
  #cancelRetry: (() => void) | undefined;

  constructor(options: RoomSourceOptions) {
    this.#options = options;
    const { room, cameraId, transports, encoder, clock = new SystemClock(), log = silentLogger } = options;
    this.#clock = clock;
    this.#log = log.child({ source: 'room', room, roomCamera: cameraId });
    const endpoint = this.#inWords;
    this.#webrtc = new WhipSource({ transports, endpoint, log, clock });
    this.#jpeg = new PushSource({ endpoint, log, clock, ...(encoder && { encoder }) });
  }

  /** What it did so far. */
  get counters(): RoomCounters {
    return this.#counters;
  }

  async start(sink: SourceSink, { signal }: { readonly signal: Abort }): Promise<void> {
    this.#sink = sink;
    this.#tell(this.#waiting());
    const inner = (way: Way): SourceSink => ({
      write: (unit) => sink.write(unit),
      audio: (frame) => sink.audio?.(frame),
      picture: (picture) => sink.picture?.(picture),
      state: (state) => this.#hear(way, state),
    });
    const media = [
      this.#webrtc.start(inner('webrtc'), { signal }),
      this.#jpeg.start(inner('jpeg'), { signal }),
    ];
    const link = this.#options.open({
      came: () => this.#came(),
      left: () => this.#left(),
      offered: (sdp) => void this.#offered(link, sdp),
      candidate: (candidate) => this.#candidate(candidate),
      refused: (code, why) => {
        if (this.#there || code === 'not-joined') this.#refused(why);
      },
      picture: (jpeg) => this.#picture(jpeg),
    });
    this.#link = link;
    await new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve());
      if (signal.aborted) resolve();
    });
    link.close();
    if (this.#link === link) this.#forget();
    await Promise.all(media);
  }

  requestKeyFrame(): void {
    if (this.#way === 'jpeg') this.#jpeg.requestKeyFrame();
    else this.#webrtc.requestKeyFrame();
  }

  describe(): SourceDescription {
    const way: Partial<SourceDescription> = this.#way === 'jpeg' ? this.#jpeg.describe() : {};
    return { keyFrameOnRequest: true, ...way, kind: 'room', label: this.#inWords };
  }

  want(kinds: ReadonlySet<MediaKind>): void {
    this.#jpeg.want(kinds);
  }

  controls(): readonly ControlDescriptor[] {
    return [];
  }

  setControl(id: string): Promise<void> {
    return Promise.reject(
      new PinholeError('control/unknown', `a camera in a room has no control "${id}" here`),
    );
  }

  get #inWords(): string {
    return `camera "${this.#options.cameraId}" in room "${this.#options.room}"`;
  }

  #came(): void {
    this.#there = true;
    this.#dropMedia();
    this.#backoff.reset();
    this.#request();
  }

  #left(): void {
    this.#there = false;
    this.#cancelRetry?.();
    this.#dropMedia();
    this.#tell(this.#waiting());
  }

  #request(): void {
    this.#cancelRetry?.();
    this.#counters.requests++;
    this.#tell({ kind: 'connecting' });
    this.#link?.request();
  }

  async #offered(link: RoomLink, sdp: string): Promise<void> {
    const offer = ++this.#offer;
    this.#counters.offers++;
    this.#early = [];
    this.#dropPublication();
    // The place is free once the one before has said goodbye.
    await this.#closing;
    if (offer !== this.#offer) return;
    try {
      const publication = await this.#webrtc.publish({
        offer: sdp,
        ended: () => {
          if (offer === this.#offer) this.#lost();
        },
      });
      if (offer !== this.#offer) {
        await publication.close('replaced');
        return;
      }
      this.#publication = publication;
      this.#way = 'webrtc';
      this.#dropPictures();
      link.answer(publication.answer);
      await Promise.all(this.#early.splice(0).map((candidate) => publication.addCandidate(candidate)));
    } catch (thrown) {
      if (offer !== this.#offer) return;
      this.#counters.offersRefused++;
      this.#refused(messageOf(thrown));
    }
  }

  #candidate(candidate: string): void {
    if (this.#publication) {
      this.#publication
        .addCandidate(candidate)
        .catch((error: unknown) => this.#log.warn({ reason: messageOf(error) }, 'candidate'));
    } else if (this.#early.length < MAX_EARLY_CANDIDATES) this.#early.push(candidate);
  }

  #picture(jpeg: Uint8Array): void {
    // One that also has WebRTC is taken by that: it dates its pictures.
    if (this.#publication || !this.#there) return;
    this.#counters.pictures++;
    this.#cancelRetry?.();
    this.#way = 'jpeg';
    this.#pictures ??= this.#jpeg.publishPictures({
      ended: () => {
        this.#pictures = undefined;
      },
    });
    this.#pictures.write(jpeg);
  }

  /** The connection broke while the camera is still in the room. */
  #lost(): void {
    this.#publication = undefined;
    this.#refused('the way to it broke');
  }

  #refused(why: string): void {
    // Pictures come: it has no other way.
    if (this.#pictures) return;
    this.#counters.refusals++;
    const retryInMs = this.#retry();
    this.#tell({
      kind: 'retrying',
      code: 'source/room-refused',
      why: `${this.#inWords} gives no picture: ${why}`,
      retryInMs,
    });
  }

  #retry(): Millis {
    const afterMs = this.#backoff.next();
    this.#cancelRetry?.();
    this.#cancelRetry = this.#clock.after(afterMs, () => this.#request());
    return afterMs;
  }

  #hear(way: Way, state: SourceState): void {
    if (way !== this.#way) return;
    if (state.kind === 'live') this.#backoff.reset();
    if (state.kind === 'live' || state.kind === 'failed') this.#tell(state);
    else if (state.kind === 'retrying' && state.code === 'source/stalled') {
      this.#tell({ ...state, why: `${this.#inWords} has sent no picture for some seconds` });
      // A board that started anew has forgotten who wants its pictures.
      if (way === 'jpeg') this.#retry();
    }
  }

  #dropMedia(): void {
    this.#offer++;
    this.#early = [];
    this.#dropPublication();
    this.#dropPictures();
  }

  #dropPublication(): void {
    if (this.#publication) this.#closing = this.#publication.close('left');
    this.#publication = undefined;
  }

  #dropPictures(): void {
    this.#pictures?.close('left');
    this.#pictures = undefined;
  }

  #forget(): void {
    this.#cancelRetry?.();
    this.#sink = undefined;
    this.#link = undefined;
    this.#there = false;
    this.#dropMedia();
  }

  #waiting(): SourceState {
    return {
      kind: 'retrying',
      code: 'source/room-camera-away',
      why: `waiting for ${this.#inWords}`,
      retryInMs: millis(0),
    };
  }

  #tell(state: SourceState): void {
    this.#sink?.state(state);
  }
}
