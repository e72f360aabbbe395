import { CameraClient, type RoomWebSocketClass } from '@pinhole/client/rooms';
import { NodeMediaStream, type NodeRooms, NodeVideoTrack, nodeRooms } from '@pinhole/rooms-node';
import { createSyntheticSource } from '@pinhole/sources/synthetic';

/** A camera in Node that sends our test picture, with its time code, to a room. */
export interface NodeRoomCamera {
  readonly client: CameraClient<NodeMediaStream<NodeVideoTrack>>;
  readonly track: NodeVideoTrack;
  close(): Promise<void>;
}

/** WebRTC of this machine for itself. */
export const LOOPBACK = nodeRooms({ hostAddresses: ['127.0.0.1', '::1'] });

/** WebRTC of this machine for its browser, which binds no loopback address. */
export const MACHINE = nodeRooms();

/** Opens one and registers it. */
export async function openNodeRoomCamera(options: {
  readonly url: string;
  readonly cameraId: string;
  readonly room?: string;
  readonly token?: string;
  readonly webSocket?: RoomWebSocketClass;
  /** Default {@link LOOPBACK}. */
  readonly node?: NodeRooms;
}): Promise<NodeRoomCamera> {
  const { url, room = 'cctv', node = LOOPBACK, ...rest } = options;
  const source = createSyntheticSource({ width: 640, height: 360, framesPerSecond: 15 });
  const track = new NodeVideoTrack({ onKeyFrameRequest: () => source.requestKeyFrame() });
  const ended = new AbortController();
  const filming = source.start(
    { write: (unit) => track.write(unit), state: () => {} },
    { signal: ended.signal },
  );
  const client = new CameraClient({
    ...node,
    serverUrl: url.replace(/^http/, 'ws'),
    room,
    localStream: new NodeMediaStream([track]),
    reconnect: { minDelayMs: 200, maxDelayMs: 1000 },
    ...rest,
  });
  await client.register();
  await client.startStreaming();
  return {
    client,
    track,
    close: async () => {
      await client.close();
      ended.abort();
      track.stop();
      await filming;
    },
  };
}
