import { type Micros, micros, Pace } from '@pinhole/core';
import type { Camera, JpegPicture } from '@pinhole/engine';
import { serializeLiveHeader } from '@pinhole/protocol/live';
import type { ViewerControls } from '../controls/index.ts';
import type { PictureFeed } from '../pictures/index.ts';
import type { Audience } from './audience.ts';
import type { LiveConnection } from './live-connection.ts';
import { LiveConversation } from './live-conversation.ts';
import type { MutableLiveCounters } from './live-counters.ts';
import type { SeatedViewer } from './seated-viewer.ts';

/** What a viewer of pictures is made with. */
export interface PictureViewerOptions {
  readonly camera: Camera;
  readonly feed: PictureFeed;
  readonly audience: Audience;
  readonly connection: LiveConnection;
  readonly controls: ViewerControls;
  readonly counters: MutableLiveCounters;
  readonly now: () => Micros;
  /** Of more pictures a second, so many; infinite for all. */
  readonly framesPerSecond: number;
  /** The viewer said goodbye. */
  readonly leave: () => void;
}

/** Pictures whose arrival the viewer's WebSocket has not confirmed for longer stand in the way of newer ones. */
const IN_FLIGHT_LIMIT = micros(250_000);

/**
 * One viewer of a camera's JPEG pictures. The newest one wins: while older ones are on their way for too long, or the
 * operating system has no room, pictures replace each other here. A ping behind each picture tells when it arrived.
 */
export class PictureViewer implements SeatedViewer {
  readonly conversation: LiveConversation;
  readonly dropped = { droppedBusy: 0, droppedUntilKey: 0 };
  readonly #options: PictureViewerOptions;
  readonly #pace: Pace;
  /** When pictures were sent that are not confirmed yet, oldest first. */
  readonly #inFlight: { readonly mark: number; readonly at: Micros }[] = [];
  #marks = 0;
  #socketBusy = false;
  #paused = false;
  #next: JpegPicture | undefined;
  #size: Pick<JpegPicture, 'width' | 'height'> | undefined;
  #stopListening: (() => void) | undefined;

  constructor(options: PictureViewerOptions) {
    this.#options = options;
    this.#pace = new Pace(options.framesPerSecond);
    this.conversation = new LiveConversation({
      ...options,
      wishes: {
        pause: () => this.#pause(),
        resume: () => this.#resume(),
        keyFrame: () => {}, // each picture is one
        leave: options.leave,
      },
    });
  }

  start(): void {
    const { camera, feed, audience, connection, now } = this.#options;
    const { last } = feed.pictures;
    connection.send({
      type: 'hello',
      camera: camera.id,
      codec: 'jpeg',
      ...(last && { width: last.width, height: last.height }),
      ...(camera.description.jpeg && { jpeg: true }),
      serverTimeUs: now(),
    });
    connection.sendText(audience.status());
    audience.add(connection);
    this.#stopListening = feed.pictures.events.on('picture', (picture) => this.#offer(picture));
    if (last && camera.state.kind === 'live') this.#offer(last);
  }

  stop(): void {
    const { audience, connection, feed } = this.#options;
    audience.remove(connection);
    this.#stopListening?.();
    this.#next = undefined;
    feed.close();
  }

  stalledFor(now: Micros): Micros {
    const [oldest] = this.#inFlight;
    return micros(oldest === undefined ? 0 : Math.max(0, now - oldest.at));
  }

  beat(now: Micros): void {
    if (this.#inFlight.length === 0) this.#mark(now);
  }

  handlePong(mark: string): void {
    const arrived = this.#inFlight.findIndex((sent) => String(sent.mark) === mark);
    this.#inFlight.splice(0, arrived + 1);
    this.#sendNext();
  }

  #offer(picture: JpegPicture): void {
    if (this.#paused || !this.#pace.admits(picture.captureTime)) return;
    if (this.#next) this.#options.counters.picturesReplaced++;
    this.#next = picture;
    this.#sendNext();
  }

  #sendNext(): void {
    const picture = this.#next;
    const { connection, counters, now } = this.#options;
    if (!picture || this.#socketBusy || this.stalledFor(now()) >= IN_FLIGHT_LIMIT) return;
    this.#next = undefined;
    this.#tellSize(picture);
    counters.framesSent++;
    counters.bytesSent += picture.data.byteLength;
    this.#socketBusy = true;
    connection.sendFrame([headerOf(picture), picture.data], () => {
      this.#socketBusy = false;
      this.#sendNext();
    });
    this.#mark(now());
  }

  #mark(at: Micros): void {
    const mark = this.#marks++;
    this.#inFlight.push({ mark, at });
    this.#options.connection.ping(String(mark));
  }

  #tellSize({ width, height }: JpegPicture): void {
    if (this.#size?.width === width && this.#size.height === height) return;
    this.#size = { width, height };
    this.#options.connection.send({ type: 'config', codec: 'jpeg', width, height, bFrames: false });
  }

  #pause(): void {
    this.#paused = true;
    this.#next = undefined;
  }

  #resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    const { camera, feed } = this.#options;
    if (feed.pictures.last && camera.state.kind === 'live') this.#offer(feed.pictures.last);
  }
}

const headerOf = ({ sequence, captureTime }: JpegPicture): Uint8Array =>
  serializeLiveHeader({
    type: 'jpeg',
    key: true,
    discontinuity: false,
    configChanged: false,
    droppable: true,
    catchUp: false,
    track: 0,
    sequence,
    pts: captureTime,
    captureTime,
  });
