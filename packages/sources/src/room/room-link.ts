/** What happens to a camera of a signaling room, as one who watches it sees it. */
export interface RoomLinkHandlers {
  /** The camera came, or came again by another connection: what was agreed on with it before is void. */
  readonly came: () => void;
  readonly left: () => void;
  readonly offered: (sdp: string) => void;
  /** A candidate of the camera, as SDP has it. */
  readonly candidate: (candidate: string) => void;
  /** A request came to nothing; with `not-joined`, the room would not even have this viewer. */
  readonly refused: (code: string, why: string) => void;
  /** A whole JPEG picture; nobody uses its memory for anything else. */
  readonly picture: (jpeg: Uint8Array) => void;
}

/** The way to one camera of a signaling room. */
export interface RoomLink {
  /** Asks it for its pictures, in whatever way it has them. */
  request(): void;
  answer(sdp: string): void;
  /** Leaves the room; the camera is told. May be called again. */
  close(): void;
}

/** Enters the room. */
export type OpenRoomLink = (handlers: RoomLinkHandlers) => RoomLink;
