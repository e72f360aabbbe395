/**
 * Brings an ESP32-CAM, or any camera with an MJPEG address, into a signaling room.
 *
 *   npm run esp32-bridge -- --camera 192.168.1.40 --url ws://localhost:8080 --room cctv --id yard
 *   npm run esp32-bridge -- --mjpeg http://192.168.1.50:8080/?action=stream --id printer
 *
 * Viewers get H.264 by WebRTC, encoded here once for all of them, by FFmpeg. With --jpeg the pictures go to the server as
 * they are, and nothing is encoded here.
 */
import { parseArgs } from 'node:util';
import { CameraClient } from '@pinhole/client/rooms';
import { NodeMediaStream, NodeVideoTrack, nodeRooms } from '@pinhole/rooms-node';
import { createEsp32Source } from '@pinhole/sources/esp32';
import { createMjpegSource } from '@pinhole/sources/mjpeg';

const { SERVER_URL, ROOM_NAME, CAMERA_ID, PINHOLE_TOKEN } = process.env;
const { values: options } = parseArgs({
  options: {
    // The device: its address, by which the rest is found; or the address of its stream.
    camera: { type: 'string' },
    mjpeg: { type: 'string' },
    url: { type: 'string', default: SERVER_URL ?? 'ws://localhost:8080' },
    room: { type: 'string', default: ROOM_NAME ?? 'cctv' },
    id: { type: 'string', default: CAMERA_ID ?? 'ESP32-CAM-001' },
    // Better than on the command line, where everybody on the machine can read it: PINHOLE_TOKEN.
    token: { type: 'string', default: PINHOLE_TOKEN ?? '' },
    jpeg: { type: 'boolean', default: false },
    // Which of this machine's addresses WebRTC uses; all, unless told.
    address: { type: 'string', multiple: true },
  },
});
if ((options.camera === undefined) === (options.mjpeg === undefined)) {
  console.log('name the device by one of --camera HOST and --mjpeg URL');
  process.exit(1);
}

/** The device cools down when nobody has watched for so long. */
const REST_AFTER_MS = 10_000;

const source =
  options.mjpeg === undefined
    ? createEsp32Source({ url: `http://${options.camera}/` })
    : createMjpegSource({ url: options.mjpeg });
source.want?.(new Set([options.jpeg ? 'pictures' : 'units']));
const track = new NodeVideoTrack({ onKeyFrameRequest: () => source.requestKeyFrame() });

const camera = new CameraClient({
  ...nodeRooms(options.address ? { hostAddresses: options.address } : {}),
  serverUrl: options.url,
  room: options.room,
  cameraId: options.id,
  ...(options.jpeg ? { mediaConstraints: false as const } : { localStream: new NodeMediaStream([track]) }),
  capabilities: options.jpeg
    ? { codecs: ['jpeg'], transports: ['mjpeg'] }
    : { codecs: ['h264'], transports: ['webrtc'] },
  ...(options.token !== '' && { token: options.token }),
});

let watching: { readonly stop: AbortController; readonly done: Promise<void> } | undefined;
let rest: NodeJS.Timeout | undefined;

/** Connects to the device. */
function start(): void {
  clearTimeout(rest);
  if (watching) return;
  const stop = new AbortController();
  const done = source
    .start(
      {
        write: (unit) => track.write(unit),
        picture: ({ data }) => {
          if (options.jpeg) camera.sendJpeg(data);
        },
        state: (state) => {
          // What a device says may be anything: JSON keeps it from looking like a line of ours.
          console.log(
            'why' in state ? `device: ${state.code}: ${JSON.stringify(state.why)}` : `device: ${state.kind}`,
          );
        },
      },
      { signal: stop.signal },
    )
    .catch((error: unknown) => console.log(`device: ${JSON.stringify(String(error))}`));
  watching = { stop, done };
}

/** Lets go of the device. */
async function end(): Promise<void> {
  clearTimeout(rest);
  watching?.stop.abort();
  await watching?.done;
  watching = undefined;
}

camera.on('registered', ({ room, cameraId }) => console.log(`camera "${cameraId}" is in room "${room}"`));
camera.on('viewers', (count) => {
  console.log(`viewers: ${count}`);
  if (options.jpeg) return;
  if (count > 0) start();
  else rest = setTimeout(() => void end(), REST_AFTER_MS);
});
camera.on('reconnecting', ({ delayMs }) => console.log(`connection lost; next try in ${delayMs} ms`));
camera.on('error', ({ code, message }) => console.log(`${code}: ${JSON.stringify(message)}`));

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    track.stop();
    void Promise.all([end(), camera.close()]).then(() => console.log('bridge closed'));
  });
}

try {
  await camera.register();
  await camera.startStreaming();
  if (options.jpeg) start();
} catch (error) {
  console.log(String(error));
  process.exitCode = 1;
  await camera.close();
}
