import { roomClientMessageSchema, roomServerMessageSchema } from '@pinhole/protocol/rooms';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { RoomPeer } from '../support/room-peer.ts';
import { openTestServer, type TestServer } from '../support/test-server.ts';

const OFFER = { type: 'offer', sdp: 'v=0\r\n' };
const ANSWER = { type: 'answer', sdp: 'v=0\r\n' };
const CANDIDATE = { candidate: 'candidate:0 1 UDP 1 192.0.2.1 9 typ host', sdpMid: '0', sdpMLineIndex: 0 };
const AT_DOOR = { cameraId: 'door', clientId: '$camera' };

const JPEG = Uint8Array.of(0xff, 0xd8, 0xff, 0xd9);
/** Stands for a binary message. */
const A_PICTURE = 'a picture';

type Who = 'viewer' | 'camera';
type Line = readonly [
  who: Who,
  way: '>' | '<',
  message: { readonly type: string; readonly [field: string]: unknown },
];

/** Every message there is, in the order in which they come: `>` to the server, `<` from it, and none besides. */
const TRANSCRIPT: readonly Line[] = [
  ['viewer', '<', { type: 'welcome', clientId: '$viewer', protocol: 2, pingIntervalMs: 20_000 }],
  [
    'camera',
    '<',
    { type: 'welcome', clientId: '$camera', iceServers: [{ urls: ['stun:stun.example.org'] }] },
  ],
  ['viewer', '>', { type: 'auth', token: '$token' }],
  ['viewer', '<', { type: 'authenticated', clientId: '$viewer' }],
  ['camera', '>', { type: 'resume', resumeToken: 'of an earlier day' }],
  ['viewer', '>', { type: 'ping', t: 7 }],
  ['viewer', '<', { type: 'pong', t: 7 }],
  ['viewer', '>', { type: 'join', room: 'cctv' }],
  ['viewer', '<', { type: 'joined', room: 'cctv', clientId: '$viewer', members: [], cameras: [] }],
  ['camera', '>', { type: 'join', room: 'cctv', deviceType: 'camera', cameraId: 'door' }],
  ['camera', '<', { type: 'joined', room: 'cctv', members: [{ clientId: '$viewer', deviceType: 'viewer' }] }],
  ['viewer', '<', { type: 'clientJoined', deviceType: 'camera', ...AT_DOOR }],
  ['viewer', '<', { type: 'cameraAvailable', ...AT_DOOR }],
  ['viewer', '>', { type: 'listCameras', requestId: '1' }],
  ['viewer', '<', { type: 'cameraList', requestId: '1', cameras: [AT_DOOR] }],
  ['viewer', '>', { type: 'requestStream', cameraId: 'cellar', requestId: '2' }],
  ['viewer', '<', { type: 'cameraNotFound', cameraId: 'cellar', requestId: '2', room: 'cctv' }],
  ['viewer', '>', { type: 'requestStream', cameraId: 'door', requestId: '3' }],
  [
    'camera',
    '<',
    { type: 'viewerRequest', viewerId: '$viewer', requestId: '3', room: 'cctv', cameraId: 'door' },
  ],
  ['camera', '>', { type: 'rejectStream', viewerId: '$viewer', requestId: '3', reason: 'stopped' }],
  ['viewer', '<', { type: 'streamRejected', cameraId: 'door', requestId: '3', reason: 'stopped' }],
  ['viewer', '>', { type: 'requestStream', cameraId: 'door', requestId: '4' }],
  ['camera', '<', { type: 'viewerRequest', viewerId: '$viewer', requestId: '4' }],
  ['camera', '>', { type: 'offer', target: '$viewer', sdp: OFFER }],
  ['viewer', '<', { type: 'offer', sender: '$camera', sdp: OFFER }],
  ['viewer', '>', { type: 'answer', target: '$camera', sdp: ANSWER }],
  ['camera', '<', { type: 'answer', sender: '$viewer', sdp: ANSWER }],
  ['camera', '>', { type: 'iceCandidate', target: '$viewer', candidate: CANDIDATE }],
  ['viewer', '<', { type: 'iceCandidate', sender: '$camera', candidate: CANDIDATE }],
  ['viewer', '>', { type: 'iceCandidate', target: '$camera', candidate: null }],
  ['camera', '<', { type: 'iceCandidate', sender: '$viewer', candidate: null }],
  ['camera', '>', { type: 'frameInfo', cameraId: 'door', size: 9216, width: 640, height: 480 }],
  ['camera', '>', { type: 'cameraStatus', cameraId: 'door', streaming: true, viewers: 1, timestamp: 10_000 }],
  ['viewer', '<', { type: 'cameraStatus', ...AT_DOOR, streaming: true, viewers: 1, timestamp: 10_000 }],
  ['viewer', '>', { type: 'requestStream', cameraId: 'door', requestId: '5', transports: ['jpeg'] }],
  ['camera', '<', { type: 'viewerRequest', viewerId: '$viewer', requestId: '5' }],
  ['camera', '>', { type: A_PICTURE }],
  ['viewer', '<', { type: 'frameInfo', ...AT_DOOR, size: JPEG.byteLength }],
  ['viewer', '>', { type: 'stopStream', cameraId: 'door' }],
  ['camera', '<', { type: 'viewerLeft', viewerId: '$viewer', cameraId: 'door' }],
  ['viewer', '>', { type: 'offer', target: 'nobody', sdp: OFFER }],
  ['viewer', '<', { type: 'error', code: 'peer-unavailable', re: 'offer' }],
  ['camera', '>', { type: 'leave' }],
  ['camera', '<', { type: 'left', room: 'cctv' }],
  ['viewer', '<', { type: 'cameraUnavailable', ...AT_DOOR }],
  ['viewer', '<', { type: 'clientDisconnected', deviceType: 'camera', reason: 'left', ...AT_DOOR }],
];

let servers: Readonly<Record<'compatible' | 'strict', TestServer>>;

beforeAll(async () => {
  const iceServers = [{ urls: 'stun:stun.example.org' }];
  const [compatible, strict] = await Promise.all(
    (['compatible', 'strict'] as const).map((mode) => openTestServer({ rooms: { mode }, iceServers })),
  );
  if (compatible === undefined || strict === undefined) throw new Error('no servers');
  servers = { compatible, strict };
});
afterAll(async () => {
  for (const server of Object.values(servers)) await server.close();
});

it.each(['compatible', 'strict'] as const)(
  'the transcript of every message comes true in %s rooms',
  async (mode) => {
    const { url, adminToken: token } = servers[mode];
    const peers = {
      viewer: RoomPeer.start(`${url}/`, { token }),
      camera: RoomPeer.start(`${url}/`, { token }),
    };
    const names = new Map([['$token', token]]);
    const named = (message: Line[2]): Line[2] =>
      JSON.parse(
        JSON.stringify(message, (_, value: unknown) =>
          typeof value === 'string' ? (names.get(value) ?? value) : value,
        ),
      ) as Line[2];

    for (const [who, way, line] of TRANSCRIPT) {
      if (way === '>') {
        if (line.type === A_PICTURE) peers[who].raw(JPEG);
        else peers[who].say(named(line));
        continue;
      }
      const message = await peers[who].next();
      if (message.type === 'welcome') names.set(`$${who}`, message.clientId);
      expect(message).toMatchObject(named(line));
    }

    expect([peers.viewer.pictures, peers.camera.pictures]).toEqual([[Buffer.from(JPEG)], []]);
    for (const peer of Object.values(peers)) {
      expect(await peer.heard()).toEqual([]);
      await peer.leave();
    }
  },
);

it.each([
  ['>', roomClientMessageSchema],
  ['<', roomServerMessageSchema],
] as const)('the transcript leaves out no message %s', (way, schema) => {
  const types = schema.def.options.flatMap(({ shape }) => shape.type.def.values);
  const shown = TRANSCRIPT.filter(([, direction]) => direction === way).map(([, , { type }]) => type);

  expect(types.filter((type) => !shown.includes(type))).toEqual([]);
});
