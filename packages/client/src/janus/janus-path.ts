import { messageOf, millis } from '@pinhole/core';
import {
  type JanusLinkOpener,
  JanusViewer,
  type JanusViewerCounters,
  type JanusViewerEvent,
} from '@pinhole/protocol/janus-session';
import type { AnyClientMessage } from '@pinhole/protocol/live';
import type { PathReport } from '../paths/path-report.ts';
import type { PathEvent, PicturePath } from '../paths/picture-path.ts';
import { readWebRtcReport } from '../paths/webrtc-report.ts';
import { NativePlayer } from '../players/native/native-player.ts';
import type { PlayerEvent } from '../players/player.ts';
import type { Failure } from '../transports/failure.ts';
import { browserClock } from './browser-clock.ts';
import { credentialsOf } from './credentials-of.ts';
import type { JanusOptions } from './janus-options.ts';
import { JanusPeer } from './janus-peer.ts';

/** What a path from a Janus needs. */
export interface JanusPathOptions extends JanusOptions {
  readonly openLink: JanusLinkOpener;
  readonly handle: (event: PathEvent) => void;
}

/** The browser tells only by its statistics that pictures arrive. */
const COUNT_INTERVAL_MS = 500;
/** Before the player gives the whole path up, so that the plugin's own words are told. */
const OFFER_WITHIN = millis(8_000);

/**
 * Pictures from a Janus, by WebRTC, decoded and shown by the browser. When the WebRTC connection ends and Janus is still
 * there, another one is made on the same session; a second that ends before it showed anything ends the path.
 */
export class JanusPath implements PicturePath {
  readonly transport = 'janus';
  readonly player = 'native';
  readonly #options: JanusPathOptions;
  readonly #viewer: JanusViewer;
  readonly #player: NativePlayer;
  #peer: JanusPeer | undefined;
  #received = 0;
  /** Painted by the peers before this one. */
  #paintedBefore = -1;
  #paused = false;
  #closed = false;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(options: JanusPathOptions) {
    const { openLink, plugin, watch } = options;
    this.#options = options;
    this.#player = new NativePlayer({
      handle: (event) => this.#handlePlayer(event),
      captureTime: () => undefined, // a Janus does not say when its pictures were taken
    });
    this.#viewer = new JanusViewer(
      {
        openLink,
        clock: browserClock,
        offerWithinMs: OFFER_WITHIN,
        credentials: credentialsOf(options),
        ...(plugin !== undefined && { plugin }),
        ...(watch !== undefined && { watch }),
      },
      (event) => this.#handleViewer(event),
    );
  }

  /** Connects; what becomes of it comes as events. */
  open(): void {
    if (this.#closed) return;
    if (typeof RTCPeerConnection === 'undefined') {
      const reason = 'This browser has no WebRTC.';
      this.#fail({ code: 'webrtc/unsupported', reason, remedy: 'other-transport' });
      return;
    }
    this.#viewer.open();
    this.#timer = setInterval(() => void this.report(), COUNT_INTERVAL_MS);
  }

  get element(): HTMLVideoElement {
    return this.#player.element;
  }

  get received(): number {
    return this.#received;
  }

  /** What became of the requests. */
  get counters(): JanusViewerCounters {
    return this.#viewer.counters;
  }

  async report(): Promise<PathReport> {
    const report = readWebRtcReport(await this.#peer?.stats(), this.#player.painted);
    this.#received = report.frames.received;
    return report;
  }

  say(message: AnyClientMessage): void {
    if (message.type === 'key-frame') this.#viewer.requestKeyFrame();
  }

  pause(): void {
    this.#paused = true;
    this.#viewer.hangUp();
    this.#peer?.close();
  }

  resume(): void {
    this.#paused = false;
    this.#viewer.watch();
    this.#player.resume();
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#timer);
    this.#player.close();
    this.#viewer.close();
    this.#peer?.close();
  }

  #handleViewer(event: JanusViewerEvent): void {
    const { handle } = this.#options;
    switch (event.kind) {
      case 'stage':
        if (event.stage !== 'start')
          handle({ kind: 'stage', stage: event.stage === 'watch' ? 'offer' : 'socket' });
        break;
      case 'offer':
        if (this.#paused) this.#viewer.hangUp();
        else void this.#answer(event.sdp);
        break;
      case 'candidate':
        this.#peer?.addCandidate(event.candidate);
        break;
      case 'hung-up':
        this.#again(`Janus ended the connection (${event.reason}).`);
        break;
      case 'failed': {
        const { code, reason, again } = event.fault;
        this.#fail({ code, reason, remedy: again === 'never' ? 'refused' : 'retry' });
        break;
      }
      case 'up': // the browser's own connection says the same
    }
  }

  async #answer(offer: string): Promise<void> {
    this.#peer?.close();
    const mine = (run: () => void) => (this.#peer === peer && !this.#closed ? run() : undefined);
    const peer: JanusPeer = new JanusPeer(this.#options, {
      stage: (stage) => mine(() => this.#options.handle({ kind: 'stage', stage })),
      track: (stream) => mine(() => this.#player.play(stream)),
      candidate: (candidate) => mine(() => this.#viewer.addCandidate(candidate)),
      failed: () =>
        mine(() => {
          this.#viewer.hangUp();
          this.#again('No network path to Janus was found, or it broke.');
        }),
    });
    this.#peer = peer;
    try {
      const answer = await peer.answer(offer);
      mine(() => this.#viewer.answer(answer));
    } catch (thrown) {
      const reason = `This browser cannot take the offer of Janus (${messageOf(thrown)}).`;
      mine(() => this.#fail({ code: 'webrtc/negotiation', reason, remedy: 'retry' }));
    }
  }

  #again(reason: string): void {
    this.#peer?.close();
    if (this.#paused) return;
    const { painted } = this.#player;
    if (painted === this.#paintedBefore || this.#viewer.isBridging) {
      this.#fail({ code: 'webrtc/failed', reason, remedy: 'retry' });
      return;
    }
    this.#paintedBefore = painted;
    this.#viewer.watch();
  }

  #handlePlayer(event: PlayerEvent): void {
    if (event.kind === 'painted' || event.kind === 'blocked') this.#options.handle(event);
    else if (event.kind === 'failed')
      this.#options.handle({ ...event, kind: 'player-failed', player: 'native' });
  }

  #fail(failure: Failure): void {
    if (this.#closed) return;
    this.close();
    this.#options.handle({ kind: 'failed', failure });
  }
}
