import type { Abort, Micros } from '@pinhole/core';
import type { Stream } from '../stream/stream.ts';
import type { ChannelViewer } from './channel-viewer.ts';
import type { DataChannel, NegotiatedChannel } from './data-channel.ts';
import type { Identity, ViewerEnd } from './viewer.ts';
import type { DeliveryCounters, SubStream, ViewerDelivery } from './viewer-delivery.ts';

/** What a peer tells its session. */
export type PeerEvent =
  /** ICE and DTLS are up: media flows. */
  | { readonly kind: 'connected' }
  /** Nothing heard for a while; may come back by itself. */
  | { readonly kind: 'disconnected' }
  /** Will not come back. */
  | { readonly kind: 'failed'; readonly why: string }
  /** The browser closed it (DTLS close_notify or a bye). */
  | { readonly kind: 'left' }
  /** RTCP or a data channel message came: the viewer is there. */
  | { readonly kind: 'heard' };

/** A packet of Opus from the viewer. */
export interface ViewerAudioFrame {
  /** RFC 6716; the taker's to keep. */
  readonly data: Uint8Array;
  /** Of the first sample, at 48 kHz, 0…2^32−1. */
  readonly timestamp: number;
  /** 0…65535; a gap is a packet that did not come. */
  readonly sequence: number;
}

/** What opening a peer needs, whoever made the offer. */
export interface PeerMedia {
  /** The stream to send; its parameters are known where the picture is sent. */
  readonly stream: Stream;
  /** A smaller one, that takes its place where the way to the viewer is too slow. */
  readonly sub?: SubStream;
  /** Whose viewer it is; a channel to it goes by these rights. */
  readonly who?: Identity;
  /**
   * Whether the viewer must take the picture: `if-offered` serves one that wants sound or data channels alone. Default
   * `required`.
   */
  readonly video?: 'required' | 'if-offered';
  /**
   * The sound, default `off`: `send` gives the viewer the stream's Opus when it has any, `both` also hands what the
   * viewer says to `onAudio`.
   */
  readonly audio?: 'off' | 'send' | 'both';
  /** Takes the viewer's Opus packets in order; those that come too late are left out. */
  readonly onAudio?: (frame: ViewerAudioFrame) => void;
  /**
   * What the viewer is sent of the picture while none comes: nothing, or every second the last ones again, for players
   * that take a silent track for one that is gone. Default `rest`.
   */
  readonly whenIdle?: 'rest' | 'repeat';
  /** How far the viewer turns the picture clockwise; offers of ours alone carry it. Default 0. @see 3GPP TS 26.114 §7.4.5 */
  readonly rotation?: 0 | 90 | 180 | 270;
  /** Names of what is sent, as the viewer's `MediaStream` and tracks have them; both tracks are in the one stream. */
  readonly msid?: { readonly stream: string; readonly video: string; readonly audio: string };
  /** Data channels that are there without being opened on the wire. */
  readonly channels?: readonly NegotiatedChannel[];
  /** Called with each of `channels` once it is open. */
  readonly onDataChannel?: (channel: DataChannel, viewer: ChannelViewer) => void;
  /** Takes what happens, from before `open` resolves until the peer is closed. */
  readonly handle: (event: PeerEvent) => void;
  /** Gives up while opening. */
  readonly signal?: Abort;
}

/** What answering a viewer's offer needs. */
export interface PeerRequest extends PeerMedia {
  /** SDP offer of the viewer. */
  readonly offer: string;
}

/** What one peer measured; all since it was opened. */
export interface PeerStats extends Partial<DeliveryCounters> {
  readonly packetsSent: number;
  readonly bytesSent: number;
  readonly nacksReceived: number;
  readonly packetsResent: number;
  readonly keyFramesRequested: number;
  /** Packets asked for again that were no longer there, or more than a viewer may ask for. */
  readonly nacksUnanswered?: number;
  /** RTCP that could not be read. */
  readonly rtcpMalformed?: number;
  /** Packets and messages on the way of the data channels that could not be read. */
  readonly channelMalformed?: number;
  /** Datagrams from strangers, not signed by the viewer, or more than it may send. */
  readonly datagramsRefused?: number;
  /** Datagrams that the system would not send. */
  readonly sendFailures?: number;
  /** Round trip from RTCP, when known. */
  readonly roundTripTime?: Micros;
  /** Share of packets the viewer reported lost last, 0…1. */
  readonly fractionLost?: number;
  /** What of the picture is sent now; undefined where none is. */
  readonly delivery?: ViewerDelivery;
  /** The selected candidate pair in words, e.g. `host/udp`. */
  readonly path?: string;
}

/** One WebRTC connection, the only seam to a WebRTC stack. */
export interface Peer {
  /** SDP answer to the first offer, with all candidates. */
  readonly answer: string;
  /**
   * Adds a remote candidate (the value of an SDP `candidate` attribute, with or without that prefix; an empty one ends
   * them). One that cannot be used is passed over.
   */
  addCandidate(candidate: string): Promise<void>;
  /**
   * Answers a further offer of the same viewer on the same connection: tracks that came or went, or new ICE credentials,
   * with which the path is sought anew while everything else stays as it is. An offer that is refused changes nothing.
   * @returns the SDP answer with all candidates.
   * @throws {PinholeError} `webrtc/malformed-offer`, `webrtc/no-h264`, `webrtc/unsupported`, `webrtc/bind`, `webrtc/no-address`,
   *   `webrtc/closed`
   */
  renegotiate(offer: string): Promise<string>;
  stats(): PeerStats;
  /** Tells the viewer `why`, says goodbye and closes. May be called again; never throws. */
  close(why?: ViewerEnd): Promise<void>;
}

/** A connection of which we make the offer. */
export interface OfferedPeer extends Omit<Peer, 'answer' | 'renegotiate'> {
  /** SDP offer with all candidates. */
  readonly offer: string;
  /**
   * Takes the viewer's SDP answer, and connects. Candidates that were added before are used from then on.
   * @throws {PinholeError} `webrtc/malformed-answer`, `webrtc/no-h264`, `webrtc/unsupported` (not an answer to this
   *   offer, or a second one), `webrtc/closed`
   */
  accept(answer: string): Promise<void>;
}

/** Opens peers. */
export interface PeerFactory {
  /**
   * @throws {PinholeError} `webrtc/malformed-offer`, `webrtc/no-h264` (the browser offers none: use the WebSocket path),
   *   `webrtc/b-frames` (the message names the camera setting), `webrtc/unsupported`
   */
  open(request: PeerRequest): Promise<Peer>;
  /**
   * Offers a viewer that makes no offer itself, as those of rooms.
   * @throws {PinholeError} `webrtc/b-frames`, `webrtc/unsupported`, `webrtc/bind`, `webrtc/no-address`
   */
  offer(media: PeerMedia): Promise<OfferedPeer>;
}
