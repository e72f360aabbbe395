/** How rooms behave where the field's clients and safety pull in different directions. Everything else is one way. */
export interface RoomPolicy {
  readonly mode: 'compatible' | 'strict';
  /** Whether a client without an identity may do anything but show a token. */
  readonly tokens: 'optional' | 'required';
  /** Who may be sent offers, answers and candidates: everybody in one's room, or those with a view session. */
  readonly relay: 'room' | 'session';
  /** Whether a `join` that names no role or camera id keeps the earlier ones. */
  readonly role: 'kept' | 'per-join';
  /** The rooms that there may be. */
  readonly rooms: 'any' | ReadonlySet<string>;
}

/** For cameras, viewers and pages of the field, as they are. Whoever reaches the server may use it. */
export const COMPATIBLE_POLICY: RoomPolicy = {
  mode: 'compatible',
  tokens: 'optional',
  relay: 'room',
  role: 'kept',
  rooms: 'any',
};

/** Tokens, view sessions, and roles that are said each time. */
export const STRICT_POLICY: RoomPolicy = {
  mode: 'strict',
  tokens: 'required',
  relay: 'session',
  role: 'per-join',
  rooms: 'any',
};

/** How many of what there may be. */
export interface RoomLimits {
  readonly rooms: number;
  readonly membersPerRoom: number;
  readonly camerasPerRoom: number;
  readonly viewersPerCamera: number;
  /** Streams that a viewer has asked for and that no camera offered yet. */
  readonly pendingPerViewer: number;
}

/** Enough for a large house, little enough for a small board. */
export const DEFAULT_ROOM_LIMITS: RoomLimits = {
  rooms: 1000,
  membersPerRoom: 500,
  camerasPerRoom: 64,
  viewersPerCamera: 64,
  pendingPerViewer: 16,
};
