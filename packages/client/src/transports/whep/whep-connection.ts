import { messageOf } from '@pinhole/core';
import type { AnyClientMessage } from '@pinhole/protocol/live';
import type { ClockOffset } from '../../clock/clock-offset.ts';
import { Conversation, type ServerMessage } from '../conversation.ts';
import { type Failure, TransportError } from '../failure.ts';
import { askForHeaderExtensions, preferH264, receivesH264, withHeaderExtensions } from './offer.ts';
import { deleteSession, postOffer, type WhepEndpoint } from './whep-resource.ts';

/** What a WHEP connection tells its owner. */
export type WhepEvent =
  | { readonly kind: 'stage'; readonly stage: 'offer' | 'ice' | 'dtls' | 'key-frame' }
  | { readonly kind: 'track'; readonly stream: MediaStream }
  | { readonly kind: 'message'; readonly message: ServerMessage }
  /** It is over and will not come back. */
  | { readonly kind: 'failed'; readonly failure: Failure };

/** What a WHEP connection needs. */
export interface WhepConnectionOptions extends WhepEndpoint {
  readonly clock: ClockOffset;
  readonly handle: (event: WhepEvent) => void;
  /** ICE servers beside those that the server names. */
  readonly iceServers?: readonly RTCIceServer[];
}

const CHANNEL_LABEL = 'pinhole';

/**
 * One viewer's WebRTC connection by WHEP: the offer is posted at once, without candidates (the server learns them from
 * the checks), and the answer brings all of the server's. It never tries again by itself.
 *
 * @see draft-ietf-wish-whep
 */
export class WhepConnection {
  readonly #options: WhepConnectionOptions;
  readonly #abort = new AbortController();
  #pc: RTCPeerConnection | undefined;
  #conversation: Conversation | undefined;
  #resource: string | undefined;

  constructor(options: WhepConnectionOptions) {
    this.#options = options;
  }

  /** Connects; what becomes of it comes as events. */
  async open(): Promise<void> {
    if (this.#abort.signal.aborted) return;
    try {
      if (typeof RTCPeerConnection === 'undefined') {
        const reason = 'This browser has no WebRTC.';
        throw new TransportError({ code: 'webrtc/unsupported', reason, remedy: 'other-transport' });
      }
      if (!receivesH264()) {
        const reason = 'This browser receives no H.264 by WebRTC.';
        throw new TransportError({ code: 'webrtc/no-h264', reason, remedy: 'other-transport' });
      }
      await this.#negotiate();
    } catch (thrown) {
      this.#fail(thrown instanceof TransportError ? thrown.failure : unexpected(thrown));
    }
  }

  /** The browser's own statistics. */
  async stats(): Promise<RTCStatsReport | undefined> {
    return this.#pc?.connectionState === 'closed' ? undefined : await this.#pc?.getStats();
  }

  /** Says something on the data channel. */
  say(message: AnyClientMessage): void {
    this.#conversation?.say(message);
  }

  /** Ends it and tells the server so. May be called again. */
  close(): void {
    if (this.#abort.signal.aborted) return;
    this.#abort.abort();
    const pc = this.#pc;
    if (this.#resource === undefined) {
      this.#conversation?.close();
      pc?.close();
      return;
    }
    this.#conversation?.stop();
    // Asked before the connection goes: its end would be the session's end too, and the answer "no such session".
    void deleteSession(this.#options, this.#resource).then(() => pc?.close());
  }

  async #negotiate(): Promise<void> {
    const pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle', iceServers: this.#iceServers([]) });
    this.#pc = pc;
    this.#listen(pc);
    const transceiver = pc.addTransceiver('video', { direction: 'recvonly' });
    preferH264(transceiver);
    askForHeaderExtensions(transceiver);
    // Show each frame when it is decoded: the pictures come from one source, so there is nothing to align.
    if ('jitterBufferTarget' in transceiver.receiver) transceiver.receiver.jitterBufferTarget = 0;
    this.#openChannel(pc);

    this.#options.handle({ kind: 'stage', stage: 'offer' });
    const offer = await pc.createOffer();
    const sdp = withHeaderExtensions(offer.sdp ?? '');
    const { signal } = this.#abort;
    const posted = postOffer(this.#options, { sdp, signal });
    posted.then(({ resource }) => this.#own(resource)).catch(() => {});
    const answer = await posted;
    if (signal.aborted) return;
    // Only now, so that the ICE servers which the answer names take part in the first gathering already.
    if (answer.iceServers.length > 0) {
      pc.setConfiguration({ ...pc.getConfiguration(), iceServers: this.#iceServers(answer.iceServers) });
    }
    await pc.setLocalDescription({ type: 'offer', sdp });
    await pc.setRemoteDescription({ type: 'answer', sdp: answer.sdp });
    if (!signal.aborted && transceiver.currentDirection !== 'recvonly') {
      const reason = 'The server answered without a picture.';
      this.#fail({ code: 'webrtc/no-h264', reason, remedy: 'other-transport' });
    }
  }

  #own(resource: string | undefined): void {
    this.#resource = resource;
    if (this.#abort.signal.aborted && resource !== undefined) void deleteSession(this.#options, resource);
  }

  #listen(pc: RTCPeerConnection): void {
    const { handle } = this.#options;
    pc.addEventListener('track', ({ track, streams }) => {
      handle({ kind: 'track', stream: streams[0] ?? new MediaStream([track]) });
    });
    pc.addEventListener('iceconnectionstatechange', () => {
      if (pc.iceConnectionState === 'checking') handle({ kind: 'stage', stage: 'ice' });
      else if (pc.iceConnectionState === 'connected') handle({ kind: 'stage', stage: 'dtls' });
    });
    pc.addEventListener('connectionstatechange', () => {
      if (pc.connectionState === 'connected') handle({ kind: 'stage', stage: 'key-frame' });
      else if (pc.connectionState === 'failed') {
        const reason = 'No network path to the camera server was found, or it broke.';
        this.#fail({ code: 'webrtc/failed', reason, remedy: 'retry' });
      }
    });
  }

  #openChannel(pc: RTCPeerConnection): void {
    const channel = pc.createDataChannel(CHANNEL_LABEL);
    const conversation = new Conversation({
      send: (text) => {
        if (channel.readyState === 'open') channel.send(text);
      },
      handle: (message) => this.#options.handle({ kind: 'message', message }),
      clock: this.#options.clock,
    });
    this.#conversation = conversation;
    channel.addEventListener('open', () => conversation.open());
    channel.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
      if (typeof data === 'string') conversation.receive(data);
    });
    channel.addEventListener('close', () => {
      const reason = 'The server closed the connection.';
      this.#fail({ code: 'webrtc/closed', reason, remedy: 'retry' });
    });
  }

  #iceServers(named: readonly RTCIceServer[]): RTCIceServer[] {
    return [...(this.#options.iceServers ?? []), ...named];
  }

  #fail(failure: Failure): void {
    if (this.#abort.signal.aborted) return;
    this.close();
    this.#options.handle({ kind: 'failed', failure });
  }
}

const unexpected = (thrown: unknown): Failure => ({
  code: 'webrtc/negotiation',
  reason: `WebRTC could not be negotiated (${messageOf(thrown)}).`,
  remedy: 'retry',
});
