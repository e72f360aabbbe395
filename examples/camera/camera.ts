/**
 * A camera of signaling rooms in Node: a test picture with the time on it, sent by WebRTC to each viewer that asks.
 *
 *   npm run camera-example -- --url ws://localhost:8080 --room cctv --id test-camera
 */
import { parseArgs } from 'node:util';
import { CameraClient } from '@pinhole/client/rooms';
import { NodeMediaStream, NodeVideoTrack, nodeRooms } from '@pinhole/rooms-node';
import { createSyntheticSource } from '@pinhole/sources/synthetic';

const { SERVER_URL, ROOM_NAME, CAMERA_ID, PINHOLE_TOKEN } = process.env;
const { values: options } = parseArgs({
  options: {
    url: { type: 'string', default: SERVER_URL ?? 'ws://localhost:8080' },
    room: { type: 'string', default: ROOM_NAME ?? 'cctv' },
    id: { type: 'string', default: CAMERA_ID ?? 'camera-001' },
    // Better than on the command line, where everybody on the machine can read it: PINHOLE_TOKEN.
    token: { type: 'string', default: PINHOLE_TOKEN ?? '' },
    // Which of this machine's addresses WebRTC uses; all, unless told.
    address: { type: 'string', multiple: true },
  },
});

// The pictures. Any source of H.264 does: what counts is `track.write` for each coded picture, and a key picture
// (IDR, with its parameter sets) soon after it is asked for.
const source = createSyntheticSource({ width: 640, height: 360, framesPerSecond: 30, label: options.id });
const track = new NodeVideoTrack({ onKeyFrameRequest: () => source.requestKeyFrame() });
const stopped = new AbortController();
const filming = source.start(
  { write: (unit) => track.write(unit), state: () => {} },
  { signal: stopped.signal },
);

const camera = new CameraClient({
  ...nodeRooms(options.address ? { hostAddresses: options.address } : {}),
  serverUrl: options.url,
  room: options.room,
  cameraId: options.id,
  name: 'Test picture',
  localStream: new NodeMediaStream([track]),
  capabilities: { codecs: ['h264'], width: 640, height: 360, fps: 30, transports: ['webrtc'] },
  ...(options.token !== '' && { token: options.token }),
});

camera.on('registered', ({ room, cameraId }) => console.log(`camera "${cameraId}" is in room "${room}"`));
camera.on('viewers', (count) => console.log(`viewers: ${count}`));
camera.on('reconnecting', ({ delayMs }) => console.log(`connection lost; next try in ${delayMs} ms`));
// What others send, names among it, may be anything: JSON keeps it from looking like a line of ours.
camera.on('error', ({ code, message }) => console.log(`${code}: ${JSON.stringify(message)}`));

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    stopped.abort();
    track.stop();
    void camera.close().then(() => console.log('camera closed'));
  });
}

try {
  await camera.register();
  await camera.startStreaming();
} catch (error) {
  console.log(String(error));
  process.exitCode = 1;
  stopped.abort();
  await camera.close();
}
await filming;
