import { encodeUtf8, messageOf } from '@pinhole/core';
import {
  participantOfStream,
  type SfuIceServer,
  type SfuServerMessage,
  type SfuTarget,
} from '@pinhole/protocol/picamera';
import type { CameraSession, SessionOptions } from '../camera-session.ts';
import { IpcPipe } from '../ipc-pipe.ts';
import { PiCameraError } from '../picamera-error.ts';
import type { SfuSettings } from '../settings.ts';
import { Wire } from '../wire.ts';
import { RemoteStreams } from './remote-streams.ts';
import { SFU_FRAMING_BYTES, SfuChannels } from './sfu-channels.ts';
import { SfuPeer } from './sfu-peer.ts';
import { SfuSocket } from './sfu-socket.ts';

/** What was opened once the server let us in. */
interface Joined {
  readonly publisher: SfuPeer;
  readonly subscriber: SfuPeer;
  readonly channels: SfuChannels;
}

/** From the most telling: what both connections together are. */
const STATES = ['failed', 'disconnected', 'connected', 'connecting', 'new', 'closed'] as const;

/** A room at an SFU server: pictures and sound of all who publish there, and messages where `ipcMode` says so. */
export class SfuSession implements CameraSession {
  readonly ipc: IpcPipe | undefined;
  readonly #options: SessionOptions & { readonly sfu: SfuSettings };
  readonly #streams = new RemoteStreams();
  #socket: SfuSocket | undefined;
  #joined: Joined | undefined;
  #told: RTCPeerConnectionState = 'new';
  #speaker: 'on' | 'off';

  constructor(options: SessionOptions & { readonly sfu: SfuSettings }) {
    this.#options = options;
    this.#speaker = options.speaker;
    const { ipcMode: mode } = options.settings;
    if (mode === undefined) return;
    this.ipc = new IpcPipe({
      mode,
      // There is nothing to ask here: the newer encoding is taken for it until somebody says something.
      wire: new Wire({ settled: () => {}, assumed: 'packet' }),
      tell: options.tell,
      send: (message) =>
        this.#joined?.channels.send(typeof message === 'string' ? encodeUtf8(message) : message) ?? false,
      maxMessageBytes: () => (this.#joined?.publisher.maxMessageBytes ?? 65_536) - SFU_FRAMING_BYTES,
    });
  }

  get status(): RTCPeerConnectionState {
    const { publisher, subscriber } = this.#joined ?? {};
    return STATES.find((state) => state === publisher?.state || state === subscriber?.state) ?? 'new';
  }

  open(): void {
    const { platform, sfu, tell, over } = this.#options;
    this.#socket = new SfuSocket(platform.openSocket(sfu.url), {
      message: (message) => this.#handle(message),
      malformed: (error) => tell('onError', error),
      closed: over,
    });
  }

  /** Of no effect: viewers have no say in a room. */
  toggleMic(): void {}

  toggleSpeaker(state: 'on' | 'off'): void {
    this.#speaker = state;
    for (const track of this.#streams.audioTracks) track.enabled = state === 'on';
  }

  close(): void {
    this.#socket?.close();
    this.#joined?.publisher.close();
    this.#joined?.subscriber.close();
    this.#joined = undefined;
    this.#streams.clear();
  }

  #handle(message: SfuServerMessage): void {
    const { tell, over } = this.#options;
    switch (message.action) {
      case 'join':
        this.#join(message.iceServer);
        break;
      case 'offer':
        this.#negotiate(async ({ subscriber }) => {
          this.#socket?.say({ action: 'answer', sdp: await subscriber.answer(message.sdp) });
        });
        break;
      case 'answer':
        this.#negotiate(({ publisher }) => publisher.accept(message.sdp));
        break;
      case 'trickle': {
        const { candidate, sdpMLineIndex = 0, ...place } = message.candidate;
        const peer = message.target === 'PUBLISHER' ? 'publisher' : 'subscriber';
        if (candidate !== '') this.#joined?.[peer].addCandidate({ candidate, sdpMLineIndex, ...place });
        break;
      }
      case 'roomInfo':
        tell('onRoomInfo', message.room);
        break;
      case 'quality':
        tell('onQuality', message.quality);
        break;
      case 'speaking':
        tell('onSpeaking', message.speaking);
        break;
      case 'participant':
        for (const { sid, state } of message.participants) {
          if (state === 'DISCONNECTED') this.#streams.delete(sid);
        }
        tell('onParticipant', message.participants);
        break;
      case 'leave':
        over(new PiCameraError('picamera/sfu-closed', 'the SFU server ended the session'));
        break;
      case 'error':
        tell('onError', new PiCameraError('picamera/sfu-error', `the SFU server says: ${message.message}`));
        break;
      case 'trackPublished':
      case 'info':
      case 'close':
      case 'unknown':
        break; // for people, or newer than this
    }
  }

  #join(server: SfuIceServer): void {
    if (this.#joined) return;
    const { platform, settings } = this.#options;
    const { urls, username = '', credential = '' } = server;
    const named = username === '' ? {} : { username, credential };
    const iceServers = [...settings.iceServers, { urls: [urls].flat(), ...named }];
    const candidateOf = (target: SfuTarget) => (candidate: RTCIceCandidateInit) =>
      this.#socket?.say({
        action: 'trickle',
        target,
        candidate: { ...candidate, candidate: candidate.candidate ?? '' },
      });
    const state = (): void => this.#stateChanged();
    const publisher = new SfuPeer(platform.openConnection({ iceServers }), {
      state,
      candidate: candidateOf('PUBLISHER'),
    });
    const channels = new SfuChannels(publisher, settings.ipcMode, {
      open: (id) => this.#options.tell('onDatachannel', id),
      message: (payload) => this.ipc?.receive(payload),
    });
    const subscriber = new SfuPeer(platform.openConnection({ iceServers }), {
      state,
      candidate: candidateOf('SUBSCRIBER'),
      track: (track, streamId) => this.#tracked(track, participantOfStream(streamId)),
      channel: (channel) => channels.listen(channel),
    });
    this.#joined = { publisher, subscriber, channels };
    this.#negotiate(async () => {
      this.#socket?.say({ action: 'offer', sdp: await publisher.offer() });
    });
  }

  #tracked(track: MediaStreamTrack, sid: string): void {
    const { tell } = this.#options;
    if (track.kind === 'audio') track.enabled = this.#speaker === 'on';
    const stream = this.#streams.add(track, sid);
    tell('onStream', stream);
    tell('onSfuStream', sid, stream);
  }

  #stateChanged(): void {
    const { status } = this;
    if (status === this.#told) return;
    this.#told = status;
    if (status === 'connected') this.#options.connected();
    this.#options.tell('onConnectionState', status);
    if (status !== 'failed' || !this.#joined) return;
    const message = 'the connection to the SFU server broke, or no network path to it was found';
    this.#options.over(new PiCameraError('picamera/connection-lost', message));
  }

  #negotiate(step: (joined: Joined) => Promise<void>): void {
    const joined = this.#joined;
    if (!joined) return;
    step(joined).catch((cause: unknown) => {
      if (this.#joined !== joined) return;
      const message = `offer and answer do not go together: ${messageOf(cause)}`;
      this.#options.tell('onError', new PiCameraError('picamera/negotiation', message, { cause }));
    });
  }
}
