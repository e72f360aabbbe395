import { micros, millis, millisToMicros, PinholeError } from '@pinhole/core';
import type { Camera, PeerMedia, ViewerState } from '@pinhole/engine';
import {
  type JanusCandidate,
  type JanusHandleEvent,
  JanusRefusal,
  type UstreamerWishes,
} from '@pinhole/protocol/janus';
import type { Alarms } from './alarms.ts';
import type { JanusGatewayOptions } from './gateway-options.ts';
import { hangupReason } from './hangup-reason.ts';
import type { JanusCounters } from './janus-counters.ts';
import type { JanusIdentity } from './janus-identity.ts';
import type { ViewerVoice } from './viewer-voice.ts';
import { type WatchRefusal, watchRefusalOf } from './watch-refusal.ts';

/** What handles share. */
export interface HandleContext {
  readonly options: Pick<
    JanusGatewayOptions,
    'cameras' | 'sessions' | 'replies' | 'iceUrl' | 'soundOf' | 'openVoice' | 'now' | 'utcNow' | 'log'
  >;
  readonly counters: JanusCounters;
  readonly alarms: Alarms;
}

/** Where a handle is, and who hears of it. */
export interface HandlePlace {
  readonly id: number;
  readonly sessionId: number;
  readonly plugin: string;
  readonly tell: (event: JanusHandleEvent) => void;
}

interface Viewer {
  readonly id: string;
  readonly offer: string;
  /** What was wished for, in a form that can be compared. */
  readonly wishes: string;
  readonly life: Life;
  answered: boolean;
}

/** What there is of a viewer before its offer is made. */
interface Life {
  state: 'connecting' | 'up' | 'over';
  /** Why we end it, where we do. */
  reason: string | undefined;
  readonly voice: ViewerVoice | undefined;
}

/** How long `watch` waits for the camera's parameter sets. */
const WATCH_PATIENCE_MS = millis(2000);
/** From the offer to the connection: a person may be asked for the microphone in between. */
const CONNECT_PATIENCE = micros(60_000_000);
const RECOVERY_PATIENCE = micros(5_000_000);
const SILENCE_PATIENCE = micros(10_000_000);

/** The WebRTC connection of one handle: one at a time, made anew by each `watch` that follows an end. */
export class HandleConnection {
  readonly #context: HandleContext;
  readonly #place: HandlePlace;
  #viewer: Viewer | undefined;
  /** Counts tries; one that is no longer the newest comes to nothing. */
  #attempt = 0;

  constructor(context: HandleContext, place: HandlePlace) {
    this.#context = context;
    this.#place = place;
  }

  /**
   * Makes an offer. One that was not answered yet is made again as it was; a connection that is there ends first, with
   * an event that says so.
   * @returns its SDP, or why there is none
   */
  async offer(
    camera: Camera,
    wanted: UstreamerWishes,
    identity: JanusIdentity,
  ): Promise<string | WatchRefusal> {
    const { options, alarms, counters } = this.#context;
    const wishes = JSON.stringify([camera.id, wanted]);
    if (this.#viewer?.answered === false && this.#viewer.wishes === wishes) return this.#viewer.offer;
    this.hangup('Close PC');
    const attempt = ++this.#attempt;
    const deadline = millis(options.now() + WATCH_PATIENCE_MS);
    const release = camera.acquire();
    try {
      await camera.ready({ deadline: micros(options.utcNow() + millisToMicros(WATCH_PATIENCE_MS)) });
      if (attempt !== this.#attempt) throw hungUp();
      return await this.#invite(camera, { wanted, wishes, identity, attempt });
    } catch (thrown) {
      const refusal = watchRefusalOf(thrown);
      if (refusal === undefined) throw thrown;
      if (refusal.code === 503) counters.watchesNotReady++;
      else counters.watchesRefused++;
      if (refusal.told === 'in time') await alarms.until(deadline);
      return refusal;
    } finally {
      release();
    }
  }

  /**
   * Takes the viewer's answer. One that comes again is passed over: what was agreed on stands.
   * @throws {JanusRefusal} `unexpectedAnswer`, `invalidSdp`
   */
  async accept(answer: string): Promise<void> {
    const viewer = this.#viewer;
    if (viewer === undefined) throw unexpected();
    if (viewer.answered) return;
    viewer.answered = true;
    try {
      await this.#context.options.sessions.accept(viewer.id, answer);
    } catch (thrown) {
      viewer.answered = false;
      this.#context.counters.answersRefused++;
      if (!(thrown instanceof PinholeError)) throw thrown;
      if (thrown.code === 'session/unknown' || thrown.code === 'webrtc/closed') throw unexpected();
      throw new JanusRefusal('invalidSdp', `Error processing SDP: ${thrown.message}`);
    }
  }

  /** Takes a candidate of the viewer; what cannot be used is counted and passed over. */
  candidate(candidate: JanusCandidate): void {
    const viewer = this.#viewer;
    if ('completed' in candidate) return;
    // All sections share the transport of the first.
    const bundled = typeof candidate.sdpMLineIndex === 'number' && candidate.sdpMLineIndex > 0;
    if (viewer === undefined || bundled) {
      this.#context.counters.candidatesPassedOver++;
      return;
    }
    this.#context.options.sessions.candidate(viewer.id, candidate.candidate).catch((thrown: unknown) => {
      this.#context.counters.candidatesPassedOver++;
      if (!(thrown instanceof PinholeError)) {
        this.#context.options.log.error({ error: thrown }, 'a candidate of a Janus client failed');
      }
    });
  }

  /** Ends the connection, or the attempt at one. */
  hangup(reason: string): void {
    this.#attempt++;
    const viewer = this.#viewer;
    if (viewer === undefined) return;
    viewer.life.reason = reason;
    this.#end(viewer.id);
  }

  async #invite(
    camera: Camera,
    asked: {
      readonly wanted: UstreamerWishes;
      readonly wishes: string;
      readonly identity: JanusIdentity;
      readonly attempt: number;
    },
  ): Promise<string> {
    const { options } = this.#context;
    const who = asked.identity.at(camera.id);
    const { audio, mic } = soundWanted(asked.wanted, options.soundOf(camera.id));
    const voice = mic ? options.openVoice?.(camera.id, who) : undefined;
    const life: Life = { state: 'connecting', reason: undefined, voice };
    const rotation = clockwise(asked.wanted.orientation ?? 0);
    try {
      const { id, offer } = await options.sessions.invite(camera, who, {
        peer: {
          whenIdle: 'repeat',
          ...(rotation !== 0 && { rotation }),
          ...soundOf({ audio, voice }),
        },
        patience: { connect: CONNECT_PATIENCE, recovery: RECOVERY_PATIENCE, silence: SILENCE_PATIENCE },
        changed: (state) => this.#changed(life, state),
      });
      if (asked.attempt !== this.#attempt || life.state === 'over') {
        life.state = 'over';
        this.#end(id);
        throw hungUp();
      }
      this.#viewer = { id, offer, wishes: asked.wishes, life, answered: false };
      return offer;
    } catch (thrown) {
      voice?.end();
      throw thrown;
    }
  }

  #changed(life: Life, state: ViewerState): void {
    const { id: sender, sessionId, tell } = this.#place;
    const current = this.#viewer?.life === life;
    if (state.kind === 'live' && life.state === 'connecting') {
      life.state = 'up';
      if (current) tell({ janus: 'webrtcup', sessionId, sender });
    } else if (state.kind === 'closed' && life.state !== 'over') {
      life.state = 'over';
      if (!current) return;
      this.#viewer = undefined;
      life.voice?.end();
      tell({ janus: 'hangup', sessionId, sender, reason: life.reason ?? hangupReason(state.why) });
    }
  }

  #end(id: string): void {
    try {
      this.#context.options.sessions.close(id, 'left');
    } catch (thrown) {
      // It ended by itself in between.
      if (!(thrown instanceof PinholeError)) throw thrown;
    }
  }
}

const hungUp = (): PinholeError =>
  new PinholeError('session/ended', 'the viewer hung up before it was offered anything');

const unexpected = (): JanusRefusal =>
  new JanusRefusal('unexpectedAnswer', 'Unexpected ANSWER (did we offer?)');

const soundWanted = (
  { audio = false, mic = false }: UstreamerWishes,
  can: { readonly audio: boolean; readonly mic: boolean },
) => ({ audio: audio && can.audio, mic: mic && can.mic });

/** Sound both ways, one way or none. */
function soundOf({
  audio,
  voice,
}: {
  readonly audio: boolean;
  readonly voice: ViewerVoice | undefined;
}): Pick<PeerMedia, 'audio' | 'onAudio'> {
  if (voice) return { audio: 'both', onAudio: (frame) => voice.write(frame) };
  return { audio: audio ? 'send' : 'off' };
}

/** Viewers wish the other way round than the header extension says. */
const clockwise = (orientation: 0 | 90 | 180 | 270): 0 | 90 | 180 | 270 =>
  orientation === 90 ? 270 : orientation === 270 ? 90 : orientation;
