export { NodeMediaStream, type NodeMediaTrack } from './node-media-stream.ts';
export {
  NodeCandidateEvent,
  type NodeIceCandidate,
  type NodePeerConfiguration,
  NodePeerConnection,
  type NodeSessionDescription,
  NodeTrackEvent,
} from './node-peer-connection.ts';
export {
  NodeReceivedTrack,
  type ReceivedTrackCounters,
  type ReceivedTrackOptions,
  type ReceivedUnit,
} from './node-received-track.ts';
export {
  NodeVideoTrack,
  type NodeVideoTrackCounters,
  type NodeVideoTrackOptions,
  type PacketOutlet,
  type WritableUnit,
} from './node-video-track.ts';
