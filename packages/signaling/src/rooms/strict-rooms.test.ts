import { beforeEach, describe, expect, it } from 'vitest';
import { ANYBODY, codesOf, type FakeClient, FakeRooms } from './fake-rooms.ts';
import { STRICT_POLICY } from './policy.ts';
import type { RoomIdentity } from './room-identity.ts';
import type { Rooms } from './rooms.ts';

let fake: FakeRooms;
let rooms: Rooms;

beforeEach(() => {
  fake = new FakeRooms();
  rooms = fake.rooms();
});

const camera = { deviceType: 'camera', cameraId: 'door' } as const;
const joined = (on: Rooms, role: object = {}, room = 'cctv'): FakeClient => fake.joined(on, role, room);
const after = (ms: number): void => fake.after(ms, rooms);

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

    expect(codesOf(client)).toEqual(['unauthenticated', 'authenticated', 'joined']);
  });

  it('end who shows a wrong token, or none in time', () => {
    const [wrong, silent] = [fake.stranger(rooms), fake.stranger(rooms)];
    wrong.say({ type: 'auth', token: 'wrong' });
    after(10_000);

    expect(codesOf(wrong)).toEqual(['unauthenticated']);
    expect([wrong.ended, silent.ended]).toEqual([['unauthenticated'], ['unauthenticated']]);
  });

  it('refuse what the token does not cover, and do not show it', () => {
    joined(rooms, { ...camera, cameraId: 'cellar' });
    joined(rooms, camera);
    const client = fake.connect(rooms, narrow);
    client.say({ type: 'join', room: 'other' });
    client.say({ type: 'join', room: 'cctv', ...camera, cameraId: 'cellar' });
    expect(codesOf(client)).toEqual(['forbidden', 'forbidden']);

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
