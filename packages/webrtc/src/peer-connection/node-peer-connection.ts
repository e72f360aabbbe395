import { messageOf, PinholeError } from '@pinhole/core';
import {
  type RTCIceTransport,
  RTCPeerConnection,
  type RTCRtpTransceiver,
  RtpHeader,
  RtpPacket,
  MediaStreamTrack as WeriftTrack,
} from 'werift';
import { hostAddresses } from '../host-addresses.ts';
import type { IceServer } from '../ice-server.ts';
import { h264Codec, soundCodecs, videoExtensions } from './h264-codecs.ts';
import { NodeMediaStream } from './node-media-stream.ts';
import { NodeReceivedTrack } from './node-received-track.ts';
import { DEFAULT_PROFILE, type NodeVideoTrack, type PacketOutlet } from './node-video-track.ts';
import { isUsableCandidate, screenDescription } from './screen-description.ts';

/** How a connection is made; the first field as browsers have it. */
export interface NodePeerConfiguration {
  /** None unless given: nobody is asked for the public address. */
  readonly iceServers?: readonly IceServer[];
  /** Local addresses to use, e.g. `['127.0.0.1']`; all that other machines can reach, unless given. */
  readonly hostAddresses?: readonly string[];
}

/** A description as `RTCSessionDescriptionInit` has it. */
export interface NodeSessionDescription {
  readonly type: 'offer' | 'answer' | 'pranswer' | 'rollback';
  readonly sdp?: string;
}

/** A candidate as `RTCIceCandidateInit` has it. */
export interface NodeIceCandidate {
  readonly candidate?: string;
  readonly sdpMid?: string | null;
  readonly sdpMLineIndex?: number | null;
  readonly usernameFragment?: string | null;
}

/** `icecandidate`: `null` after the last one. */
export class NodeCandidateEvent extends Event {
  readonly candidate: NodeIceCandidate | null;

  constructor(candidate: NodeIceCandidate | null) {
    super('icecandidate');
    this.candidate = candidate;
  }
}

/** `track`: what comes from the other side. */
export class NodeTrackEvent extends Event {
  readonly track: NodeReceivedTrack;
  readonly streams: readonly NodeMediaStream<NodeReceivedTrack>[];

  constructor(track: NodeReceivedTrack, stream: NodeMediaStream<NodeReceivedTrack>) {
    super('track');
    this.track = track;
    this.streams = [stream];
  }
}

const hasPath = ({ connection }: RTCIceTransport): boolean =>
  (connection as { readonly nominated?: unknown }).nominated !== undefined;

/** Parts of werift's ICE agent that its types keep to themselves. */
interface Gathering {
  stunServer?: unknown;
  getCandidatePromises?: (addresses: readonly string[], timeoutSeconds: number) => Promise<unknown>[];
}

/** An answer waits for the end of gathering, so a STUN server that is away may not take long. */
const GATHERING_SECONDS = 2;

function boundGathering(
  connection: RTCIceTransport['connection'],
  { asksStun }: { readonly asksStun: boolean },
): void {
  const agent = connection as unknown as Gathering;
  // werift asks a public server of its own choice when it is given none.
  if (!asksStun) delete agent.stunServer;
  if (Object.hasOwn(agent, 'getCandidatePromises')) return;
  const gather = agent.getCandidatePromises?.bind(agent);
  if (gather) agent.getCandidatePromises = (addresses) => gather(addresses, GATHERING_SECONDS);
}

/** States that end a connection for good. */
const OVER: readonly string[] = ['failed', 'closed'];
const MAX_CANDIDATES = 32;

/**
 * The part of `RTCPeerConnection` that sends or receives H.264, in Node: offers and answers, candidates one by one, the
 * events `icecandidate`, `track` and `connectionstatechange`. What the other side sends is screened before the stack
 * sees it.
 */
export class NodePeerConnection extends EventTarget {
  readonly #inner: RTCPeerConnection;
  readonly #addresses: readonly string[];
  readonly #asksStun: boolean;
  readonly #outlets: { readonly track: NodeVideoTrack; readonly outlet: PacketOutlet }[] = [];
  readonly #received: NodeReceivedTrack[] = [];
  #remoteCandidates = 0;
  #sendFailures = 0;
  #closed = false;

  constructor({ iceServers = [], hostAddresses: wanted }: NodePeerConfiguration = {}) {
    super();
    const found = hostAddresses(wanted);
    this.#addresses = found.length > 0 ? found : ['127.0.0.1'];
    this.#asksStun = iceServers.length > 0;
    this.#inner = new RTCPeerConnection({
      iceServers: iceServers.map(({ urls, ...server }) => ({
        ...server,
        urls: typeof urls === 'string' ? urls : [...urls],
      })),
      codecs: { video: [h264Codec(DEFAULT_PROFILE)], audio: soundCodecs() },
      headerExtensions: { video: videoExtensions(), audio: [] },
      bundlePolicy: 'max-bundle',
      iceUseIpv4: false,
      iceUseIpv6: false,
      iceAdditionalHostAddresses: [...this.#addresses],
    });
    this.#inner.onIceCandidate.subscribe((candidate) => {
      this.dispatchEvent(new NodeCandidateEvent(candidate ? candidate : null));
    });
    this.#inner.connectionStateChange.subscribe(() => this.#stateChanged());
    this.#inner.ontrack = ({ transceiver, track, streams }) => {
      if (track.kind === 'video') this.#receive(transceiver, track, streams[0]?.id);
    };
  }

  get connectionState(): RTCPeerConnection['connectionState'] {
    return this.#closed ? 'closed' : this.#inner.connectionState;
  }

  get signalingState(): RTCPeerConnection['signalingState'] {
    return this.#inner.signalingState;
  }

  get localDescription(): NodeSessionDescription | null {
    return this.#inner.localDescription;
  }

  get remoteDescription(): NodeSessionDescription | null {
    return this.#inner.remoteDescription;
  }

  /** Packets that could not be sent. */
  get sendFailures(): number {
    return this.#sendFailures;
  }

  /** Sends a track once the connection is up. */
  addTrack(track: NodeVideoTrack, stream?: { readonly id: string }): void {
    this.#inner.config.codecs.video = [h264Codec(track.profileLevelId)];
    const pipe = new WeriftTrack({ kind: 'video' });
    const transceiver = this.#inner.addTransceiver(pipe, { direction: 'sendonly' });
    if (stream) transceiver.sender.setStreams([{ id: stream.id } as never]);
    const { sender } = transceiver;
    const send = sender.sendRtp.bind(sender);
    // werift forgets this promise, and what it rejects with would end the process.
    sender.sendRtp = (packet) => send(packet).catch(() => void this.#sendFailures++);
    sender.onPictureLossIndication.subscribe(() => track.requestKeyFrame());
    let sequenceNumber = Math.floor(Math.random() * 2 ** 15);
    const outlet: PacketOutlet = {
      isReady: () => this.#inner.connectionState === 'connected',
      send: ({ payload, marker, timestamp }) => {
        sequenceNumber = (sequenceNumber + 1) & 0xffff;
        const body = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
        pipe.writeRtp(new RtpPacket(new RtpHeader({ sequenceNumber, timestamp, marker }), body));
      },
    };
    this.#outlets.push({ track, outlet });
    track.attach(outlet);
  }

  async createOffer(options: { readonly iceRestart?: boolean } = {}): Promise<NodeSessionDescription> {
    return await this.#inner.createOffer(options);
  }

  async createAnswer(): Promise<NodeSessionDescription> {
    return await this.#inner.createAnswer();
  }

  /** Applies a description of ours; candidates follow as events. */
  async setLocalDescription({ type, sdp }: NodeSessionDescription): Promise<void> {
    for (const { connection } of this.#inner.iceTransports)
      boundGathering(connection, { asksStun: this.#asksStun });
    const gathered = this.#inner.setLocalDescription({ type, sdp: sdp ?? '' } as {
      type: 'offer';
      sdp: string;
    });
    const applied = new Promise<void>((resolve) => {
      this.#inner.iceGatheringStateChange.once(() => resolve());
    });
    // Gathering may take seconds; browsers do not wait for it either.
    await Promise.race([gathered, applied]);
    gathered.then(
      () => this.#checkAgain(),
      () => {}, // told above when it fails at once; later only a close can end it
    );
  }

  /**
   * Applies a description of the other side.
   * @throws {PinholeError} `webrtc/malformed-offer`, `webrtc/unsupported`, `webrtc/no-h264`
   */
  async setRemoteDescription({ type, sdp = '' }: NodeSessionDescription): Promise<void> {
    const screened = screenDescription(sdp, this.#addresses);
    try {
      await this.#inner.setRemoteDescription({ type, sdp: screened } as { type: 'offer'; sdp: string });
    } catch (cause) {
      if (messageOf(cause).includes('negotiate codecs'))
        throw new PinholeError('webrtc/no-h264', 'the other side offers no H.264: nothing else is taken', {
          cause,
        });
      throw new PinholeError('webrtc/malformed-offer', `the description was not taken: ${messageOf(cause)}`, {
        cause,
      });
    }
    if (type === 'answer') this.#checkAgain();
  }

  /** Adds a candidate of the other side; one that checks may not go to, or one too many, is passed over. */
  async addIceCandidate(candidate: NodeIceCandidate | null = null): Promise<void> {
    if (this.#closed) return;
    const text = candidate?.candidate ?? '';
    if (text !== '') {
      if (this.#remoteCandidates >= MAX_CANDIDATES || !isUsableCandidate(text, this.#addresses)) return;
      this.#remoteCandidates++;
    }
    // One of an earlier offer, or of no section: the stack refuses it, and there are others.
    await this.#inner.addIceCandidate(text === '' ? null : { ...candidate, candidate: text }).catch(() => {});
  }

  /** Ends it. May be called again; never throws. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#detach();
    this.#inner.close().catch(() => {});
  }

  /** After an ICE restart werift, whose DTLS is up already, leaves the new checks unstarted. */
  #checkAgain(): void {
    if (this.#closed || this.#inner.signalingState !== 'stable') return;
    for (const { state, iceTransport } of this.#inner.dtlsTransports)
      if (state === 'connected' && !hasPath(iceTransport) && iceTransport.state !== 'checking')
        iceTransport.start().catch(() => {}); // its state tells
  }

  #stateChanged(): void {
    if (this.#closed) return;
    if (this.#inner.connectionState === 'connected')
      for (const { track, outlet } of this.#outlets) {
        track.attach(outlet);
        track.requestKeyFrame();
      }
    if (OVER.includes(this.#inner.connectionState)) this.#detach();
    this.dispatchEvent(new Event('connectionstatechange'));
  }

  #detach(): void {
    for (const { track, outlet } of this.#outlets) track.detach(outlet);
    for (const track of this.#received) track.stop();
  }

  #receive(transceiver: RTCRtpTransceiver, inner: WeriftTrack, streamId?: string): void {
    const track = new NodeReceivedTrack({
      id: inner.id ?? inner.uuid,
      requestKeyFrame: () => {
        const { ssrc } = inner.header ?? {};
        if (ssrc !== undefined) transceiver.receiver.sendRtcpPLI(ssrc).catch(() => {});
      },
    });
    this.#received.push(track);
    inner.onReceiveRtp.subscribe(({ header, payload }) =>
      track.receive({
        sequence: header.sequenceNumber,
        timestamp: header.timestamp,
        marker: header.marker,
        payloadType: header.payloadType,
        ssrc: header.ssrc,
        payload: new Uint8Array(payload.buffer, payload.byteOffset, payload.byteLength),
      }),
    );
    this.dispatchEvent(new NodeTrackEvent(track, new NodeMediaStream([track], streamId)));
  }
}
