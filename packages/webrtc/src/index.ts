export {
  answerHead,
  answeringSide,
  channelSection,
  MAX_CHANNEL_MESSAGE_BYTES,
  refusedSection,
  SCTP_PORT,
  transportLines,
} from './answer-sections.ts';
export type { DataChannel, NegotiatedChannel } from './data-channel.ts';
export type { DatagramPath, DirectPath } from './datagram-path.ts';
export { hostAddresses } from './host-addresses.ts';
export type { IceServer } from './ice-server.ts';
export { messagePipeOf, PIPE_LABEL } from './message-pipe.ts';
export {
  bundledWith,
  isOffered,
  parseOffer,
  readChannels,
  readRemoteSide,
  requireMid,
  transportSection,
} from './offer-transport.ts';
export type { SharedPortCounters } from './port-door.ts';
export { SharedPort, type SharedPortOptions } from './shared-port.ts';
export { SRTP_PROFILE, type SrtpKeys } from './srtp-keys.ts';
export { openSrtpProtector, type SrtpProtector } from './srtp-protector.ts';
export { openSrtpUnprotector, type SrtpUnprotector } from './srtp-unprotector.ts';
export type { TextPipe } from './text-pipe.ts';
export type { Fingerprint, LocalSide, RemoteChannels, RemoteIce, RemoteSide } from './transport-sides.ts';
export { createTransports, type TransportOpener, type TransportOptions } from './transports.ts';
export type { PortRange } from './udp-socket.ts';
export type { TransportCounters, TransportHandlers, WeriftTransport } from './werift-transport.ts';
