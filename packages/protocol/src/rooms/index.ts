export {
  type MemberRecord,
  parseRoomBusMessage,
  type RoomBusMessage,
  serializeRoomBusMessage,
} from './bus-messages.ts';
export {
  DEFAULT_ROOM,
  parseRoomClientMessage,
  type RoomClientMessage,
  type RoomClientMessageInput,
  type RoomClientMessageOf,
  roomClientMessageSchema,
  serializeRoomClientMessage,
} from './client-messages.ts';
export {
  MAX_ROOM_JPEG_BYTES,
  MAX_ROOM_TEXT_BYTES,
  ROOM_CLOSE_CODE,
  ROOM_ERROR_CODES,
  type RoomClose,
  type RoomErrorCode,
} from './codes.ts';
export { isRoomName, MAX_NAME_CHARS } from './fields.ts';
export { RoomMessageError } from './parse-room-message.ts';
export {
  parseRoomServerMessage,
  type RoomServerMessage,
  type RoomServerMessageOf,
  roomServerMessageSchema,
  serializeRoomServerMessage,
} from './server-messages.ts';
export type { CameraCapabilities, RoomCandidate, RoomDescription } from './session-parts.ts';
