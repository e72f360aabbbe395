import type { CameraCapabilities } from './room-messages.ts';
import type { RoomIceServer, RoomMediaStream, RoomWebRtc, RoomWebSocketClass } from './web-interfaces.ts';

/** How a client comes back by itself. */
export interface ReconnectOptions {
  /** Wait before the first try, about; each further one waits twice as long. Default 500. */
  readonly minDelayMs?: number;
  /** No wait is longer. Default 15 000. */
  readonly maxDelayMs?: number;
  /** Source of the jitter, in [0, 1). */
  readonly random?: () => number;
}

/** What all clients of rooms are made with. */
export interface RoomClientOptions {
  /** Default `ws://localhost:8080`. */
  readonly serverUrl?: string;
  /** The room that is joined unless another one is named. Default `cctv`. */
  readonly room?: string;
  /** STUN and TURN servers. Those that the server names, unless given; two public ones when it names none. */
  readonly iceServers?: readonly RoomIceServer[];
  /** A token, for rooms that want one. */
  readonly token?: string;
  /** How it comes back when the connection is lost; `false`: not at all. */
  readonly reconnect?: ReconnectOptions | false;
  /** How long the server may take over an answer. Default 10 000. */
  readonly timeoutMs?: number;
  /** Default `globalThis.WebSocket`. */
  readonly webSocket?: RoomWebSocketClass;
  /** Default the globals `RTCPeerConnection` and `MediaStream`. */
  readonly webRtc?: RoomWebRtc;
}

/** What a camera is made with. */
export interface CameraClientOptions<Stream extends RoomMediaStream = MediaStream> extends RoomClientOptions {
  /** Default `camera-` and a few random letters. */
  readonly cameraId?: string;
  /** For `getUserMedia`. Default `{ video: true, audio: false }`; `false`: a camera without WebRTC, which sends JPEG. */
  readonly mediaConstraints?: MediaStreamConstraints | false;
  /** What it shows, in place of the device's camera; its tracks are not stopped by `close`. */
  readonly localStream?: Stream;
  /** A name for people. */
  readonly name?: string;
  /** What others are told about the pictures. */
  readonly capabilities?: CameraCapabilities;
  /** Viewers beyond these are refused: each costs the device an encoder, or at least its upload. Default 8. */
  readonly maxViewers?: number;
}

/** What a viewer is made with. */
export interface ViewerClientOptions extends RoomClientOptions {
  /** From `requestStream` to pictures. Default 15 000. */
  readonly streamTimeoutMs?: number;
}

/** What a `join` may say besides the room. */
export interface JoinOptions {
  readonly deviceType?: 'camera' | 'viewer';
  readonly cameraId?: string;
  readonly name?: string;
  readonly capabilities?: CameraCapabilities;
}

/** The servers that are asked for the public address when neither options nor server name any. */
export const DEFAULT_ICE_SERVERS: readonly RoomIceServer[] = [
  { urls: 'stun:stun.l.google.com:19302' },
  { urls: 'stun:stun1.l.google.com:19302' },
];
