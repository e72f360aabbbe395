import type { Millis } from '@pinhole/core';
import type { CameraCapabilities, RoomClose } from '@pinhole/protocol/rooms';
import type { RoomIdentity } from './room-identity.ts';
import type { RoomPicture } from './room-state.ts';

/** The way to one client. Nothing here throws, also after the end. */
export interface RoomPort {
  /** @param options.droppable may be left out when the client is busy */
  send(text: string, options?: { readonly droppable: true }): void;
  /** A picture of a camera that was asked for some; left out when the client is busy. Absent where it takes none. */
  picture?(picture: RoomPicture): void;
  /** It is known now who this is. */
  identified(): void;
  /** Asks for a sign of life. */
  probe(): void;
  /** Says goodbye; the connection is gone soon, whatever the other side does. */
  close(why: RoomClose, reason: string): void;
}

/** What of a role lasts from one `join` to the next where the policy says so. */
export interface RoomRole {
  readonly deviceType: 'camera' | 'viewer';
  readonly cameraId: string | undefined;
  readonly name: string | undefined;
  readonly capabilities: CameraCapabilities | undefined;
}

/** One client of this process. Where it is stands in the directory. */
export interface RoomClient {
  readonly id: string;
  /** Another one from the moment that somebody stands in. */
  port: RoomPort;
  /** Who speaks WebRTC for it. */
  standIn: { readonly gone: () => void; speaking: boolean } | undefined;
  /** It made an offer itself. */
  speaksWebRtc: boolean;
  readonly address: string;
  identity: RoomIdentity | undefined;
  /** Until when it has to show a token. */
  authDeadline: Millis | undefined;
  /** A hash of its resume token. */
  readonly proof: string;
  /** Hashes of resume tokens of earlier connections that it showed. */
  readonly shown: Set<string>;
  role: RoomRole | undefined;
  /** When it last reported its status. */
  statusAt: Millis;
}
