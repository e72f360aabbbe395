export { JanusGateway, type JanusGauges } from './gateway.ts';
export {
  type CameraSound,
  DEFAULT_JANUS_LIMITS,
  type JanusGatewayOptions,
  type JanusLimits,
  type JanusReplyStyle,
  SESSION_TIMEOUT_MS,
} from './gateway-options.ts';
export type { JanusClient } from './janus-client.ts';
export type { JanusCounters } from './janus-counters.ts';
export {
  JanusEndpoint,
  type JanusEndpointOptions,
  type JanusSocket,
  type JanusSocketSink,
  MAX_JANUS_MESSAGE_BYTES,
} from './janus-endpoint.ts';
export { JanusHttp, type JanusHttpOptions, LONG_POLL_MS } from './janus-http.ts';
export type { AuthorizeJanus, JanusIdentity, JanusVisitor } from './janus-identity.ts';
export type { OpenVoice, ViewerVoice } from './viewer-voice.ts';
