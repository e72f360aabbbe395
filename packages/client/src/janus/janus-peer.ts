import type { JanusCandidate } from '@pinhole/protocol/janus';
import type { JanusOptions } from './janus-options.ts';

/** What a peer tells. */
export interface JanusPeerHandlers {
  readonly stage: (stage: 'ice' | 'dtls' | 'key-frame') => void;
  readonly track: (stream: MediaStream) => void;
  readonly candidate: (candidate: JanusCandidate) => void;
  /** There is no way to the server, or it broke. */
  readonly failed: () => void;
}

/** One WebRTC connection that answers one offer of a Janus. */
export class JanusPeer {
  readonly #options: Pick<JanusOptions, 'iceServers' | 'audio'>;
  readonly #handlers: JanusPeerHandlers;
  readonly #pc: RTCPeerConnection;
  /** The offer is set: candidates may be added. */
  #described: Promise<unknown> = Promise.resolve();

  constructor(options: Pick<JanusOptions, 'iceServers' | 'audio'>, handlers: JanusPeerHandlers) {
    this.#options = options;
    this.#handlers = handlers;
    this.#pc = new RTCPeerConnection({ iceServers: [...(options.iceServers ?? [])] });
    this.#listen();
  }

  /** @returns the answer; @throws what the browser throws when it cannot take the offer */
  async answer(offer: string): Promise<string> {
    const pc = this.#pc;
    const described = pc.setRemoteDescription({ type: 'offer', sdp: offer });
    this.#described = described;
    await described;
    this.#choose();
    const answer = await pc.createAnswer();
    // Chromium plays stereo as mono unless the answer says that it is wanted (RFC 7587 §6.1).
    const sdp = (answer.sdp ?? '').replaceAll('useinbandfec=1', 'useinbandfec=1;stereo=1');
    await pc.setLocalDescription({ type: 'answer', sdp });
    return sdp;
  }

  /** Takes a candidate of the server. */
  addCandidate(candidate: JanusCandidate): void {
    if ('completed' in candidate) return;
    // One that the browser does not take is one less.
    this.#described.then(() => this.#pc.addIceCandidate(candidate)).catch(() => {});
  }

  /** The browser's own statistics. */
  async stats(): Promise<RTCStatsReport | undefined> {
    return this.#pc.connectionState === 'closed' ? undefined : await this.#pc.getStats();
  }

  /** Ends it. May be called again. */
  close(): void {
    this.#pc.close();
  }

  /** One video, and sound where it is wanted; whatever else is offered is not received. */
  #choose(): void {
    let wantsVideo = true;
    for (const transceiver of this.#pc.getTransceivers()) {
      const { receiver } = transceiver;
      const isVideo = receiver.track.kind === 'video';
      const wanted = isVideo ? wantsVideo : this.#options.audio === 'on';
      if (isVideo) wantsVideo = false;
      transceiver.direction = wanted ? 'recvonly' : 'inactive';
      // Show each frame when it is decoded. With sound, the two have to stay together.
      if (this.#options.audio !== 'on' && 'jitterBufferTarget' in receiver) receiver.jitterBufferTarget = 0;
    }
  }

  #listen(): void {
    const { stage, track, candidate, failed } = this.#handlers;
    const pc = this.#pc;
    pc.addEventListener('track', (event) => {
      if (event.track.kind === 'video') track(event.streams[0] ?? new MediaStream([event.track]));
    });
    pc.addEventListener('icecandidate', ({ candidate: found }) => {
      if (!found?.candidate) candidate({ completed: true });
      else {
        const { sdpMid, sdpMLineIndex } = found;
        candidate({ candidate: found.candidate, sdpMid, sdpMLineIndex });
      }
    });
    pc.addEventListener('iceconnectionstatechange', () => {
      if (pc.iceConnectionState === 'checking') stage('ice');
      else if (pc.iceConnectionState === 'connected') stage('dtls');
    });
    pc.addEventListener('connectionstatechange', () => {
      if (pc.connectionState === 'connected') stage('key-frame');
      else if (pc.connectionState === 'failed') failed();
    });
  }
}
