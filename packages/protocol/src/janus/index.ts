export {
  attachElements,
  candidateOf,
  createElements,
  messageElements,
  trickleElements,
} from './elements.ts';
export { type JanusEnvelope, parseJanusEnvelope } from './envelope.ts';
export {
  JANUS_ERROR,
  JANUS_SUBPROTOCOL,
  type JanusErrorName,
  MAX_JANUS_REQUESTS,
  MAX_JANUS_TEXT_CHARS,
  UNAUTHORIZED,
} from './error-codes.ts';
export type { JsonObject } from './fields.ts';
export { JanusRefusal } from './janus-refusal.ts';
export { parseJanusDocuments } from './json-documents.ts';
export { JanusMessageError, parseJanusServerMessage, parseJanusServerText } from './parse-server-message.ts';
export {
  type JanusAddress,
  type JanusCredentials,
  type JanusRequest,
  type JanusSentRequest,
  serializeJanusRequest,
} from './requests.ts';
export {
  type JanusEvent,
  type JanusHandleEvent,
  type JanusPluginData,
  type JanusReply,
  type JanusServerMessage,
  type JanusUnknownMessage,
  janusMessageJson,
  serializeJanusMessage,
} from './server-messages.ts';
export type { JanusCandidate, JanusJsep } from './session-parts.ts';
export {
  parseUstreamerEvent,
  USTREAMER_OK,
  type UstreamerEra,
  type UstreamerEvent,
  type UstreamerFeatures,
  ustreamerEventData,
} from './ustreamer-events.ts';
export {
  parseUstreamerBody,
  USTREAMER_ERROR,
  USTREAMER_PLUGIN,
  type UstreamerFault,
  type UstreamerOrientation,
  type UstreamerRequest,
  type UstreamerWishes,
} from './ustreamer-requests.ts';
