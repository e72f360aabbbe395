import { CHANNEL_LABEL, ChannelId } from '@pinhole/protocol/picamera';
import type { PiCameraPlatform } from './platform.ts';
import type { PiCameraSettings } from './settings.ts';

/** What happens on a connection. */
export interface PeerHandlers {
  state(state: RTCPeerConnectionState): void;
  channelOpen(id: ChannelId): void;
  /** The other end closed it. */
  channelClosed(id: ChannelId): void;
  message(id: ChannelId, message: Uint8Array | string): void;
  candidate(candidate: RTCIceCandidateInit): void;
  track(track: MediaStreamTrack, stream: MediaStream): void;
}

/** More candidates than any device has. */
const MAX_WAITING_CANDIDATES = 256;
/** What may wait to be sent on a channel, in bytes: browsers end a channel that holds too much. */
const MAX_QUEUED_BYTES = 8 * 2 ** 20;

/** One connection to a device, with its channels; all that it listens to ends with it. */
export class ViewerPeer {
  readonly #connection: RTCPeerConnection;
  readonly #handlers: PeerHandlers;
  readonly #abort = new AbortController();
  readonly #channels = new Map<ChannelId, RTCDataChannel>();
  #audio: RTCRtpTransceiver | undefined;
  #waiting: RTCIceCandidateInit[] = [];

  constructor(platform: PiCameraPlatform, settings: PiCameraSettings, handlers: PeerHandlers) {
    this.#handlers = handlers;
    this.#connection = platform.openConnection({ iceServers: [...settings.iceServers] });
    this.#listen();
    if (!settings.datachannelOnly) {
      this.#connection.addTransceiver('video', { direction: 'recvonly' });
      this.#audio = this.#connection.addTransceiver('audio', { direction: 'sendrecv' });
    }
    this.#openChannel(ChannelId.Command, {});
    if (settings.ipcMode === 'lossy') this.#openChannel(ChannelId.Lossy, { maxRetransmits: 0 });
    if (settings.ipcMode === 'reliable') this.#openChannel(ChannelId.Reliable, {});
  }

  get state(): RTCPeerConnectionState {
    return this.#connection.connectionState;
  }

  /** Whether an offer of ours waits for its answer. */
  get offering(): boolean {
    return this.#connection.signalingState === 'have-local-offer';
  }

  /** The description that the device gave last. */
  get remoteSdp(): string | undefined {
    return this.#connection.remoteDescription?.sdp;
  }

  /** Makes an offer. @throws {unknown} what the browser throws */
  async offer({ iceRestart = false } = {}): Promise<string> {
    const offer = await this.#connection.createOffer({ iceRestart });
    await this.#connection.setLocalDescription(offer);
    return offer.sdp ?? '';
  }

  /** Takes an answer. @throws {unknown} what the browser throws */
  async accept(sdp: string): Promise<void> {
    await this.#connection.setRemoteDescription({ type: 'answer', sdp });
    this.#addWaiting();
  }

  /** Answers an offer. @throws {unknown} what the browser throws */
  async answer(sdp: string): Promise<string> {
    await this.#connection.setRemoteDescription({ type: 'offer', sdp });
    this.#addWaiting();
    const answer = await this.#connection.createAnswer();
    await this.#connection.setLocalDescription(answer);
    return answer.sdp ?? '';
  }

  /** Takes a candidate, now or once there is a description that it belongs to. */
  addCandidate(candidate: RTCIceCandidateInit): void {
    // Between an offer and its answer, the description at hand is that of before.
    if (this.#connection.remoteDescription && !this.offering) this.#add(candidate);
    else if (this.#waiting.length < MAX_WAITING_CANDIDATES) this.#waiting.push(candidate);
  }

  /** What is spoken here goes to the device. */
  speak(track: MediaStreamTrack): void {
    // No negotiation is needed: the section was offered for both directions.
    void this.#audio?.sender.replaceTrack(track).catch(() => undefined);
  }

  /** Whether a channel is open. */
  isOpen(id: ChannelId): boolean {
    return this.#channels.get(id)?.readyState === 'open';
  }

  /** Sends a message whole. @returns false when it was not: the channel is not open, or too much waits */
  send(id: ChannelId, message: Uint8Array | string): boolean {
    const channel = this.#channels.get(id);
    if (channel?.readyState !== 'open' || channel.bufferedAmount > MAX_QUEUED_BYTES) return false;
    if (typeof message === 'string') channel.send(message);
    else channel.send(message as Uint8Array<ArrayBuffer>); // no memory here is shared with workers
    return true;
  }

  /** Bytes that one message may have. */
  get maxMessageBytes(): number {
    return Math.min(this.#connection.sctp?.maxMessageSize ?? 262_144, 262_144);
  }

  /** Ends it. May be called again. */
  close(): void {
    this.#abort.abort();
    for (const channel of this.#channels.values()) channel.close();
    for (const { receiver } of this.#connection.getTransceivers?.() ?? []) receiver.track.stop();
    this.#connection.close();
    this.#waiting = [];
  }

  #listen(): void {
    const connection = this.#connection;
    const { signal } = this.#abort;
    connection.addEventListener(
      'connectionstatechange',
      () => this.#handlers.state(connection.connectionState),
      { signal },
    );
    connection.addEventListener(
      'icecandidate',
      ({ candidate }) => {
        if (candidate) this.#handlers.candidate(candidate.toJSON());
      },
      { signal },
    );
    connection.addEventListener(
      'track',
      ({ track, streams }) => this.#handlers.track(track, streams[0] ?? new MediaStream([track])),
      { signal },
    );
  }

  #openChannel(id: ChannelId, options: RTCDataChannelInit): void {
    const { signal } = this.#abort;
    const channel = this.#connection.createDataChannel(CHANNEL_LABEL[id], {
      ...options,
      ordered: true,
      negotiated: true,
      id,
    });
    channel.binaryType = 'arraybuffer';
    channel.addEventListener('open', () => this.#handlers.channelOpen(id), { signal });
    channel.addEventListener('close', () => this.#handlers.channelClosed(id), { signal });
    channel.addEventListener(
      'message',
      ({ data: message }: MessageEvent<unknown>) => {
        if (typeof message === 'string') this.#handlers.message(id, message);
        else if (message instanceof ArrayBuffer) this.#handlers.message(id, new Uint8Array(message));
      },
      { signal },
    );
    this.#channels.set(id, channel);
  }

  #addWaiting(): void {
    for (const candidate of this.#waiting.splice(0)) this.#add(candidate);
  }

  #add(candidate: RTCIceCandidateInit): void {
    // One that cannot be used is one path less, among others; late ones of a connection before a restart are many.
    void this.#connection.addIceCandidate(candidate).catch(() => undefined);
  }
}
