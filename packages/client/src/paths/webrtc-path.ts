import { micros } from '@pinhole/core';
import type { AnyClientMessage } from '@pinhole/protocol/live';
import { RtpAnchor } from '../latency/rtp-anchor.ts';
import { NativePlayer } from '../players/native/native-player.ts';
import type { PlayerEvent } from '../players/player.ts';
import type { ServerMessage } from '../transports/conversation.ts';
import { WhepConnection, type WhepEvent } from '../transports/whep/whep-connection.ts';
import type { PathReport } from './path-report.ts';
import type { PathOptions, PicturePath } from './picture-path.ts';
import { readWebRtcReport } from './webrtc-report.ts';

/** What a WebRTC path needs. */
export interface WebRtcPathOptions extends PathOptions {
  /** WHEP endpoint of the camera. */
  readonly url: string;
  readonly iceServers?: readonly RTCIceServer[];
}

/** The browser tells only by its statistics that pictures arrive. */
const COUNT_INTERVAL_MS = 500;

/** Pictures by WebRTC, decoded and shown by the browser. */
export class WebRtcPath implements PicturePath {
  readonly transport = 'webrtc';
  readonly player = 'native';
  readonly #options: WebRtcPathOptions;
  readonly #connection: WhepConnection;
  readonly #player: NativePlayer;
  readonly #anchor = new RtpAnchor();
  #received = 0;
  #closed = false;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(options: WebRtcPathOptions) {
    this.#options = options;
    this.#connection = new WhepConnection({ ...options, handle: (event) => this.#handleConnection(event) });
    this.#player = new NativePlayer({
      handle: (event) => this.#handlePlayer(event),
      captureTime: (rtpTimestamp) => this.#anchor.captureTime(rtpTimestamp),
    });
  }

  /** Connects; what becomes of it comes as events. */
  open(): void {
    if (this.#closed) return;
    void this.#connection.open();
    this.#timer = setInterval(() => void this.report(), COUNT_INTERVAL_MS);
  }

  get element(): HTMLVideoElement {
    return this.#player.element;
  }

  get received(): number {
    return this.#received;
  }

  async report(): Promise<PathReport> {
    const report = readWebRtcReport(await this.#connection.stats(), this.#player.painted);
    this.#received = report.frames.received;
    return report;
  }

  say(message: AnyClientMessage): void {
    this.#connection.say(message);
  }

  pause(): void {
    this.say({ type: 'pause' });
  }

  resume(): void {
    this.say({ type: 'resume' });
    this.#player.resume();
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#timer);
    this.#player.close();
    this.#connection.close();
  }

  #handleConnection(event: WhepEvent): void {
    if (event.kind === 'track') this.#player.play(event.stream);
    else if (event.kind === 'message') this.#handleMessage(event.message);
    else this.#options.handle(event);
  }

  #handleMessage(message: ServerMessage): void {
    if (message.type === 'anchor') {
      const { rtpTimestamp, captureUs } = message;
      this.#anchor.set({ rtpTimestamp, captureTime: micros(captureUs) });
      return;
    }
    this.#options.handle({ kind: 'message', message });
  }

  #handlePlayer(event: PlayerEvent): void {
    if (event.kind === 'painted' || event.kind === 'blocked') this.#options.handle(event);
    else if (event.kind === 'failed')
      this.#options.handle({ ...event, kind: 'player-failed', player: 'native' });
  }
}
