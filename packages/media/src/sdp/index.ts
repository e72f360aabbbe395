export { type AudioFormat, audioFormatOf } from './audio-format.ts';
export { type IceCandidate, parseCandidate, serializeCandidate } from './candidate.ts';
export { chooseH264, type H264Format, type H264Profile, h264Profile } from './h264-format.ts';
export {
  directionOf,
  type ExtensionMapping,
  extensionMappings,
  type RtpFormat,
  retransmissionOf,
  rtpFormats,
  type SdpDirection,
} from './rtp-attributes.ts';
export {
  attribute,
  attributeLine,
  attributes,
  parseSdp,
  SDP_LIMITS,
  type SdpLine,
  type SdpMedia,
  type SdpSection,
  type SessionDescription,
  serializeSdp,
} from './session-description.ts';
