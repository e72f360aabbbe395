export {
  type AnyClientMessage,
  anyClientMessageSchema,
  type LiveClientMessage,
  liveClientMessageSchema,
  parseAnyClientMessage,
  parseLiveClientMessage,
} from './client-messages.ts';
export {
  LIVE_CLOSE_CODE,
  LIVE_SUBPROTOCOL,
  type LiveByeCode,
  liveSubprotocols,
} from './connection.ts';
export {
  type ControlClientMessage,
  type ControlServerMessage,
  controlClientMessageSchema,
  controlServerMessageSchema,
  MAX_CONTROLS,
  parseControlServerMessage,
  serializeControlMessage,
  type WireControl,
  type WireControlValue,
  type WireUnkept,
} from './control-messages.ts';
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
  type LiveServerMessage,
  type LiveSourceState,
  liveServerMessageSchema,
  parseLiveServerMessage,
  serializeLiveMessage,
  sourceStateSchema,
} from './messages.ts';
