export {
  type DatagramPath,
  type IceServer,
  type PortRange,
  SRTP_PROFILE,
  type SrtpKeys,
} from '@pinhole/webrtc';
export { openNativeFanout } from './native-fanout.ts';
export { createWeriftPeerFactory, type WeriftPeerFactoryOptions } from './peer-factory.ts';
export type {
  Fanout,
  FanoutCounters,
  OwnedFanout,
  RtpRun,
  RtpSender,
  RtpSenderOptions,
} from './rtp-sender.ts';
export { typescriptFanout } from './typescript-fanout.ts';
export { serveViewerChannel, type ViewerChannelOptions } from './viewer-channel.ts';
