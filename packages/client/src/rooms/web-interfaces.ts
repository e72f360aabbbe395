/** The part of `WebSocket` that is used. */
export interface RoomWebSocket {
  binaryType: string;
  readonly readyState: number;
  readonly bufferedAmount: number;
  send(message: string | Uint8Array<ArrayBuffer>): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: string, listener: (event: Event) => void): void;
}

/** A class of WebSockets: the browser's, Node 22's, undici's. */
export type RoomWebSocketClass = new (url: string) => RoomWebSocket;

/** The part of `MediaStreamTrack` that is used. */
export interface RoomMediaTrack {
  readonly kind: string;
  readonly id: string;
  stop(): void;
}

/** The part of `MediaStream` that is used. */
export interface RoomMediaStream {
  readonly id: string;
  getTracks(): readonly RoomMediaTrack[];
}

/** A STUN or TURN server as `RTCIceServer` has it. */
export interface RoomIceServer {
  urls: string | string[];
  username?: string;
  credential?: string;
}

/** A candidate as `RTCIceCandidateInit` has it. */
export interface RoomIceCandidate {
  candidate?: string;
  sdpMid?: string | null;
  sdpMLineIndex?: number | null;
  usernameFragment?: string | null;
}

/** A description as `RTCSessionDescriptionInit` has it. */
export interface RoomSessionDescription {
  type: 'offer' | 'answer' | 'pranswer' | 'rollback';
  sdp?: string;
}

/** The part of `RTCPeerConnection` that is used. */
export interface RoomPeerConnection {
  readonly connectionState: string;
  addTrack(track: RoomMediaTrack, stream: RoomMediaStream): unknown;
  createOffer(options?: { iceRestart?: boolean }): Promise<RoomSessionDescription>;
  createAnswer(): Promise<RoomSessionDescription>;
  setLocalDescription(description: RoomSessionDescription): Promise<unknown>;
  setRemoteDescription(description: RoomSessionDescription): Promise<unknown>;
  addIceCandidate(candidate?: RoomIceCandidate): Promise<unknown>;
  addEventListener(type: string, listener: (event: Event) => void): void;
  close(): unknown;
}

/** WebRTC: the browser's globals, or what stands in for them. */
export interface RoomWebRtc {
  readonly RTCPeerConnection: new (configuration: { iceServers: RoomIceServer[] }) => RoomPeerConnection;
  readonly MediaStream: new (tracks: never[]) => RoomMediaStream;
}

/** What `icecandidate` carries. */
export interface CandidateEvent extends Event {
  readonly candidate: RoomIceCandidate | null | undefined;
}

/** What `track` carries. */
export interface TrackEvent extends Event {
  readonly track: RoomMediaTrack;
  readonly streams: readonly RoomMediaStream[];
}
