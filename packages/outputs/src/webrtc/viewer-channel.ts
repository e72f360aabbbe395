import { type Logger, MalformedError, type Micros, micros } from '@pinhole/core';
import type {
  Camera,
  ChannelViewer,
  DeliveryCounters,
  Identity,
  MessagePipe,
  SourceState,
  StreamParameters,
} from '@pinhole/engine';
import {
  type AnyClientMessage,
  type LiveServerMessage,
  type LiveSourceState,
  parseAnyClientMessage,
  serializeLiveMessage,
} from '@pinhole/protocol/live';
import { BYE_REASON } from '../bye-reasons.ts';
import { ViewerControls } from '../controls/index.ts';

/** What serving a viewer's channel needs. */
export interface ViewerChannelOptions {
  readonly viewer: ChannelViewer;
  readonly camera: Camera;
  readonly now: () => Micros;
  readonly log: Logger;
}

const HEARTBEAT_MS = 1000;

/** Messages that make no sense, after which the channel is closed. */
const MAX_MALFORMED = 16;

/** The wire takes reasons up to this length. */
const MAX_REASON_CHARACTERS = 1000;

/** A resume replays the cached GOP, a key frame costs every viewer: neither more often than this for one of them. */
const COSTLY_EVERY = micros(1_000_000);

/** May watch and do nothing. */
const STRANGER: Identity = { tokenId: 'anonymous', address: '' };

/**
 * Speaks the live protocol on the data channel of a WebRTC viewer, until it closes: hello and the picture's format at
 * first, then every second how the camera is and where RTP time and capture time meet; answers ping, and does what the
 * viewer asks, controls of the camera included if its rights allow that, and says why when the server ends it.
 */
export function serveViewerChannel(pipe: MessagePipe, options: ViewerChannelOptions): void {
  new ViewerChannel(pipe, options).start();
}

class ViewerChannel {
  readonly #pipe: MessagePipe;
  readonly #options: ViewerChannelOptions;
  readonly #controls: ViewerControls;
  #malformed = 0;
  #decisionsTold = 0;
  #resumeWanted = false;
  #resumedAt = micros(Number.NEGATIVE_INFINITY);
  #keyFrameAt = micros(Number.NEGATIVE_INFINITY);

  constructor(pipe: MessagePipe, options: ViewerChannelOptions) {
    this.#pipe = pipe;
    this.#options = options;
    const { camera, viewer, now, log } = options;
    this.#controls = new ViewerControls({
      camera: camera.id,
      controls: camera.controls,
      who: viewer.who ?? STRANGER,
      send: (text) => pipe.send(text),
      now,
      log,
    });
  }

  start(): void {
    const { camera, now, viewer } = this.#options;
    viewer.deliveryChanged?.(() => this.#sendDelivery());
    viewer.ending((why) => this.#send({ type: 'bye', code: why, reason: BYE_REASON[why] }));
    const heartbeat = setInterval(() => this.#beat(), HEARTBEAT_MS);
    const stops = [
      camera.events.on('state', () => this.#sendStatus()),
      camera.stream.events.on('parameters', (parameters) => this.#send(configOf(parameters))),
      this.#pipe.subscribe((text) => this.#read(text)),
    ];
    this.#pipe.closed(() => {
      clearInterval(heartbeat);
      this.#controls.close();
      for (const stop of stops) stop();
    });
    this.#send({ type: 'hello', camera: camera.id, serverTimeUs: now() });
    if (camera.stream.parameters) this.#send(configOf(camera.stream.parameters));
    this.#sendStatus();
    this.#sendAnchor();
    this.#sendDelivery();
  }

  #beat(): void {
    if (this.#resumeWanted) this.#resume();
    this.#sendStatus();
    this.#sendAnchor();
    if (decisionsOf(this.#options.viewer.deliveryCounters?.()) !== this.#decisionsTold) this.#sendDelivery();
    this.#controls.beat();
  }

  #sendStatus(): void {
    const { camera } = this.#options;
    const last = camera.stream.lastUnit?.unit;
    this.#send({
      type: 'status',
      source: wireState(camera.state),
      ...(last && { lastCaptureUs: last.captureTime, lastSequence: last.sequence % 2 ** 32 }),
    });
  }

  #sendAnchor(): void {
    const anchor = this.#options.viewer.rtpAnchor();
    if (anchor)
      this.#send({ type: 'anchor', rtpTimestamp: anchor.rtpTimestamp, captureUs: anchor.captureTime });
  }

  #sendDelivery(): void {
    const { viewer } = this.#options;
    const delivery = viewer.delivery?.();
    if (!delivery) return;
    const counters = viewer.deliveryCounters?.();
    this.#decisionsTold = decisionsOf(counters);
    const counts = counters && this.#decisionsTold > 0 && { counts: countsOf(counters) };
    this.#send({ type: 'delivery', ...delivery, ...counts });
  }

  #send(message: LiveServerMessage): void {
    this.#pipe.send(serializeLiveMessage(message));
  }

  #read(text: string): void {
    try {
      this.#take(parseAnyClientMessage(text));
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      this.#options.log.debug({ code: error.code }, 'message of a viewer passed over');
      this.#send({ type: 'error', code: error.code, message: error.message });
      // A newer client may say what we do not know yet.
      if (error.code !== 'live/unknown-message' && ++this.#malformed > MAX_MALFORMED) this.#pipe.close();
    }
  }

  #take(message: AnyClientMessage): void {
    const { viewer, now } = this.#options;
    switch (message.type) {
      case 'ping':
        this.#send({ type: 'pong', clientTimeMs: message.clientTimeMs, serverTimeUs: now() });
        return;
      case 'pause':
        this.#resumeWanted = false;
        viewer.pause();
        return;
      case 'resume':
        this.#resume();
        return;
      case 'key-frame':
        if (now() - this.#keyFrameAt < COSTLY_EVERY) return;
        this.#keyFrameAt = now();
        viewer.requestKeyFrame();
        return;
      case 'bye':
        viewer.leave();
        return;
      case 'watch-controls':
      case 'set-control':
      case 'reset-controls':
      case 'keep-controls':
      case 'revert-controls':
        this.#controls.handle(message);
    }
  }

  /** Now, or with the next heartbeat when it was done a moment ago. */
  #resume(): void {
    const now = this.#options.now();
    this.#resumeWanted = now - this.#resumedAt < COSTLY_EVERY;
    if (this.#resumeWanted) return;
    this.#resumedAt = now;
    this.#options.viewer.resume();
  }
}

/** As they cross the wire. */
const countsOf = (counters: DeliveryCounters) => ({
  changes: counters.deliverySteps + counters.streamSwitches,
  leftOut: counters.framesDroppedNonReference + counters.framesDroppedWaitingForKey,
  subRefusals: counters.subStreamRefusals,
});

/** All that was decided; it only grows. */
const decisionsOf = (counters: DeliveryCounters | undefined): number =>
  Object.values(counters ?? {}).reduce((sum, count: number) => sum + count, 0);

const configOf = ({ codec, width, height, bFrames }: StreamParameters): LiveServerMessage => ({
  type: 'config',
  codec,
  width,
  height,
  bFrames,
});

const wireState = (state: SourceState): LiveSourceState =>
  'why' in state ? { ...state, why: state.why.slice(0, MAX_REASON_CHARACTERS) } : state;
