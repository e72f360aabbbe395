export {
  NodeMediaStream,
  type NodePeerConfiguration,
  NodePeerConnection,
  NodeReceivedTrack,
  NodeVideoTrack,
  type NodeVideoTrackCounters,
  type NodeVideoTrackOptions,
  type ReceivedTrackCounters,
  type ReceivedUnit,
  type WritableUnit,
} from '@pinhole/webrtc/peer-connection';
export { type NodeRooms, type NodeRoomsOptions, nodeRooms } from './node-rooms.ts';
