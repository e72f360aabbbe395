import { type Logger, MalformedError } from '@pinhole/core';
import type { DataChannel, Identity, Right } from '@pinhole/engine';
import {
  type CameraRequest,
  ChannelId,
  decodePacket,
  parseLegacyRequest,
  requestOfPacket,
  type SpokenEncoding,
  type TopicFamily,
} from '@pinhole/protocol/picamera';
import { TokenBucket } from '../live/token-bucket.ts';
import { IpcOutlet } from './ipc/ipc-outlet.ts';
import type { VideoLibrary } from './library/video-library.ts';
import type { PassedOver, PicameraTally, RefusalReason } from './picamera-counters.ts';
import type { PicameraChannelsOptions } from './picamera-device.ts';
import { RefusalLog } from './refusal-log.ts';
import { RequestDesk } from './request-desk.ts';
import type { FairTurns } from './transfer/fair-turns.ts';
import { ViewerWire } from './viewer-wire.ts';

/** Somebody who has data channels to a device. */
export interface PicameraViewer {
  /** Names it in logs and in the files that it starts: the client id of its topics, or what its token is called. */
  readonly name: string;
  readonly who: Identity;
  /** What it may do; `admin` is everything. All of them where nobody needs a token. */
  readonly rights: readonly Right[];
  /** Topics that its offer came by, where it came by any. */
  readonly family?: TopicFamily;
  /** It said that it leaves: close its connection. Called once at most. */
  readonly leave: () => void;
}

/** What all viewers of a device share. */
export interface DeviceParts {
  readonly options: PicameraChannelsOptions;
  readonly library: VideoLibrary | undefined;
  readonly tally: PicameraTally;
  readonly turns: FairTurns;
}

/** Requests of one viewer a second in the long run, and at once after a pause. */
const REQUESTS = { perSecond: 50, burst: 200 } as const;

/** A viewer that said nothing for so long is one that only listens. */
const LISTENER_AFTER_MS = 5000;

/** The data channels of one viewer: finds out which generation it is of, and serves each of them. */
export class PicameraChannels {
  readonly #viewer: PicameraViewer;
  readonly #parts: DeviceParts;
  readonly #wire: ViewerWire;
  readonly #requests: TokenBucket;
  readonly #log: Logger;
  readonly #refusals: RefusalLog;
  readonly #outlets: IpcOutlet[] = [];
  readonly #stops: (() => void)[] = [];
  readonly #listener: ReturnType<typeof setTimeout>;
  readonly #gone: () => void;
  #desk: RequestDesk | undefined;
  #left = false;
  #closed = false;

  constructor(viewer: PicameraViewer, parts: DeviceParts, gone: () => void) {
    this.#viewer = viewer;
    this.#parts = parts;
    this.#gone = gone;
    const { wire = 'auto', now, log, camera, listenerAfterMs = LISTENER_AFTER_MS } = parts.options;
    this.#wire = new ViewerWire({ wire, family: viewer.family });
    if (wire !== 'auto') parts.tally.wires[wire]++;
    this.#requests = new TokenBucket({ ...REQUESTS, now: now() });
    this.#log = log.child({ camera: camera.id, viewer: viewer.name });
    this.#refusals = new RefusalLog(this.#log, now);
    this.#listener = setTimeout(() => this.#assumeListener(), listenerAfterMs);
    this.#listener.unref();
  }

  /** Serves a channel that is open: 0 for requests, 1 and 2 for messages to and from local programs. Others are left alone. */
  serve(channel: DataChannel): void {
    if (this.#closed) return;
    const { ipc } = this.#parts.options;
    const isCommand = channel.id === ChannelId.Command;
    if (!isCommand && channel.id !== ChannelId.Lossy && channel.id !== ChannelId.Reliable) return;
    this.#stops.push(channel.subscribe((message) => this.#hear(channel, message)));
    if (isCommand) {
      channel.closed(() => this.#closeDesk());
      return;
    }
    if (ipc === undefined || !this.#may('view')) return;
    const kind = channel.id === ChannelId.Lossy ? 'lossy' : 'reliable';
    const outlet = new IpcOutlet({ channel, kind, socket: ipc, encoding: () => this.#wire.spoken });
    this.#outlets.push(outlet);
    channel.closed(() => outlet.close());
  }

  /** The viewer is gone: what it was being sent ends, and what it recorded. May be called again; never throws. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#listener);
    for (const stop of this.#stops) stop();
    for (const outlet of this.#outlets) outlet.close();
    this.#closeDesk();
    this.#gone();
  }

  #hear(channel: DataChannel, message: string | Uint8Array): void {
    const { heard, isFirst } = this.#wire.hear(message);
    if (isFirst) this.#noteWire();
    if (heard === 'legacy' || heard === 'packet') this.#read(channel, { message, encoding: heard });
    else this.#passOver(heard, channel);
  }

  #read(
    channel: DataChannel,
    { message, encoding }: { readonly message: string | Uint8Array; readonly encoding: SpokenEncoding },
  ): void {
    try {
      const request = parseRequest(message, encoding);
      if (request === undefined) this.#passOver('nothing', channel);
      else this.#take(channel, { request, encoding });
    } catch (thrown) {
      if (!(thrown instanceof MalformedError)) throw thrown;
      this.#passOver('malformed', channel, thrown.message);
    }
  }

  #take(
    channel: DataChannel,
    { request, encoding }: { readonly request: CameraRequest; readonly encoding: SpokenEncoding },
  ): void {
    const { tally, options } = this.#parts;
    if ((request.kind === 'custom') === (channel.id === ChannelId.Command)) {
      this.#passOver('wrong-channel', channel);
      return;
    }
    tally.requests[request.kind]++;
    if (request.kind === 'custom') this.#say(request.payload);
    else if (request.kind === 'track') this.#passOver('unsupported', channel);
    else if (this.#requests.take(options.now())) {
      this.#desk ??= this.#openDesk(channel, encoding);
      this.#desk.handle(request);
    } else this.#refuse('too-many', `more than ${REQUESTS.perSecond} requests a second`);
  }

  #say(payload: Uint8Array): void {
    const { ipc } = this.#parts.options;
    if (ipc === undefined) this.#refuse('no-ipc', 'there is no socket for local programs');
    else if (!this.#may('control')) this.#refuse('right', 'a message needs the right "control"');
    else if (payload.byteLength > 0) ipc.write(payload);
  }

  #openDesk(channel: DataChannel, encoding: SpokenEncoding): RequestDesk {
    const { options, library, tally, turns } = this.#parts;
    const { camera, snapshots, recorder, now } = options;
    return new RequestDesk({
      channel,
      encoding,
      empty: this.#wire.takesEmptyResults ? 'empty-list' : 'silence',
      camera,
      snapshots,
      library,
      recorder,
      who: this.#viewer.name,
      may: (right) => this.#may(right),
      leave: () => this.#leave(),
      refused: (reason, why) => this.#refuse(reason, why),
      tally,
      turns,
      now,
      log: this.#log,
    });
  }

  #closeDesk(): void {
    this.#desk?.close();
  }

  #leave(): void {
    if (this.#left) return;
    this.#left = true;
    this.#viewer.leave();
  }

  #may(right: Right): boolean {
    return this.#viewer.rights.some((held) => held === right || held === 'admin');
  }

  #noteWire(): void {
    const { known } = this.#wire;
    clearTimeout(this.#listener);
    if (known !== undefined) {
      this.#parts.tally.wires[known]++;
      this.#log.debug({ wire: known }, 'a viewer speaks');
    }
    for (const outlet of this.#outlets) outlet.flush();
  }

  #assumeListener(): void {
    this.#wire.assumeListener();
    for (const outlet of this.#outlets) outlet.flush();
  }

  #refuse(reason: RefusalReason, why: string): void {
    this.#parts.tally.refused[reason]++;
    this.#refusals.note(reason, why);
  }

  #passOver(what: PassedOver, { id }: DataChannel, why = ''): void {
    this.#parts.tally.passedOver[what]++;
    this.#log.debug({ what, channel: id, why }, 'a message was passed over');
  }
}

/** @throws {MalformedError} `picamera/*` */
const parseRequest = (message: string | Uint8Array, encoding: SpokenEncoding): CameraRequest | undefined =>
  encoding === 'legacy'
    ? parseLegacyRequest(message)
    : requestOfPacket(decodePacket(typeof message === 'string' ? new Uint8Array() : message));
