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
const after = (ms: number): void => fake.after(ms, rooms);

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

    expect(codesOf(viewer)).toEqual(['too-many-requests']);
    expect(codesOf(other)).toEqual(['camera-busy']);
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
    expect(codesOf(door)).toContain('forbidden-target');

    viewer.say({ type: 'requestStream', cameraId: 'door' });
    door.say({ type: 'offer', target: viewer.id });
    viewer.say({ type: 'answer', target: door.id });
    viewer.say({ type: 'stopStream', cameraId: 'door' });
    viewer.say({ type: 'iceCandidate', target: door.id, candidate: null });

    expect(codesOf(door)).toEqual(['viewerRequest', 'answer', 'viewerLeft']);
    expect(codesOf(viewer)).toEqual(['offer', 'forbidden-target']);
  });
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
  expect([codesOf(viewer), codesOf(door)]).toEqual([['not-a-camera'], ['bad-message']]);
});
