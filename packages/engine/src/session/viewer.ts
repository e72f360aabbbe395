import type { Micros } from '@pinhole/core';

/** What somebody may do with a camera. `admin` holds all others. */
export type Right = 'view' | 'control' | 'record' | 'download' | 'publish' | 'admin';

/** Who a viewer is, as far as the engine cares. */
export interface Identity {
  /** Names the token in logs and lists; not the token itself. */
  readonly tokenId: string;
  /** The viewer's network address. */
  readonly address: string;
  /** When the token ends; open sessions end with it. */
  readonly expiresAt?: Micros;
  /** Its rights over the camera that it came for; to view it and nothing else when left out. */
  readonly rights?: readonly Right[];
}

/** How a viewer gets the pictures. */
export type ViewerTransport = 'webrtc' | 'websocket' | 'http';

/** Why a viewer's session ended. */
export type ViewerEnd =
  | 'left'
  | 'timeout'
  | 'silent'
  | 'ice-failed'
  | 'stalled'
  | 'revoked'
  | 'expired'
  | 'b-frames'
  | 'camera-removed'
  | 'shutdown';

/** One viewer, for lists. */
export interface ViewerSummary {
  readonly id: string;
  readonly camera: string;
  readonly transport: ViewerTransport;
  readonly who: Identity;
  readonly since: Micros;
  readonly state: 'connecting' | 'live' | 'recovering' | 'closed';
}
