import { millis } from '@pinhole/core';
import type { RoomBusMessage } from '@pinhole/protocol/rooms';
import { beforeEach, expect, it } from 'vitest';
import { codesOf, type FakeClient, FakeRooms } from './fake-rooms.ts';
import { STRICT_POLICY } from './policy.ts';
import type { RoomBus } from './room-bus.ts';
import type { Rooms } from './rooms.ts';

/** Rooms of three processes, of which two serve clients at first. */
let fake: FakeRooms;
let here: Rooms;
let there: Rooms;

beforeEach(() => {
  fake = new FakeRooms();
  [here, there] = [fake.rooms({ policy: STRICT_POLICY }), fake.rooms({ policy: STRICT_POLICY })];
});

const camera = { deviceType: 'camera', cameraId: 'door' } as const;

async function joined(on: Rooms, role: object = {}): Promise<FakeClient> {
  const client = fake.connect(on);
  client.say({ type: 'join', room: 'cctv', ...role });
  await fake.settle();
  client.take();
  return client;
}

async function after(ms: number, ...processes: readonly Rooms[]): Promise<void> {
  fake.after(ms, ...processes);
  await fake.settle();
}

it('a viewer here sees a camera there, asks for it, and both talk', async () => {
  const viewer = await joined(here);
  const door = await joined(there, camera);
  expect(codesOf(viewer)).toEqual(['clientJoined', 'cameraAvailable']);

  viewer.say({ type: 'requestStream', cameraId: 'door', requestId: '7' });
  await fake.settle();
  door.say({ type: 'offer', target: viewer.id, sdp: { type: 'offer', sdp: 'x' } });
  await fake.settle();
  viewer.say({ type: 'answer', target: door.id, sdp: { type: 'answer', sdp: 'y' } });
  door.say({ type: 'iceCandidate', target: viewer.id, candidate: null });
  await fake.settle();
  viewer.say({ type: 'stopStream', cameraId: 'door' });
  await fake.settle();
  await after(60_000);

  expect(door.take()).toEqual([
    { type: 'viewerRequest', viewerId: viewer.id, requestId: '7', room: 'cctv', cameraId: 'door' },
    { type: 'answer', sender: viewer.id, sdp: { type: 'answer', sdp: 'y' } },
    { type: 'viewerLeft', viewerId: viewer.id, cameraId: 'door' },
  ]);
  expect(viewer.take()).toEqual([
    { type: 'offer', sender: door.id, sdp: { type: 'offer', sdp: 'x' } },
    { type: 'iceCandidate', sender: door.id, candidate: null },
  ]);
  expect([here.gauges.sessions, there.gauges.sessions]).toEqual([0, 0]);
});

it('a process that comes later knows who is there already', async () => {
  const door = await joined(here, camera);
  const late = fake.rooms();
  await fake.settle();
  const viewer = fake.connect(late);

  viewer.say({ type: 'join', room: 'cctv' });

  expect(viewer.take()).toContainEqual({ type: 'cameraAvailable', cameraId: 'door', clientId: door.id });
});

it('a camera there that refuses, or is silent, is told here', async () => {
  const viewer = await joined(here);
  const door = await joined(there, camera);
  viewer.say({ type: 'requestStream', cameraId: 'door', requestId: '7' });
  await fake.settle();
  door.say({ type: 'rejectStream', viewerId: viewer.id, reason: 'stopped' });
  await fake.settle();
  viewer.say({ type: 'requestStream', cameraId: 'door', requestId: '8' });
  await fake.settle();
  await after(10_000, here, there);

  expect(codesOf(viewer).slice(-2)).toEqual(['streamRejected', 'request-timeout']);
  expect(codesOf(door)).toEqual(['viewerRequest', 'viewerRequest', 'viewerLeft']);
  expect([here.gauges.sessions, there.gauges.sessions]).toEqual([0, 0]);
});

it('who leaves there is gone here, once', async () => {
  const viewer = await joined(here);
  const door = await joined(there, camera);
  viewer.take();

  door.drop();
  await fake.settle();

  expect(codesOf(viewer)).toEqual(['cameraUnavailable', 'clientDisconnected']);
  expect(here.gauges).toMatchObject({ members: 1, cameras: 0 });
});

it('the members of a process that says nothing more are gone within 45 seconds', async () => {
  const viewer = await joined(here);
  await joined(there, camera);
  viewer.take();
  await after(10_000, here, there);

  for (let silent = 0; silent < 35_000; silent += 5000) await after(5000, here);

  expect(codesOf(viewer)).toEqual(['cameraUnavailable', 'clientDisconnected']);
  expect(here.gauges).toMatchObject({ members: 1, cameras: 0, nodes: 0 });
  expect(here.counters.nodesLost).toBe(1);
});

it('a process that ends says so', async () => {
  const viewer = await joined(here);
  const door = await joined(there, camera);
  viewer.take();

  await there.close();
  await fake.settle();

  expect(door.ended).toEqual(['going-away']);
  expect(here.gauges).toMatchObject({ members: 1, nodes: 0 });
});

it('a camera that comes back here and proves it is the one there takes its id over, and was never away', async () => {
  const viewer = await joined(here);
  const old = await joined(there, camera);
  viewer.take();
  const again = fake.connect(here);
  again.say({ type: 'resume', resumeToken: old.welcome.resumeToken ?? '' });
  again.say({ type: 'join', room: 'cctv', ...camera });
  await fake.settle();

  expect(old.ended).toEqual(['replaced']);
  expect(codesOf(viewer)).toEqual(['clientJoined', 'cameraAvailable', 'clientDisconnected']);
  for (const rooms of [here, there]) expect(rooms.gauges).toMatchObject({ members: 2, cameras: 1 });
});

it('an owner there is asked for a sign of life', async () => {
  const owner = await joined(there, camera);
  const other = fake.connect(here);
  other.say({ type: 'join', room: 'cctv', ...camera });
  await fake.settle();
  expect(owner.probes).toBe(1);

  there.heard(owner.client);
  await fake.settle();
  expect(codesOf(other)).toEqual(['camera-id-taken']);

  other.say({ type: 'join', room: 'cctv', ...camera });
  await fake.settle();
  await after(3000, there, here);
  expect(owner.ended).toEqual(['heartbeat']);
  expect(codesOf(other)).toEqual(['joined']);
});

it('of two that take one id in the same moment, all processes let the same one have it', async () => {
  const [one, two] = [fake.connect(here), fake.connect(there)];
  one.say({ type: 'join', room: 'cctv', ...camera });
  fake.now = millis(fake.now + 1);
  two.say({ type: 'join', room: 'cctv', ...camera });
  await fake.settle();
  await fake.settle();

  expect([one.ended, two.ended]).toEqual([[], ['replaced']]);
  for (const rooms of [here, there]) expect(rooms.gauges).toMatchObject({ members: 1, cameras: 1 });
});

it('what was missed is asked for', async () => {
  let broken = false;
  fake = new FakeRooms();
  here = fake.rooms();
  const bus = fake.bus();
  const lossy: RoomBus = {
    ...bus,
    broadcast: (message: RoomBusMessage) => {
      if (!broken) bus.broadcast(message);
    },
  };
  there = fake.rooms({ bus: lossy });
  const viewer = await joined(here);
  const gone = await joined(there);
  broken = true;
  gone.drop();
  const door = await joined(there, camera);
  broken = false;
  expect(viewer.take()).toHaveLength(1);

  await after(10_000, there);

  expect(viewer.take()).toContainEqual({ type: 'cameraAvailable', cameraId: 'door', clientId: door.id });
  expect(here.gauges).toMatchObject({ members: 2, cameras: 1 });
  expect(here.counters.busGaps).toBe(1);
});
