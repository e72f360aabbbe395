import type { CameraListing, RoomServerMessage, RoomServerMessageOf } from './room-messages.ts';
import type { RoomsError } from './rooms-error.ts';
import type { RoomMediaStream } from './web-interfaces.ts';

/** A JPEG picture of a camera. */
export interface CameraJpeg {
  /** The caller's to keep. */
  readonly data: Uint8Array;
}

/** What clients of rooms tell, and with what. */
export interface RoomsEvents<Stream extends RoomMediaStream = MediaStream> {
  /** Welcomed by the server; again after each reconnect. */
  readonly connected: readonly [];
  /** The connection is gone; it comes back by itself when `reconnecting` follows. */
  readonly disconnected: readonly [];
  /** The next try comes after so many milliseconds. */
  readonly reconnecting: readonly [wait: { readonly delayMs: number; readonly tries: number }];
  readonly welcome: readonly [clientId: string];
  readonly roomJoined: readonly [room: string];
  readonly clientJoined: readonly [message: RoomServerMessageOf<'clientJoined'>];
  readonly clientDisconnected: readonly [message: RoomServerMessageOf<'clientDisconnected'>];
  readonly cameraAvailable: readonly [message: RoomServerMessageOf<'cameraAvailable'>];
  readonly cameraUnavailable: readonly [message: RoomServerMessageOf<'cameraUnavailable'>];
  readonly cameraNotFound: readonly [message: RoomServerMessageOf<'cameraNotFound'>];
  /** Anything else that the server said. */
  readonly message: readonly [message: RoomServerMessage];
  readonly availableCamerasList: readonly [cameras: readonly CameraListing[]];
  readonly error: readonly [error: RoomsError];
  /** Nothing will come any more. */
  readonly closed: readonly [];
  /** Camera: in the room, and listed; again after each reconnect. */
  readonly registered: readonly [registration: { readonly room: string; readonly cameraId: string }];
  readonly streamingStarted: readonly [];
  readonly streamingStopped: readonly [];
  readonly viewerRequest: readonly [message: RoomServerMessageOf<'viewerRequest'>];
  /** Camera: how many are connected now. */
  readonly viewers: readonly [count: number];
  /** Viewer: pictures come; again when they come back after `streamLost`, with another stream. */
  readonly streamReceived: readonly [stream: Stream, cameraId: string];
  /** Viewer: they stopped coming, and are asked for again. */
  readonly streamLost: readonly [cameraId: string, error: RoomsError];
  readonly viewingStopped: readonly [cameraId: string];
  /** Viewer: a picture by the room's own connection. */
  readonly jpeg: readonly [picture: CameraJpeg];
}
