import { messageOf } from '@pinhole/core';
import { ChannelId } from '@pinhole/protocol/picamera';
import type { CameraSession, SessionOptions } from './camera-session.ts';
import { Gate } from './gate.ts';
import { IpcPipe } from './ipc-pipe.ts';
import { Microphone } from './microphone.ts';
import { MqttSignaling, type SignalingEvent } from './mqtt-signaling.ts';
import { withOnlyCodec } from './offer-codec.ts';
import { PiCameraError, type PiCameraErrorCode } from './picamera-error.ts';
import { type RecoveryInput, type RecoveryState, stepRecovery } from './recovery.ts';
import { RequestDesk } from './request-desk.ts';
import { isSameDevice, refusesVideo } from './session-sdp.ts';
import type { MqttSettings } from './settings.ts';
import { ViewerPeer } from './viewer-peer.ts';
import { Wire } from './wire.ts';

/** One viewer at the broker and one connection; another of both when the connection is built anew. */
interface Attempt {
  readonly signaling: MqttSignaling;
  readonly peer: ViewerPeer;
  readonly wire: Wire;
  readonly desk: RequestDesk;
  readonly gate: Gate;
  readonly ipc?: IpcPipe;
  /** Offers and answers, one after the other. */
  turn: Promise<void>;
}

/** A connection straight to a device, found by MQTT; mended as long as it can be. */
export class P2pSession implements CameraSession {
  readonly #options: SessionOptions & { readonly mqtt: MqttSettings };
  readonly #microphone: Microphone;
  readonly #remoteAudio = new Set<MediaStreamTrack>();
  #attempt: Attempt | undefined;
  #recovery: RecoveryState = { kind: 'offering' };
  #timer: ReturnType<typeof setTimeout> | undefined;
  #speaker: 'on' | 'off';

  constructor(options: SessionOptions & { readonly mqtt: MqttSettings }) {
    this.#options = options;
    this.#speaker = options.speaker;
    this.#microphone = new Microphone(options.platform, {
      track: (track) => this.#attempt?.peer.speak(track),
      error: (error) => options.tell('onError', error),
    });
  }

  get status(): RTCPeerConnectionState {
    return this.#attempt?.peer.state ?? 'new';
  }

  get desk(): RequestDesk | undefined {
    return this.#attempt?.desk;
  }

  get ipc(): IpcPipe | undefined {
    return this.#attempt?.ipc;
  }

  open(): void {
    this.toggleMic(this.#options.microphone);
    this.#begin();
  }

  toggleMic(state: 'on' | 'off'): void {
    if (!this.#options.settings.datachannelOnly) this.#microphone.toggle(state);
  }

  toggleSpeaker(state: 'on' | 'off'): void {
    this.#speaker = state;
    for (const track of this.#remoteAudio) track.enabled = state === 'on';
  }

  close(): void {
    this.#recovery = { kind: 'over' };
    clearTimeout(this.#timer);
    this.#attempt?.desk.disconnect();
    this.#drop('picamera/terminated', 'was not waited for: the connection was terminated');
    this.#microphone.close();
  }

  #begin(): void {
    const { platform, settings, mqtt } = this.#options;
    const { uid, ...broker } = mqtt;
    const link = platform.openLink({ ...broker, clientId: platform.newId() });
    const attempt: Attempt = {
      ...this.#parts(() => attempt),
      signaling: new MqttSignaling(link, {
        uid,
        handle: (event) => this.#attempt === attempt && this.#signaled(attempt, event),
      }),
      peer: new ViewerPeer(platform, settings, {
        state: (state) => this.#stateChanged(attempt, state),
        channelOpen: (id) => this.#channelOpened(attempt, id),
        channelClosed: (id) => id === ChannelId.Command && this.#step({ kind: 'gone' }),
        message: (id, message) =>
          id === ChannelId.Command ? attempt.desk.receive(message) : attempt.ipc?.receive(message),
        candidate: (candidate) => attempt.signaling.sayCandidate(candidate),
        track: (track, stream) => this.#tracked(track, stream),
      }),
      turn: Promise.resolve(),
    };
    this.#attempt = attempt;
    if (this.#microphone.track) attempt.peer.speak(this.#microphone.track);
    attempt.signaling.open();
  }

  /** What talks on the channels. */
  #parts(attempt: () => Attempt): Pick<Attempt, 'wire' | 'gate' | 'desk' | 'ipc'> {
    const { tell, settings } = this.#options;
    const { ipcMode: mode } = settings;
    const wire = new Wire({ settled: () => gate.open() });
    const gate: Gate = new Gate({
      isOpen: () => wire.encoding !== undefined,
      knock: (unanswered) => desk.probe(unanswered),
    });
    const desk: RequestDesk = new RequestDesk({
      wire,
      gate,
      tell,
      send: (message) => attempt().peer.send(ChannelId.Command, message),
      takesLists: this.#options.takesLists,
    });
    if (mode === undefined) return { wire, gate, desk };
    const id = mode === 'lossy' ? ChannelId.Lossy : ChannelId.Reliable;
    const ipc = new IpcPipe({
      mode,
      wire,
      gate,
      tell,
      send: (message) => attempt().peer.send(id, message),
      maxMessageBytes: () => attempt().peer.maxMessageBytes,
    });
    return { wire, gate, desk, ipc };
  }

  /** Ends the connection and the signaling, not the session. */
  #drop(code: 'picamera/terminated' | 'picamera/connection-lost', why: string): void {
    const attempt = this.#attempt;
    if (!attempt) return;
    this.#attempt = undefined;
    this.#remoteAudio.clear();
    attempt.gate.clear();
    attempt.desk.clear(code, why);
    attempt.signaling.close();
    attempt.peer.close();
  }

  #signaled(attempt: Attempt, event: SignalingEvent): void {
    const { signaling, peer } = attempt;
    switch (event.kind) {
      case 'ready':
        this.#inTurn(attempt, async () => {
          signaling.say('offer', this.#asWanted(await peer.offer()));
          this.#step({ kind: 'offered' });
        });
        break;
      case 'answer':
        this.#inTurn(attempt, () => this.#answered(attempt, event.sdp));
        break;
      case 'offer':
        // The device takes its own offer back when both made one.
        this.#inTurn(attempt, async () => {
          if (!peer.offering) signaling.say('answer', await peer.answer(event.sdp));
        });
        break;
      case 'candidate':
        peer.addCandidate(event.candidate);
        break;
      case 'returned':
        this.#step({ kind: 'returned' });
        break;
      case 'trouble':
        this.#options.tell('onError', event.error);
        break;
      case 'refused':
        this.#options.over(event.error);
        break;
    }
  }

  async #answered(attempt: Attempt, sdp: string): Promise<void> {
    const { peer, signaling, wire } = attempt;
    if (!peer.offering) return;
    if (peer.remoteSdp !== undefined && !isSameDevice(peer.remoteSdp, sdp)) {
      this.#step({ kind: 'gone' });
      return;
    }
    // Devices of the newer family speak packets; those of the other show it with the first thing that they say. Known
    // before the answer is taken: channels may open before that is done.
    if (signaling.family === 'offer') wire.settle('packet');
    await peer.accept(sdp);
    if (refusesVideo(sdp)) {
      const message = 'the device has no picture in a codec that was offered';
      this.#options.tell('onError', new PiCameraError('picamera/no-video', message));
    }
    this.#step({ kind: 'answered' });
  }

  #stateChanged(attempt: Attempt, state: RTCPeerConnectionState): void {
    const { tell, connected } = this.#options;
    if (state === 'connected') {
      connected();
      // Devices of the older family listen no more once they are connected.
      if (attempt.signaling.family === 'sdp') attempt.signaling.close();
    }
    tell('onConnectionState', state);
    if (this.#attempt !== attempt) return;
    if (state === 'connected' || state === 'disconnected' || state === 'failed') this.#step({ kind: state });
  }

  #channelOpened(attempt: Attempt, id: ChannelId): void {
    // So that the first message need not wait.
    if (id === ChannelId.Command && attempt.ipc && attempt.wire.encoding === undefined) {
      attempt.desk.probe(() => {});
    }
    this.#options.tell('onDatachannel', id);
  }

  #tracked(track: MediaStreamTrack, stream: MediaStream): void {
    if (track.kind === 'audio') {
      this.#remoteAudio.add(track);
      track.enabled = this.#speaker === 'on';
    }
    this.#options.tell('onStream', stream);
  }

  #step(input: RecoveryInput): void {
    const mending = this.#attempt?.signaling.family === 'offer' ? 'restart' : 'rebuild';
    const nowMs = performance.now();
    const [state, effect] = stepRecovery(this.#recovery, input, { nowMs, mending });
    this.#recovery = state;
    clearTimeout(this.#timer);
    if ('untilMs' in state && state.untilMs !== undefined) {
      this.#timer = setTimeout(() => this.#step({ kind: 'tick' }), Math.max(1, state.untilMs - nowMs));
    }
    if (effect === 'mend' && mending === 'restart' && this.#attempt?.peer.remoteSdp !== undefined) {
      this.#restart(this.#attempt);
    } else if (effect === 'mend' || effect === 'rebuild') {
      this.#drop('picamera/connection-lost', 'was lost: the connection to the device broke');
      this.#begin();
    } else if (effect === 'give-up') {
      const message = 'the connection to the device broke, or no network path to it was found';
      this.#options.over(new PiCameraError('picamera/connection-lost', message));
    }
  }

  #restart(attempt: Attempt): void {
    this.#inTurn(attempt, async () => {
      attempt.signaling.say('offer', this.#asWanted(await attempt.peer.offer({ iceRestart: true })));
    });
  }

  /** Does something with descriptions after what was begun before. */
  #inTurn(attempt: Attempt, negotiate: () => Promise<void>): void {
    attempt.turn = attempt.turn.then(async () => {
      if (this.#attempt !== attempt) return;
      try {
        await negotiate();
      } catch (cause) {
        if (this.#attempt !== attempt) return;
        const code: PiCameraErrorCode = 'picamera/negotiation';
        const message = `offer and answer do not go together: ${messageOf(cause)}`;
        this.#options.tell('onError', new PiCameraError(code, message, { cause }));
      }
    });
  }

  /** The offer as it is sent. */
  #asWanted(sdp: string): string {
    const { codec, datachannelOnly } = this.#options.settings;
    if (codec === undefined || datachannelOnly) return sdp;
    const wanted = withOnlyCodec(sdp, codec);
    if (wanted !== undefined) return wanted;
    const message = `this browser has no ${codec}; it offers all that it has`;
    this.#options.tell('onError', new PiCameraError('picamera/no-codec', message));
    return sdp;
  }
}
