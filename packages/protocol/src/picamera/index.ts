export { CameraControlId, CameraKeyLabels, CameraPropertyKey } from './camera-keys.ts';
export { CameraValueLabels } from './camera-value-labels.ts';
export {
  AeConstraintModeEnum,
  AeExposureModeEnum,
  AeFlickerModeEnum,
  AeMeteringModeEnum,
  AeStateEnum,
  AfMeteringEnum,
  AfModeEnum,
  AfPauseEnum,
  AfPauseStateEnum,
  AfRangeEnum,
  AfSpeedEnum,
  AfStateEnum,
  AfTriggerEnum,
  AnalogueGainModeEnum,
  AwbModeEnum,
  type CameraPropertyValue,
  ExposureTimeModeEnum,
  HdrChannelEnum,
  HdrModeEnum,
} from './camera-values.ts';
export {
  CHANNEL_LABEL,
  ChannelId,
  CmdType,
  CommandType,
  DisconnectReason,
  MetadataCmd,
  QueryFileType,
  VideoMode,
} from './codes.ts';
export {
  encodeRequest,
  mayBeSentTwice,
  type SpokenEncoding,
  sniffReply,
  sniffRequest,
  type WireEncoding,
} from './encodings.ts';
export {
  LEGACY_CHUNK_BYTES,
  legacyChunk,
  legacyFrames,
  legacyHeader,
  legacyTrailer,
} from './legacy-frames.ts';
export {
  type LegacyMetadata,
  MAX_METADATA_BYTES,
  parseLegacyMetadata,
  serializeLegacyMetadata,
} from './legacy-metadata.ts';
export { LegacyReceiver } from './legacy-receiver.ts';
export { parseLegacyRequest, serializeLegacyRequest } from './legacy-requests.ts';
export {
  decodeSfuData,
  encodeSfuData,
  SFU_IPC_TOPIC,
  type SfuDataKind,
  type SfuDataPacket,
} from './livekit.ts';
export {
  decodePacket,
  decodeQueryFileResponse,
  encodePacket,
  encodeQueryFileResponse,
  type FileEntry,
  MAX_PACKET_BYTES,
  MAX_STREAM_ID_CHARS,
  PACKET_CHUNK_BYTES,
  type Packet,
  type PacketPayloads,
  type QueryFileResponse,
} from './packet.ts';
export {
  type PacketStream,
  packetChunk,
  packetFrames,
  packetHeader,
  packetTrailer,
} from './packet-frames.ts';
export { type PacketReceived, PacketReceiver } from './packet-receiver.ts';
export { encodePacketRequest, requestOfPacket } from './packet-requests.ts';
export {
  type CameraRequest,
  clampQuality,
  DEFAULT_SNAPSHOT_QUALITY,
  type FileQuery,
  MAX_PATH_CHARS,
  MAX_REQUEST_BYTES,
  parseQueryTime,
  serializeQueryTime,
} from './requests.ts';
export { MAX_SFU_BYTES } from './sfu-limits.ts';
export {
  parseSfuPeerMessage,
  parseSfuServerMessage,
  participantOfStream,
  type Sayable,
  SFU_PING_INTERVAL_MS,
  type SfuPeerMessage,
  type SfuServerMessage,
  serializeSfuPeerMessage,
  serializeSfuServerMessage,
  sfuUrl,
} from './sfu-messages.ts';
export type {
  Participant,
  Quality,
  RoomInfo,
  SfuIceServer,
  SfuTarget,
  Speaking,
} from './sfu-types.ts';
export {
  type CandidateToSend,
  MAX_CANDIDATE_CHARS,
  MAX_DESCRIPTION_CHARS,
  MAX_SIGNAL_BYTES,
  parseCandidate,
  parseDescription,
  type SignalCandidate,
  type SignalDescription,
  serializeCandidate,
  serializeDescription,
} from './signals.ts';
export {
  clientFilters,
  deviceFilters,
  MAX_ID_CHARS,
  parseSignalTopic,
  requireClientId,
  requireUid,
  SIGNAL_QOS,
  type SignalEnd,
  type SignalKind,
  type SignalTopic,
  signalTopic,
  type TopicFamily,
  type TopicFilter,
} from './topics.ts';
export {
  type BodyHandling,
  type ReceiverCounters,
  type ReceiverOptions,
  type TransferBounds,
  type TransferEvent,
  type TransferLoss,
  VIEWER_TRANSFER_BOUNDS,
} from './transfers.ts';
