export {
  bearerOfSubprotocols,
  LIVE_CLOSE_CODE,
  LIVE_SUBPROTOCOL,
  type LiveByeCode,
  liveSubprotocols,
} from './connection.ts';
export {
  LIVE_FLAG,
  LIVE_FRAME_TYPE,
  LIVE_HEADER_BYTES,
  LIVE_VERSION,
  type LiveFrame,
  type LiveFrameHeader,
  type LiveFrameType,
  parseLiveFrame,
  serializeLiveFrame,
  serializeLiveHeader,
} from './frame.ts';
export {
  type LiveClientMessage,
  type LiveServerMessage,
  type LiveSourceState,
  liveClientMessageSchema,
  liveServerMessageSchema,
  parseLiveClientMessage,
  parseLiveServerMessage,
  serializeLiveMessage,
  sourceStateSchema,
} from './messages.ts';
