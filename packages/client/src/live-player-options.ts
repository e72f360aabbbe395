import type { CameraAddress } from './endpoints.ts';
import type { ServerTransportName, TransportName } from './ladder/transport-name.ts';
import type { LatencySummary } from './latency/latency-window.ts';
import type { LiveState } from './liveness/live-state.ts';
import type { PictureTransport } from './paths/picture-transport.ts';
import type { PlayerStats } from './player-stats.ts';
import type { PlayerName, WebSocketPlayerName } from './players/player-name.ts';

/** Where the pictures come from: a camera of a Pinhole server, or a server of another kind. */
export type PictureOrigin =
  | (CameraAddress & { readonly transport?: never })
  | {
      /** A camera elsewhere, e.g. by `janusTransport` of `@pinhole/client/janus`. */
      readonly transport: PictureTransport;
      readonly url?: never;
      readonly base?: never;
      readonly camera?: never;
    };

/** By which means pictures may come. */
export interface PictureWays {
  /** In order of preference; `['webrtc', 'websocket']` unless told otherwise. */
  readonly transports?: readonly ServerTransportName[];
  /** Players for the WebSocket in order of preference; `['webcodecs', 'mse', 'jpeg']` unless told otherwise. */
  readonly players?: readonly WebSocketPlayerName[];
}

/** What a player plays, where it shows it, and by which means. */
export type LivePlayerOptions = PictureOrigin & {
  /** Where the picture goes; the player adds and removes its own elements in it. */
  readonly container: HTMLElement;
  /** Sent as `Authorization: Bearer`, by WebSocket as a subprotocol; never in an address. */
  readonly token?: string;
  /** In order of preference; `['webrtc', 'websocket']` unless told otherwise. */
  readonly transports?: readonly ServerTransportName[];
  /** Players for the WebSocket in order of preference; `['webcodecs', 'mse', 'jpeg']` unless told otherwise. */
  readonly players?: readonly WebSocketPlayerName[];
  /** ICE servers beside those that the server names. */
  readonly iceServers?: readonly RTCIceServer[];
  /** Closes the player. */
  readonly signal?: AbortSignal;
};

/** What a player tells. */
export interface LivePlayerEvents {
  readonly state: LiveState;
  /** Every second. */
  readonly stats: PlayerStats;
  /** Every second, once clocks and capture times are known. */
  readonly latency: LatencySummary;
  /** What the server says beside the pictures on the connection whose picture is on the page: JSON, as it came. */
  readonly message: string;
  /** Another path shows the picture; `reason` says why the one before does not. */
  readonly transport: {
    readonly transport: TransportName;
    readonly player: PlayerName;
    readonly reason?: string;
  };
}
