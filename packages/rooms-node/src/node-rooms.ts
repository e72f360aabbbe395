import {
  NodeMediaStream,
  type NodePeerConfiguration,
  NodePeerConnection,
  type NodeReceivedTrack,
} from '@pinhole/webrtc/peer-connection';
import { WebSocket } from 'undici';

/** How WebRTC reaches others from here. */
export interface NodeRoomsOptions {
  /** Local addresses to use, e.g. `['127.0.0.1']`; all that other machines can reach, unless given. */
  readonly hostAddresses?: readonly string[];
}

/** What `CameraClient` and `ViewerClient` are given in Node. */
export interface NodeRooms {
  readonly webSocket: typeof WebSocket;
  readonly webRtc: {
    readonly RTCPeerConnection: new (configuration?: NodePeerConfiguration) => NodePeerConnection;
    readonly MediaStream: new (tracks?: readonly NodeReceivedTrack[]) => NodeMediaStream<NodeReceivedTrack>;
  };
}

/**
 * The WebSocket and the WebRTC of Node for the clients of rooms; spread it into their options:
 *
 * ```ts
 * const viewer = new ViewerClient({ ...nodeRooms(), serverUrl: 'ws://localhost:8080' });
 * ```
 */
export function nodeRooms({ hostAddresses }: NodeRoomsOptions = {}): NodeRooms {
  class RTCPeerConnection extends NodePeerConnection {
    constructor(configuration: NodePeerConfiguration = {}) {
      super({ ...configuration, ...(hostAddresses !== undefined && { hostAddresses }) });
    }
  }
  return { webSocket: WebSocket, webRtc: { RTCPeerConnection, MediaStream: NodeMediaStream } };
}
