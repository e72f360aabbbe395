export { createWeriftPeerFactory, type WeriftPeerFactoryOptions } from './peer-factory.ts';
export {
  type DatagramPath,
  type Fanout,
  type RtpRun,
  type RtpSender,
  type RtpSenderOptions,
  SRTP_PROFILE,
  type SrtpKeys,
} from './rtp-sender.ts';
export type { RtpAnchor } from './rtp-timeline.ts';
export { typescriptFanout } from './typescript-fanout.ts';
export type { PortRange } from './udp-socket.ts';
export { serveViewerChannel, type ViewerChannelOptions } from './viewer-channel.ts';
export type { ChannelViewer } from './viewer-peer.ts';
export type { IceServer } from './werift-ice.ts';
