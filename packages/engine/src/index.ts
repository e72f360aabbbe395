export {
  type CameraControls,
  type CameraControlsEvents,
  type ControlAuthor,
  type ControlChange,
  type ControlState,
  REVERTED,
} from './control/camera-controls.ts';
export { checkControlValue } from './control/check-value.ts';
export {
  CONTROL_GROUPS,
  type ControlDescriptor,
  type ControlGroup,
  type ControlValue,
} from './control/control-descriptor.ts';
export type { ControlCounters } from './control/control-queue.ts';
export { type Adjustable, JoinedControls } from './control/joined-controls.ts';
export type { AppliedValues, ControlPreset } from './control/preset.ts';
export { REVERT_AFTER, type Unkept } from './control/revert-guard.ts';
export type { ChannelViewer, RtpAnchor } from './session/channel-viewer.ts';
export type { DataChannel, MessagePipe, NegotiatedChannel } from './session/data-channel.ts';
export type {
  OfferedPeer,
  Peer,
  PeerEvent,
  PeerFactory,
  PeerMedia,
  PeerRequest,
  PeerStats,
  ViewerAudioFrame,
} from './session/peer.ts';
export type {
  PictureOutcome,
  PicturePublication,
  PicturesRequest,
  Publication,
  PublisherEnd,
  PublishRequest,
} from './session/publication.ts';
export {
  type PublisherCounters,
  PublisherSessions,
  type PublisherSessionsOptions,
  type PublisherSummary,
  type PushedPictures,
} from './session/publisher-sessions.ts';
export {
  CONNECT_DEADLINE,
  newViewer,
  RECOVERY_GRACE,
  SILENCE_LIMIT,
  stepViewer,
  USUAL_PATIENCE,
  type ViewerInput,
  type ViewerPatience,
  type ViewerState,
} from './session/step-viewer.ts';
export type { Identity, Right, ViewerEnd, ViewerSummary, ViewerTransport } from './session/viewer.ts';
export type { DeliveryCounters, SubStream, ViewerDelivery } from './session/viewer-delivery.ts';
export {
  type Admission,
  type AdmittedViewer,
  type ViewerEvents,
  type ViewerLimits,
  ViewerRegistry,
  type ViewerRegistryOptions,
} from './session/viewer-registry.ts';
export {
  type AnsweredOffer,
  type InvitedViewer,
  type PeerTotals,
  type SessionWishes,
  ViewerSessions,
  type ViewerSessionsOptions,
} from './session/viewer-sessions.ts';
export type { AccessUnit, StreamUnit } from './stream/access-unit.ts';
export {
  type AudioFrame,
  type AudioParameters,
  isRawAudio,
  type RawAudioFrame,
  type RawAudioParameters,
  type SourceAudioFrame,
} from './stream/audio-frame.ts';
export { Camera, type CameraEvents } from './stream/camera.ts';
export type { AbortSwitch, CameraOptions } from './stream/camera-options.ts';
export { Cameras } from './stream/cameras.ts';
export type { DemandInput, DemandOptions, DemandState } from './stream/demand.ts';
export { stepDemand } from './stream/demand.ts';
export type { GopCacheLimits } from './stream/gop-cache.ts';
export type { JpegPicture } from './stream/jpeg-picture.ts';
export type { KeyFrameRequestCounters } from './stream/key-frame-requests.ts';
export { Pictures, type PicturesEvents } from './stream/pictures.ts';
export type { AccessUnitSink, Delivery, ReaderCounters, StreamReader } from './stream/sink.ts';
export type { OpenSoundStage, SoundStage } from './stream/sound-stage.ts';
export type { MediaKind, Source, SourceDescription, SourceSink, SourceState } from './stream/source.ts';
export { Stream, type StreamCounters, type StreamEvents, type StreamOptions } from './stream/stream.ts';
export type { StreamParameters } from './stream/stream-parameters.ts';
export type { UnitReaderCounters } from './stream/unit-reader.ts';
