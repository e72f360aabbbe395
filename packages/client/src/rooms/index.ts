export { CameraClient } from './camera-client.ts';
export type { Patience } from './patience.ts';
export type { RoomListener } from './room-emitter.ts';
export type { CameraJpeg, RoomsEvents } from './room-events.ts';
export type {
  CameraCapabilities,
  CameraListing,
  RoomClientMessage,
  RoomServerMessage,
  RoomServerMessageOf,
} from './room-messages.ts';
export {
  type CameraClientOptions,
  DEFAULT_ICE_SERVERS,
  type JoinOptions,
  type ReconnectOptions,
  type RoomClientOptions,
  type ViewerClientOptions,
} from './room-options.ts';
export { RoomsError } from './rooms-error.ts';
export { ViewerClient } from './viewer-client.ts';
export type {
  RoomIceCandidate,
  RoomIceServer,
  RoomMediaStream,
  RoomMediaTrack,
  RoomPeerConnection,
  RoomSessionDescription,
  RoomWebRtc,
  RoomWebSocket,
  RoomWebSocketClass,
} from './web-interfaces.ts';
export { WebRTCCCTVClient } from './webrtc-cctv-client.ts';
