/**
 * A viewer of signaling rooms in Node: asks for a camera, counts its pictures, and leaves.
 *
 *   npm run viewer-example -- --url ws://localhost:8080 --room cctv --id test-camera
 */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { ViewerClient } from '@pinhole/client/rooms';
import {
  type NodeMediaStream,
  type NodeReceivedTrack,
  nodeRooms,
  type ReceivedUnit,
} from '@pinhole/rooms-node';

const { SERVER_URL, ROOM_NAME, CAMERA_ID, PINHOLE_TOKEN } = process.env;
const { values: options } = parseArgs({
  options: {
    url: { type: 'string', default: SERVER_URL ?? 'ws://localhost:8080' },
    room: { type: 'string', default: ROOM_NAME ?? 'cctv' },
    id: { type: 'string', default: CAMERA_ID ?? 'camera-001' },
    // Better than on the command line, where everybody on the machine can read it: PINHOLE_TOKEN.
    token: { type: 'string', default: PINHOLE_TOKEN ?? '' },
    // Leaves after so many pictures; 0: never.
    pictures: { type: 'string', default: '100' },
    // Where the first picture goes, as a file that ffplay and VLC show.
    save: { type: 'string' },
    // Which of this machine's addresses WebRTC uses; all, unless told.
    address: { type: 'string', multiple: true },
  },
});
const wanted = Number(options.pictures);

const viewer = new ViewerClient<NodeMediaStream<NodeReceivedTrack>>({
  ...nodeRooms(options.address ? { hostAddresses: options.address } : {}),
  serverUrl: options.url,
  room: options.room,
  ...(options.token !== '' && { token: options.token }),
});

let pictures = 0;
let bytes = 0;
let firstAt = 0;

async function take({ data, key }: ReceivedUnit): Promise<void> {
  const first = pictures === 0;
  pictures++;
  bytes += data.byteLength;
  if (first) {
    firstAt = performance.now();
    console.log(`first picture: ${data.byteLength} bytes, ${key ? 'a key picture' : 'not a key picture'}`);
    if (options.save !== undefined) await writeFile(options.save, data);
  }
  if (pictures === wanted) await leave();
}

async function leave(): Promise<void> {
  const seconds = (performance.now() - firstAt) / 1000;
  const rate = pictures > 1 ? ((pictures - 1) / seconds).toFixed(1) : '0';
  console.log(`${pictures} pictures, ${rate} a second, ${Math.round(bytes / 1024)} KiB`);
  await viewer.close();
}

// Also after the camera or the server was away: then with another stream.
viewer.on('streamReceived', (stream) => {
  console.log(`watching camera ${JSON.stringify(options.id)}`);
  for (const track of stream.getTracks()) track.subscribe((unit) => void take(unit));
});
viewer.on('streamLost', (_, { message }) => console.log(`no pictures for now: ${message}`));
viewer.on('reconnecting', ({ delayMs }) => console.log(`connection lost; next try in ${delayMs} ms`));
viewer.on('error', ({ code, message }) => console.log(`${code}: ${JSON.stringify(message)}`));
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void leave());

try {
  await viewer.connect();
  await viewer.joinRoom(options.room);
  const cameras = await viewer.getAvailableCameras();
  console.log(`cameras in the room: ${JSON.stringify(cameras.map(({ cameraId }) => cameraId))}`);
  await viewer.requestStream(options.id);
} catch (error) {
  console.log(String(error));
  process.exitCode = 1;
  await viewer.close();
}
