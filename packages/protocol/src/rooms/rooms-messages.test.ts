import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codeOf } from '../../../../test/support/code-of.ts';
import { parseRoomBusMessage, type RoomBusMessage, serializeRoomBusMessage } from './bus-messages.ts';
import {
  parseRoomClientMessage,
  type RoomClientMessageInput,
  serializeRoomClientMessage,
} from './client-messages.ts';
import {
  parseRoomServerMessage,
  type RoomServerMessage,
  serializeRoomServerMessage,
} from './server-messages.ts';

const SDP = 'v=0\r\n';
const CANDIDATE = { candidate: 'candidate:1 1 udp 1 192.0.2.1 9 typ host', sdpMid: '0', sdpMLineIndex: 0 };

it.each<RoomClientMessageInput>([
  { type: 'join', room: 'cctv', deviceType: 'camera', cameraId: 'door', name: 'Front door' },
  { type: 'leave' },
  { type: 'offer', target: 'a', sdp: { type: 'offer', sdp: SDP } },
  { type: 'answer', target: 'a', sdp: { type: 'answer', sdp: SDP } },
  { type: 'iceCandidate', target: 'a', candidate: CANDIDATE },
  { type: 'iceCandidate', target: 'a', candidate: null },
  { type: 'requestStream', cameraId: 'door', requestId: '1763640000000' },
  { type: 'stopStream', cameraId: 'door' },
  { type: 'rejectStream', viewerId: 'a', requestId: '1', reason: 'stopped' },
  { type: 'listCameras', requestId: '1' },
  { type: 'ping', t: 12.5 },
  { type: 'auth', token: 'pin_x' },
  { type: 'resume', resumeToken: 'x' },
  { type: 'cameraStatus', cameraId: 'door', streaming: true, viewers: 2, timestamp: 12_345 },
  { type: 'frameInfo', cameraId: 'door', size: 9000, width: 640, height: 480 },
])('$type of a client comes back as it went', (message) => {
  expect(parseRoomClientMessage(serializeRoomClientMessage(message))).toMatchObject(message);
});

it.each<RoomServerMessage>([
  { type: 'welcome', clientId: 'a' },
  {
    type: 'welcome',
    clientId: 'a',
    protocol: 2,
    serverTime: '2026-11-21T00:00:00.000Z',
    iceServers: [{ urls: ['stun:stun.example.org'] }],
    pingIntervalMs: 20_000,
    resumeToken: 'x',
    authRequired: true,
  },
  { type: 'authenticated', clientId: 'a' },
  { type: 'joined', room: 'cctv' },
  {
    type: 'joined',
    room: 'cctv',
    clientId: 'a',
    members: [{ clientId: 'b', deviceType: 'camera', cameraId: 'door' }],
    cameras: [{ cameraId: 'door', clientId: 'b', capabilities: { codecs: ['h264'], fps: 30 } }],
  },
  { type: 'left', room: 'cctv' },
  { type: 'clientJoined', clientId: 'b', deviceType: 'viewer' },
  { type: 'clientDisconnected', clientId: 'b', deviceType: 'camera', cameraId: 'door', reason: 'left' },
  { type: 'cameraAvailable', cameraId: 'door', clientId: 'b', name: 'Front door' },
  { type: 'cameraUnavailable', cameraId: 'door', clientId: 'b' },
  { type: 'cameraNotFound', cameraId: 'door', requestId: '1', room: 'cctv' },
  { type: 'cameraList', cameras: [{ cameraId: 'door', clientId: 'b' }] },
  { type: 'viewerRequest', viewerId: 'a', requestId: '1', room: 'cctv', cameraId: 'door' },
  { type: 'viewerLeft', viewerId: 'a', cameraId: 'door' },
  { type: 'streamRejected', cameraId: 'door', requestId: '1', reason: 'stopped' },
  { type: 'cameraStatus', cameraId: 'door', clientId: 'b', streaming: true, viewers: 1, timestamp: 1 },
  { type: 'offer', sender: 'b', sdp: { type: 'offer', sdp: SDP } },
  { type: 'answer', sender: 'a', sdp: { type: 'answer', sdp: SDP } },
  { type: 'iceCandidate', sender: 'a', candidate: CANDIDATE },
  { type: 'pong', t: 5 },
  { type: 'error', code: 'forbidden-target', message: 'no', re: 'offer', requestId: '1', retryAfterMs: 5 },
])('$type of the server comes back as it went', (message) => {
  expect(parseRoomServerMessage(serializeRoomServerMessage(message))).toEqual(message);
});

const member = {
  clientId: 'a',
  room: 'cctv',
  deviceType: 'camera' as const,
  cameraId: 'door',
  proof: 'x',
  epoch: 0,
  since: 1,
};

it.each<RoomBusMessage>([
  { type: 'up', node: 'n', seq: 1, member },
  { type: 'down', node: 'n', seq: 2, clientId: 'a', reason: 'left' },
  { type: 'beat', node: 'n', seq: 2 },
  { type: 'all', node: 'n', seq: 2, members: [member] },
  { type: 'sync', node: 'n' },
  { type: 'bye', node: 'n' },
  { type: 'deliver', node: 'n', to: 'a', from: 'b', text: '{}' },
  { type: 'request', node: 'n', viewerId: 'b', camera: 'a', requestId: '1' },
  { type: 'unview', node: 'n', viewerId: 'b', camera: 'a' },
  { type: 'reject', node: 'n', viewerId: 'b', camera: 'a', reason: 'stopped' },
  { type: 'probe', node: 'n', clientId: 'a' },
  { type: 'alive', node: 'n', clientId: 'a' },
])('$type between processes comes back as it went', (message) => {
  expect(parseRoomBusMessage(serializeRoomBusMessage(message))).toEqual(message);
});

const join = (fields: object) => parseRoomClientMessage(JSON.stringify({ type: 'join', ...fields }));

describe('what clients in the field send is taken', () => {
  it.each([[{}], [{ room: '' }], [{ room: 0 }], [{ room: null }], [{ room: false }]])(
    'join with %j is for the default room',
    (fields) => {
      expect(join(fields)).toMatchObject({ room: 'default' });
    },
  );

  it('an empty camera id and device type count as left out', () => {
    expect(join({ room: 'r', cameraId: '', deviceType: null })).toMatchObject({
      cameraId: undefined,
      deviceType: undefined,
    });
  });

  it('an answer without a description, as boards send it', () => {
    expect(parseRoomClientMessage('{"type":"answer","target":"a"}')).toMatchObject({ target: 'a' });
  });

  it('a description that is no SDP', () => {
    const sdp = { type: 'offer', sdp: 'test-offer-sdp' };

    expect(parseRoomClientMessage(JSON.stringify({ type: 'offer', target: 'a', sdp }))).toMatchObject({
      sdp,
    });
  });

  it('a request id that is a number, as text', () => {
    expect(parseRoomClientMessage('{"type":"requestStream","cameraId":"c","requestId":17}')).toMatchObject({
      requestId: '17',
    });
  });

  it('a sender that a client makes up is left out', () => {
    const text = '{"type":"offer","target":"a","sender":"b","sdp":{"type":"offer","sdp":"x","more":1}}';

    expect(parseRoomClientMessage(text)).toEqual({
      type: 'offer',
      target: 'a',
      sdp: { type: 'offer', sdp: 'x' },
    });
  });

  it('names are trimmed and in one Unicode form', () => {
    expect(join({ room: '  cafe\u0301 ' })).toMatchObject({ room: 'caf\u00e9' });
  });

  it.each(['__proto__', 'constructor', 'toString', '<img src=x onerror=alert(1)>'])(
    '%s is a name like any other',
    (name) => {
      expect(join({ room: name, deviceType: 'camera', cameraId: name })).toMatchObject({
        room: name,
        cameraId: name,
      });
    },
  );
});

describe('what is wrong is refused, by field, with the type that it answers', () => {
  it.each([
    ['rooms/message', /room/, { type: 'join', room: { a: 1 } }],
    ['rooms/message', /room/, { type: 'join', room: 'x'.repeat(65) }],
    ['rooms/message', /room/, { type: 'join', room: 'a\u0000b' }],
    ['rooms/message', /room/, { type: 'join', room: '   ' }],
    ['rooms/message', /room/, { type: 'join', room: 'a\u202eb' }],
    ['rooms/message', /deviceType/, { type: 'join', deviceType: 'robot' }],
    ['rooms/message', /cameraId/, { type: 'join', cameraId: { k: 1 } }],
    ['rooms/message', /target/, { type: 'offer', sdp: { type: 'offer', sdp: '' } }],
    ['rooms/message', /sdp/, { type: 'offer', target: 'a', sdp: { type: 'answer', sdp: '' } }],
    ['rooms/message', /sdp/, { type: 'answer', target: 'a', sdp: 'v=0' }],
    ['rooms/message', /sdp/, { type: 'offer', target: 'a', sdp: { type: 'offer', sdp: 'x'.repeat(65_537) } }],
    [
      'rooms/message',
      /candidate/,
      { type: 'iceCandidate', target: 'a', candidate: { candidate: 'x'.repeat(4097) } },
    ],
    ['rooms/message', /cameraId/, { type: 'requestStream' }],
    ['rooms/message', /token/, { type: 'auth', token: '' }],
    ['rooms/unknown-message', /"haveATea"/, { type: 'haveATea' }],
  ])('%s %s', (code, field, message) => {
    expect(() => parseRoomClientMessage(JSON.stringify({ requestId: '7', ...message }))).toThrowError(
      expect.objectContaining({
        code,
        message: expect.stringMatching(field) as string,
        re: message.type,
        requestId: '7',
      }),
    );
  });

  it.each(['null', '[]', '7', '"join"', '{}', '{"type":"__proto__"}', '{"__proto__":{"type":"join"}}'])(
    '%s is no message',
    (text) => {
      expect(codeOf(() => parseRoomClientMessage(text))).toMatch(/^rooms\//);
    },
  );
});

it('any text at all either parses or throws MalformedError', () => {
  const field = fc.constantFrom(
    'type',
    'room',
    'cameraId',
    'deviceType',
    'target',
    'sdp',
    'candidate',
    'requestId',
    'member',
    'node',
    'seq',
    '__proto__',
  );
  const types = [
    'join',
    'offer',
    'iceCandidate',
    'requestStream',
    'welcome',
    'joined',
    'up',
    'all',
    '__proto__',
  ];
  const text = fc.oneof(
    fc.string(),
    fc.json(),
    fc
      .record({ type: fc.constantFrom(...types), rest: fc.dictionary(field, fc.jsonValue()) })
      .map(({ type, rest }) => JSON.stringify({ ...rest, type })),
  );
  fc.assert(
    fc.property(text, (input) => {
      for (const parse of [parseRoomClientMessage, parseRoomServerMessage, parseRoomBusMessage])
        expect(codeOf(() => parse(input))).toBeTruthy();
    }),
    { numRuns: 5000 },
  );
});
