import type { Abort, Micros } from '@pinhole/core';
import type { Stream } from '../stream/stream.ts';
import type { Identity, ViewerEnd } from './viewer.ts';

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

/** What opening a peer needs. */
export interface PeerRequest {
  /** SDP offer of the viewer. */
  readonly offer: string;
  /** The stream to send; its parameters are known. */
  readonly stream: Stream;
  /** Whose viewer it is; a channel to it goes by these rights. */
  readonly who?: Identity;
  /** Takes what happens, from before `open` resolves until the peer is closed. */
  readonly handle: (event: PeerEvent) => void;
  /** Gives up while opening. */
  readonly signal?: Abort;
}

/** What one peer measured; all since it was opened. */
export interface PeerStats {
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
  /** Datagrams from strangers, or not signed by the viewer. */
  readonly datagramsRefused?: number;
  /** Datagrams that the system would not send. */
  readonly sendFailures?: number;
  /** Round trip from RTCP, when known. */
  readonly roundTripTime?: Micros;
  /** Share of packets the viewer reported lost last, 0…1. */
  readonly fractionLost?: number;
  /** The selected candidate pair in words, e.g. `host/udp`. */
  readonly path?: string;
}

/** One WebRTC connection, the only seam to a WebRTC stack. */
export interface Peer {
  /** SDP answer with all candidates. */
  readonly answer: string;
  /**
   * Adds a remote candidate (the value of an SDP `candidate` attribute, with or without that prefix; an empty one ends
   * them). One that cannot be used is passed over.
   */
  addCandidate(candidate: string): Promise<void>;
  stats(): PeerStats;
  /** Tells the viewer `why`, says goodbye and closes. May be called again; never throws. */
  close(why?: ViewerEnd): Promise<void>;
}

/** Opens peers. */
export interface PeerFactory {
  /**
   * @throws {PinholeError} `webrtc/malformed-offer`, `webrtc/no-h264` (the browser offers none: use the WebSocket path),
   *   `webrtc/b-frames` (the message names the camera setting), `webrtc/unsupported`
   */
  open(request: PeerRequest): Promise<Peer>;
}

/** A two-way channel of text messages to one viewer, whatever carries it. */
export interface MessagePipe {
  /**
   * Sends a message.
   * @returns false when it was dropped: the channel is not open, or too much waits before it.
   */
  send(text: string): boolean;
  /**
   * Calls `listener` with each message from now on.
   * @returns a function that ends it.
   */
  subscribe(listener: (text: string) => void): () => void;
  /** Calls `listener` once the channel is closed, by either side. */
  closed(listener: () => void): void;
  /** May be called again; never throws. */
  close(): void;
}
