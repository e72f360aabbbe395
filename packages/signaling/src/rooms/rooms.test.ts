import { millis } from '@pinhole/core';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { codesOf, type FakeClient, FakeRooms } from './fake-rooms.ts';
import { DEFAULT_ROOM_LIMITS, STRICT_POLICY } from './policy.ts';
import type { Rooms } from './rooms.ts';

let fake: FakeRooms;
let rooms: Rooms;

beforeEach(() => {
  fake = new FakeRooms();
  rooms = fake.rooms();
});

const camera = { deviceType: 'camera', cameraId: 'door' } as const;
const joined = (on: Rooms, role: object = {}, room = 'cctv'): FakeClient => fake.joined(on, role, room);

it('shows a camera to viewers who come before and after it, in the order that pages rely on', () => {
  const early = joined(rooms);
  const door = fake.connect(rooms);
  door.say({ type: 'join', room: 'cctv', ...camera, name: 'Front door' });
  const late = fake.connect(rooms);
  late.say({ type: 'join', room: 'cctv' });

  expect(early.take()).toEqual([
    { type: 'clientJoined', clientId: door.id, deviceType: 'camera', cameraId: 'door' },
    { type: 'cameraAvailable', cameraId: 'door', clientId: door.id, name: 'Front door', viewers: 0 },
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
    { type: 'cameraAvailable', cameraId: 'door', clientId: door.id, viewers: 0 },
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

    expect(viewer.take()).toMatchObject([
      { type: 'joined' },
      { type: 'cameraAvailable', cameraId: 'door', clientId: door.id },
    ]);
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

it.each([
  ['too-many-rooms', { rooms: 1 }, {}, 'other'],
  ['too-many-members', { membersPerRoom: 1 }, {}, 'cctv'],
  ['too-many-cameras', { camerasPerRoom: 1 }, { ...camera, cameraId: 'hall' }, 'cctv'],
])('%s', (code, limits, role, room) => {
  rooms = fake.rooms({ limits: { ...DEFAULT_ROOM_LIMITS, ...limits } });
  joined(rooms, camera);
  const client = fake.connect(rooms);

  client.say({ type: 'join', room, ...role });

  expect(codesOf(client)).toEqual([code]);
  expect(rooms.gauges).toMatchObject({ rooms: 1, members: 1 });
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
