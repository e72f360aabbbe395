/**
 * What an `error` message can say, as `code`. The message beside it is for people; `re` is the type of the message that
 * it answers, `requestId` that message's own.
 */
export const ROOM_ERROR_CODES = [
  /** Not JSON, a field is wrong, or a binary message is no JPEG picture. */
  'bad-message',
  'unknown-type',
  /** A token is needed, or the one that was sent is not known. */
  'unauthenticated',
  /** The token does not cover it. */
  'forbidden',
  'not-in-room',
  /** Only a camera that is listed in its room may do this. */
  'not-a-camera',
  'camera-id-taken',
  /** The target is nobody here. */
  'peer-unavailable',
  /** The target is in no room with the sender, or they have no view session. */
  'forbidden-target',
  'request-timeout',
  'camera-busy',
  'too-many-requests',
  'too-many-rooms',
  'too-many-members',
  'too-many-cameras',
  'rate-limited',
] as const;

/** One of {@link ROOM_ERROR_CODES}. */
export type RoomErrorCode = (typeof ROOM_ERROR_CODES)[number];

/** The WebSocket close code that goes with each reason for which a server ends a connection of rooms. */
export const ROOM_CLOSE_CODE = {
  'going-away': 1001,
  policy: 1008,
  'too-big': 1009,
  unauthenticated: 4401,
  forbidden: 4403,
  /** Nothing was heard, not even an answer to a ping. */
  heartbeat: 4408,
  /** The same camera came again and proved that it is the same. */
  replaced: 4409,
  'rate-limited': 4429,
} as const;

/** Why a server ends a connection of rooms. */
export type RoomClose = keyof typeof ROOM_CLOSE_CODE;

/** The longest text message, in bytes. */
export const MAX_ROOM_TEXT_BYTES = 65_536;

/** The longest binary message, in bytes: one JPEG picture of a camera that is listed in its room. */
export const MAX_ROOM_JPEG_BYTES = 524_288;
