export {
  AacDepacketizer,
  type AacDepacketizerCounters,
  type AacPacketLayout,
  type DepacketizedSound,
} from './aac-depacketizer.ts';
export {
  type AbsCaptureTime,
  type PlayoutDelay,
  parseAbsCaptureTime,
  parseAbsSendTime,
  parseMid,
  parsePlayoutDelay,
  parseTransportSequence,
  RTP_EXTENSION_URI,
  serializeAbsCaptureTime,
  serializeAbsSendTime,
  serializeMid,
  serializePlayoutDelay,
  serializeTransportSequence,
} from './extension-values.ts';
export {
  type DepacketizedUnit,
  type DepacketizerCounters,
  type DepacketizerLimits,
  H264Depacketizer,
} from './h264-depacketizer.ts';
export { DEFAULT_MAX_PAYLOAD_BYTES, type PacketizeOptions, packetizeH264 } from './h264-packetizer.ts';
export {
  type ExtensionElement,
  ONE_BYTE_PROFILE,
  parseExtensionElements,
  serializeExtensionElements,
  TWO_BYTE_PROFILE,
} from './header-extensions.ts';
export { microsToNtp, type NtpTimestamp, ntpMiddle, ntpToMicros } from './ntp.ts';
export { parseRtcp } from './parse-rtcp.ts';
export { isRtcp } from './rtcp-blocks.ts';
export type {
  Bye,
  FullIntraRequest,
  Nack,
  PictureLossIndication,
  ReceiverEstimate,
  ReceiverReport,
  ReceptionReport,
  RtcpPacket,
  SenderReport,
  SourceDescription,
  TransportCcFeedback,
  UnknownRtcp,
} from './rtcp-packet.ts';
export {
  parseRtp,
  RTP_FIXED_HEADER_BYTES,
  type RtpExtension,
  type RtpPacket,
  serializeRtp,
} from './rtp-packet.ts';
export { restoreFromRtx, rtxPayload } from './rtx.ts';
export { serializeRtcp, serializeSenderReport, type WritableRtcp } from './serialize-rtcp.ts';
export type { TransportCcTaker } from './transport-cc.ts';
export { SequenceUnwrapper, TimestampUnwrapper } from './unwrap.ts';
