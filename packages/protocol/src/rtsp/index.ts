export { controlBase, resolveControl } from './control-url.ts';
export { RtspHeaders } from './headers.ts';
export { RTSP_LIMITS, type RtspLimits } from './limits.ts';
export {
  type InterleavedFrame,
  RTSP_METHODS,
  RTSP_STATUS,
  type RtspMessage,
  type RtspRequest,
  type RtspResponse,
} from './message.ts';
export { parseRtspHead, type RtspHead } from './parse-head.ts';
export { type RtspItem, RtspReader } from './rtsp-reader.ts';
export {
  serializeRtspRequest,
  serializeRtspResponse,
  type WritableRequest,
  type WritableResponse,
} from './serialize-message.ts';
export { parseSessionHeader, type RtspSessionHeader } from './session-header.ts';
export { parseTransport, type RtpRtcpPair, type RtspTransport, serializeTransport } from './transport.ts';
