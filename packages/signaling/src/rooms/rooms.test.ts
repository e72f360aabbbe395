import { millis } from '@pinhole/core';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { ANYBODY, type FakeClient, FakeRooms } from './fake-rooms.ts';
import { DEFAULT_ROOM_LIMITS, STRICT_POLICY } from './policy.ts';
import type { RoomIdentity } from './room-identity.ts';
import type { Rooms } from './rooms.ts';

let fake: FakeRooms;
let rooms: Rooms;

beforeEach(() => {
  fake = new FakeRooms();
  rooms = fake.rooms();
});

const camera = { deviceType: 'camera', cameraId: 'door' } as const;

function joined(on: Rooms, role: object = {}, room = 'cctv'): FakeClient {
  const client = fake.connect(on);
  client.say({ type: 'join', room, ...role });
  client.take();
  return client;
}

const codes = (client: FakeClient): unknown[] =>
  client.take().map((message) => (message.type === 'error' ? message.code : message.type));

const after = (ms: number): void => {
  fake.now = millis(fake.now + ms);
  rooms.tick();
};

it('shows a camera to viewers who come before and after it, in the order that pages rely on', () => {
  const early = joined(rooms);
  const door = fake.connect(rooms);
  door.say({ type: 'join', room: 'cctv', ...camera, name: 'Front door' });
  const late = fake.connect(rooms);
  late.say({ type: 'join', room: 'cctv' });

  expect(early.take()).toEqual([
    { type: 'clientJoined', clientId: door.id, deviceType: 'camera', cameraId: 'door' },
    { type: 'cameraAvailable', cameraId: 'door', clientId: door.id, name: 'Front door' },
    { type: 'clientJoined', clientId: late.id, deviceType: 'viewer' },
  ]);
  expect(late.take()).toMatchObject([
    {
      type: 'joined',
      room: 'cctv',
      clientId: late.id,
      members: [
        { clientId: early.id, deviceType: 'viewer' },
        { clientId: door.id, deviceType: 'camera', cameraId: 'door' },
      ],
      cameras: [{ cameraId: 'door', clientId: door.id }],
    },
    { type: 'cameraAvailable', cameraId: 'door', clientId: door.id },
  ]);
});

describe('who leaves', () => {
  it.each([
    ['by saying so', (client: FakeClient) => client.say({ type: 'leave' }), 'left'],
    ['for another room', (client: FakeClient) => client.say({ type: 'join', room: 'other' }), 'moved'],
    ['by the end of its connection', (client: FakeClient) => client.drop(), 'disconnected'],
  ])('%s, is announced once', (_, leave, reason) => {
    const viewer = joined(rooms);
    const door = joined(rooms, camera);
    viewer.take();

    leave(door);
    door.drop();

    const of = { clientId: door.id, cameraId: 'door' };
    expect(viewer.take()).toEqual([
      { type: 'cameraUnavailable', ...of },
      { type: 'clientDisconnected', deviceType: 'camera', reason, ...of },
    ]);
  });

  it('leaves no room behind', () => {
    for (const name of ['a', '__proto__', 'constructor']) joined(rooms, camera, name).drop();

    expect(rooms.gauges).toMatchObject({ clients: 0, rooms: 0, members: 0, cameras: 0, sessions: 0 });
  });

  it('ends the sessions of viewers and cameras, who are told', () => {
    const door = joined(rooms, camera);
    const viewer = joined(rooms);
    viewer.say({ type: 'requestStream', cameraId: 'door', requestId: '1' });
    door.take();

    viewer.drop();

    expect(door.take()).toContainEqual({ type: 'viewerLeft', viewerId: viewer.id, cameraId: 'door' });
    const next = joined(rooms);
    next.say({ type: 'requestStream', cameraId: 'door', requestId: '2' });
    door.drop();
    expect(next.take()).toContainEqual({
      type: 'cameraNotFound',
      cameraId: 'door',
      requestId: '2',
      room: 'cctv',
    });
    expect(rooms.gauges.sessions).toBe(0);
  });
});

describe('joining again', () => {
  it('in the same role refreshes the list and tells nobody else', () => {
    const viewer = joined(rooms);
    const door = joined(rooms, camera);
    viewer.take();

    viewer.say({ type: 'join', room: 'cctv' });

    expect(viewer.take().map(({ type }) => type)).toEqual(['joined', 'cameraAvailable']);
    expect(door.take()).toEqual([]);
  });

  it('keeps role and id where they are not named, as cameras of the field rely on', () => {
    const door = joined(rooms, camera);

    door.say({ type: 'join', room: 'default' });
    const viewer = fake.connect(rooms);
    viewer.say({ type: 'join' });

    expect(viewer.take()).toContainEqual({ type: 'cameraAvailable', cameraId: 'door', clientId: door.id });
  });

  it('does not keep them in strict rooms', () => {
    rooms = fake.rooms({ policy: STRICT_POLICY });
    const door = joined(rooms, camera);

    door.say({ type: 'join', room: 'default' });

    expect(rooms.gauges.cameras).toBe(0);
  });

  it('as a viewer gives the camera id up', () => {
    const door = joined(rooms, camera);
    const viewer = joined(rooms);

    door.say({ type: 'join', room: 'cctv', deviceType: 'viewer' });

    expect(viewer.take().map(({ type }) => type)).toEqual([
      'cameraUnavailable',
      'clientDisconnected',
      'clientJoined',
    ]);
  });
});

describe('a camera id that somebody has', () => {
  it('stays with an owner who lives: it is asked, and the other told', () => {
    const owner = joined(rooms, camera);
    const other = fake.connect(rooms);
    other.say({ type: 'join', room: 'cctv', ...camera });
    expect(owner.probes).toBe(1);
    expect(other.take()).toEqual([]);

    rooms.heard(owner.client);

    expect(codes(other)).toEqual(['camera-id-taken']);
    expect(owner.ended).toEqual([]);
  });

  it('goes to the next when the owner gives no sign of life, and the end of its socket changes nothing', () => {
    const owner = joined(rooms, camera);
    const viewer = joined(rooms);
    const next = fake.connect(rooms);
    next.say({ type: 'join', room: 'cctv', ...camera });

    after(3000);
    owner.drop();

    expect(owner.ended).toEqual(['heartbeat']);
    expect(codes(next)).toEqual(['joined']);
    expect(viewer.take().map(({ type }) => type)).toEqual([
      'cameraUnavailable',
      'clientDisconnected',
      'clientJoined',
      'cameraAvailable',
    ]);
    expect(rooms.gauges.cameras).toBe(1);
    expect(rooms.counters.ownersFoundDead).toBe(1);
  });

  it('is asked for by one at a time', () => {
    joined(rooms, camera);
    for (const expected of [[], ['camera-id-taken']]) {
      const other = fake.connect(rooms);
      other.say({ type: 'join', room: 'cctv', ...camera });
      expect(codes(other)).toEqual(expected);
    }
  });

  it.each([
    ['its resume token', true],
    ['a made-up one', false],
  ])('goes at once to who shows %s: %s', (_, right) => {
    const owner = joined(rooms, camera);
    const viewer = joined(rooms);
    const again = fake.connect(rooms);

    again.say({ type: 'resume', resumeToken: right ? (owner.welcome.resumeToken ?? '') : 'made-up' });
    again.say({ type: 'join', room: 'cctv', ...camera });
    owner.drop();

    expect(owner.ended).toEqual(right ? ['replaced'] : []);
    expect(viewer.take().some(({ type }) => type === 'cameraUnavailable')).toBe(!right);
    expect(rooms.gauges.cameras).toBe(1);
  });

  it('goes at once to who comes by the same token', () => {
    const identity: RoomIdentity = { ...ANYBODY, owner: 'token-1' };
    const [owner, again] = [fake.connect(rooms, identity), fake.connect(rooms, identity)];
    for (const client of [owner, again]) client.say({ type: 'join', room: 'cctv', ...camera });

    expect(owner.ended).toEqual(['replaced']);
    expect(again.ended).toEqual([]);
  });
});

describe('a request', () => {
  it('reaches the camera, and its offer ends the wait', () => {
    const door = joined(rooms, camera);
    const viewer = joined(rooms);
    door.take();
    viewer.say({ type: 'requestStream', cameraId: 'door', requestId: '7' });
    expect(door.take()).toEqual([
      { type: 'viewerRequest', viewerId: viewer.id, requestId: '7', room: 'cctv', cameraId: 'door' },
    ]);

    door.say({ type: 'offer', target: viewer.id, sdp: { type: 'offer', sdp: 'x' } });
    after(60_000);

    expect(viewer.take()).toEqual([{ type: 'offer', sender: door.id, sdp: { type: 'offer', sdp: 'x' } }]);
  });

  it('that no camera answers is told so after ten seconds', () => {
    const door = joined(rooms, camera);
    const viewer = joined(rooms);
    viewer.say({ type: 'requestStream', cameraId: 'door', requestId: '7' });

    after(10_000);

    expect(viewer.take()).toMatchObject([
      { type: 'error', code: 'request-timeout', re: 'requestStream', requestId: '7' },
    ]);
    expect(door.take()).toContainEqual({ type: 'viewerLeft', viewerId: viewer.id, cameraId: 'door' });
  });

  it('that the camera refuses is told so', () => {
    const door = joined(rooms, camera);
    const viewer = joined(rooms);
    viewer.say({ type: 'requestStream', cameraId: 'door', requestId: '7' });

    door.say({ type: 'rejectStream', viewerId: viewer.id, reason: 'stopped' });

    expect(viewer.take()).toEqual([
      { type: 'streamRejected', cameraId: 'door', requestId: '7', reason: 'stopped' },
    ]);
  });

  it('for a camera that is not there, or in another room, is answered with the request id', () => {
    joined(rooms, camera, 'elsewhere');
    const viewer = joined(rooms);
    viewer.say({ type: 'requestStream', cameraId: 'door', requestId: '7' });

    expect(viewer.take()).toEqual([
      { type: 'cameraNotFound', cameraId: 'door', requestId: '7', room: 'cctv' },
    ]);
  });

  it('is one too many beyond the limits', () => {
    rooms = fake.rooms({ limits: { ...DEFAULT_ROOM_LIMITS, pendingPerViewer: 1, viewersPerCamera: 1 } });
    joined(rooms, camera);
    joined(rooms, { ...camera, cameraId: 'hall' });
    const [viewer, other] = [joined(rooms), joined(rooms)];
    viewer.say({ type: 'requestStream', cameraId: 'door' });
    viewer.take();

    viewer.say({ type: 'requestStream', cameraId: 'hall' });
    other.take();
    other.say({ type: 'requestStream', cameraId: 'door' });

    expect(codes(viewer)).toEqual(['too-many-requests']);
    expect(codes(other)).toEqual(['camera-busy']);
  });
});

describe('an offer', () => {
  it.each([
    ['nobody', 'peer-unavailable', () => 'nobody'],
    ['somebody in another room', 'forbidden-target', () => joined(rooms, {}, 'other').id],
    ['the sender', 'forbidden-target', undefined],
  ])('for %s is %s', (_, code, target) => {
    const sender = joined(rooms);

    sender.say({ type: 'offer', target: target?.() ?? sender.id, requestId: '3' } as never);

    expect(sender.take()).toMatchObject([{ type: 'error', code, re: 'offer' }]);
  });

  it('goes between plain members of a room, whatever they say of the sender', () => {
    const [one, other] = [joined(rooms), joined(rooms)];
    one.take();

    one.say({
      type: 'offer',
      target: other.id,
      sender: 'made-up',
      sdp: { type: 'offer', sdp: 'x' },
    } as never);

    expect(other.take()).toEqual([{ type: 'offer', sender: one.id, sdp: { type: 'offer', sdp: 'x' } }]);
  });

  it('needs a view session in strict rooms', () => {
    rooms = fake.rooms({ policy: STRICT_POLICY });
    const door = joined(rooms, camera);
    const viewer = joined(rooms);
    door.say({ type: 'offer', target: viewer.id });
    expect(codes(door)).toContain('forbidden-target');

    viewer.say({ type: 'requestStream', cameraId: 'door' });
    door.say({ type: 'offer', target: viewer.id });
    viewer.say({ type: 'answer', target: door.id });
    viewer.say({ type: 'stopStream', cameraId: 'door' });
    viewer.say({ type: 'iceCandidate', target: door.id, candidate: null });

    expect(codes(door)).toEqual(['viewerRequest', 'answer', 'viewerLeft']);
    expect(codes(viewer)).toEqual(['offer', 'forbidden-target']);
  });
});

describe('strict rooms', () => {
  const narrow: RoomIdentity = {
    ...ANYBODY,
    mayJoin: (room) => room === 'cctv',
    mayPublish: (_, id) => id === 'door',
    mayView: (_, id) => id === 'door',
  };

  beforeEach(() => {
    rooms = fake.rooms({ policy: STRICT_POLICY });
  });

  it('hear a token first, and take nothing else', () => {
    const client = fake.stranger(rooms);
    expect(client.welcome).toMatchObject({ authRequired: true });
    expect(client.welcome.iceServers).toBeUndefined();

    client.say({ type: 'join', room: 'cctv' });
    client.say({ type: 'auth', token: 'right' });
    client.say({ type: 'join', room: 'cctv' });

    expect(codes(client)).toEqual(['unauthenticated', 'authenticated', 'joined']);
  });

  it('end who shows a wrong token, or none in time', () => {
    const [wrong, silent] = [fake.stranger(rooms), fake.stranger(rooms)];
    wrong.say({ type: 'auth', token: 'wrong' });
    after(10_000);

    expect(codes(wrong)).toEqual(['unauthenticated']);
    expect([wrong.ended, silent.ended]).toEqual([['unauthenticated'], ['unauthenticated']]);
  });

  it('refuse what the token does not cover, and do not show it', () => {
    joined(rooms, { ...camera, cameraId: 'cellar' });
    joined(rooms, camera);
    const client = fake.connect(rooms, narrow);
    client.say({ type: 'join', room: 'other' });
    client.say({ type: 'join', room: 'cctv', ...camera, cameraId: 'cellar' });
    expect(codes(client)).toEqual(['forbidden', 'forbidden']);

    client.say({ type: 'join', room: 'cctv' });
    client.say({ type: 'requestStream', cameraId: 'cellar' });
    client.say({ type: 'listCameras' });

    expect(client.take()).toMatchObject([
      { type: 'joined', cameras: [{ cameraId: 'door' }] },
      { type: 'cameraAvailable', cameraId: 'door' },
      { type: 'cameraNotFound', cameraId: 'cellar' },
      { type: 'cameraList', cameras: [{ cameraId: 'door' }] },
    ]);
  });

  it('end who came by a token that is revoked or expired', () => {
    const expiring = { ...ANYBODY, who: { ...ANYBODY.who, expiresAt: 1_700_000_010_000_000 as never } };
    const [one, other] = [fake.connect(rooms), fake.connect(rooms, expiring)];

    after(20_000);
    rooms.endWhere(() => true, 'revoked');

    expect([one.ended, other.ended]).toEqual([['forbidden'], ['unauthenticated']]);
  });
});

it.each([
  ['too-many-rooms', { rooms: 1 }, {}, 'other'],
  ['too-many-members', { membersPerRoom: 1 }, {}, 'cctv'],
  ['too-many-cameras', { camerasPerRoom: 1 }, { ...camera, cameraId: 'hall' }, 'cctv'],
])('%s', (code, limits, role, room) => {
  rooms = fake.rooms({ limits: { ...DEFAULT_ROOM_LIMITS, ...limits } });
  joined(rooms, camera);
  const client = fake.connect(rooms);

  client.say({ type: 'join', room, ...role });

  expect(codes(client)).toEqual([code]);
  expect(rooms.gauges).toMatchObject({ rooms: 1, members: 1 });
});

it('a status is told to the room once a second, a frame to nobody, by cameras alone', () => {
  const viewer = joined(rooms);
  const door = joined(rooms, camera);
  viewer.take();

  for (let i = 0; i < 3; i++) door.say({ type: 'cameraStatus', streaming: true, viewers: i });
  door.say({ type: 'frameInfo', size: 9000 });
  viewer.say({ type: 'cameraStatus', streaming: true });

  expect(viewer.take()).toMatchObject([
    { type: 'cameraStatus', cameraId: 'door', viewers: 0 },
    { type: 'error', code: 'not-a-camera' },
  ]);
  expect(door.take()).toEqual([]);
});

it('a picture is taken of a camera that is listed, and of nobody else', () => {
  const pictures: unknown[] = [];
  rooms = fake.rooms({ onJpeg: (picture) => pictures.push(picture) });
  const [door, viewer] = [joined(rooms, camera), joined(rooms)];
  const jpeg = Uint8Array.of(0xff, 0xd8, 0xff);
  door.take();

  expect(rooms.picture(door.client, jpeg)).toBe(true);
  expect(rooms.picture(viewer.client, jpeg)).toBe(false);
  expect(rooms.picture(door.client, Uint8Array.of(0x89, 0x50))).toBe(false);

  expect(pictures).toEqual([{ room: 'cctv', cameraId: 'door', clientId: door.id, jpeg }]);
  expect([codes(viewer), codes(door)]).toEqual([['not-a-camera'], ['bad-message']]);
});

it('whatever is said, nothing throws, and nothing is left when all are gone', () => {
  const names = fc.constantFrom('a', 'b', '__proto__', 'constructor');
  const step = fc.record({
    who: fc.nat(3),
    type: fc.constantFrom(
      'join',
      'leave',
      'offer',
      'requestStream',
      'stopStream',
      'rejectStream',
      'drop',
      'tick',
    ),
    room: names,
    cameraId: names,
    deviceType: fc.constantFrom('camera', 'viewer', undefined),
    other: fc.nat(3),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const one = fake.rooms();
      const clients = Array.from({ length: 4 }, () => fake.connect(one));
      for (const { who, type, other, ...fields } of steps) {
        const id = clients[other]?.id ?? '';
        if (type === 'drop') {
          clients[who]?.drop();
          clients[who] = fake.connect(one);
        } else if (type === 'tick') {
          fake.now = millis(fake.now + 1500);
          one.tick();
        } else clients[who]?.raw(JSON.stringify({ type, ...fields, target: id, viewerId: id }));
        const { cameras, members, rooms: count } = one.gauges;
        expect(cameras <= members && count <= members).toBe(true);
      }
      for (const client of clients) client.drop();
      expect(one.gauges).toMatchObject({ clients: 0, rooms: 0, members: 0, cameras: 0, sessions: 0 });
    }),
    { numRuns: 300 },
  );
});
