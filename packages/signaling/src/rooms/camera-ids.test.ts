import { beforeEach, describe, expect, it } from 'vitest';
import { ANYBODY, codesOf, type FakeClient, FakeRooms } from './fake-rooms.ts';
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

describe('a camera id that somebody has', () => {
  it('stays with an owner who lives: it is asked, and the other told', () => {
    const owner = joined(rooms, camera);
    const other = fake.connect(rooms);
    other.say({ type: 'join', room: 'cctv', ...camera });
    expect(owner.probes).toBe(1);
    expect(other.take()).toEqual([]);

    rooms.heard(owner.client);

    expect(codesOf(other)).toEqual(['camera-id-taken']);
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
    expect(codesOf(next)).toEqual(['joined']);
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
      expect(codesOf(other)).toEqual(expected);
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
