import type { Identity } from '@pinhole/engine';

/** Who a client is, and what it may do. Made by whoever knows tokens; rooms only ask. */
export interface RoomIdentity {
  readonly who: Identity;
  /** The same text again proves that a camera is the same one as before; undefined proves nothing. */
  readonly owner: string | undefined;
  /** Whether that camera id is its own by right, whoever has it now. Nobody's, when left out. */
  owns?(room: string, cameraId: string): boolean;
  mayJoin(room: string): boolean;
  /** Whether it may be the camera of that id. */
  mayPublish(room: string, cameraId: string): boolean;
  /** Whether it may know of that camera and ask for its pictures. */
  mayView(room: string, cameraId: string): boolean;
}

/**
 * Finds out who has a token.
 * @returns undefined when the token is not known, has expired, or came from where too many wrong ones come from
 */
export type AuthorizeToken = (token: string, address: string) => RoomIdentity | undefined;
