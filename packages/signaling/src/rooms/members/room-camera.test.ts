import type { Camera } from '@pinhole/engine';
import { beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest';
import { codesOf, type FakeClient } from '../fake-rooms.ts';
import { MembersRig, ROLE, settle, viewing } from './fake-members.ts';

let rig: MembersRig;
let fake: MembersRig['fake'];
let rooms: MembersRig['rooms'];
let peers: MembersRig['peers'];
let counters: MembersRig['counters'];
let registry: MembersRig['registry'];
let ready: MockInstance<Camera['ready']>;
beforeEach(() => {
  rig = new MembersRig();
  ({ fake, rooms, peers, counters, registry } = rig);
  ready = vi.spyOn(rig.camera, 'ready').mockResolvedValue({} as never);
});

describe('a camera of this server', () => {
  it('is there for those who join, and offers to those who ask', async () => {
    rig.roomCamera();
    const viewer = fake.connect(rooms);
    viewer.say({ type: 'join', room: 'cctv' });
    const [joined, available] = viewer.take();
    await viewing(viewer);

    expect(joined).toMatchObject({ type: 'joined', cameras: [{ cameraId: 'door' }] });
    expect(available).toMatchObject({
      type: 'cameraAvailable',
      name: 'Front door',
      viewers: 0,
      capabilities: { codecs: ['H264'], transports: ['webrtc'] },
    });
    const [offer] = viewer.take();
    expect(offer).toMatchObject({ type: 'offer', sdp: { type: 'offer', sdp: 'offer 1' } });

    const target = offer?.type === 'offer' ? offer.sender : '';
    viewer.say({ type: 'iceCandidate', target, candidate: { candidate: 'candidate:1' } });
    viewer.say({ type: 'answer', target, sdp: { type: 'answer', sdp: 'answer 1' } });
    await settle();
    expect(peers.offered).toMatchObject([{ answers: ['answer 1'], candidates: ['candidate:1'] }]);
    expect(registry.list()).toMatchObject([
      { camera: 'front', transport: 'webrtc', who: { address: '192.0.2.1' } },
    ]);
  });

  it.each([
    ['stops', (viewer: FakeClient) => viewer.say({ type: 'stopStream', cameraId: 'door' })],
    ['leaves', (viewer: FakeClient) => viewer.say({ type: 'leave' })],
    ['is gone', (viewer: FakeClient) => viewer.drop()],
  ])('ends the connection of a viewer that %s', async (_, end) => {
    rig.roomCamera();
    const viewer = fake.joined(rooms, {}, 'cctv');
    await viewing(viewer);

    end(viewer);
    await settle();

    expect(peers.offered[0]?.closed).toBe('left');
    expect(registry.list()).toEqual([]);
  });

  it('takes a request that is repeated meanwhile as one, and a later one as a new beginning', async () => {
    rig.roomCamera();
    const viewer = fake.joined(rooms, {}, 'cctv');
    let open = (): void => {};
    peers.gate = new Promise((resolve) => {
      open = resolve;
    });
    await viewing(viewer, '1');
    await viewing(viewer, '2');
    open();
    await settle();
    await viewing(viewer, '3');
    expect([peers.offered.length, counters.requestsRepeated]).toEqual([1, 2]);

    fake.after(1000, rooms);
    await viewing(viewer, '4');

    expect(peers.offered.map(({ closed }) => closed)).toEqual(['left', undefined]);
    expect(registry.list()).toHaveLength(1);
  });

  it('has so many viewers and no more, and tells how many', async () => {
    const camera = rig.roomCamera();
    const viewers = [0, 1, 2].map(() => fake.joined(rooms, {}, 'cctv'));
    for (const viewer of viewers) await viewing(viewer);

    expect(viewers[2]?.take()).toMatchObject([
      { type: 'streamRejected', requestId: '1', reason: 'camera-busy' },
    ]);
    expect(counters.refusedBusy).toBe(1);
    viewers[0]?.take();
    camera.tick();
    expect(viewers[0]?.take()).toMatchObject([{ type: 'cameraStatus', streaming: true, viewers: 2 }]);
    viewers[0]?.say({ type: 'listCameras' });
    expect(viewers[0]?.take()).toMatchObject([{ cameras: [{ cameraId: 'door', viewers: 2 }] }]);
  });

  it('tells a viewer whose token was revoked, or that never connected', async () => {
    rig.roomCamera();
    const viewer = fake.joined(rooms, {}, 'cctv');
    await viewing(viewer);
    viewer.take();

    registry.endWhere(() => true, 'revoked');

    expect(viewer.take()).toMatchObject([{ type: 'streamRejected', cameraId: 'door', reason: 'revoked' }]);
    expect(rooms.gauges.sessions).toBe(0);
  });

  it('refuses with the code of what is wrong', async () => {
    ready.mockRestore();
    rig.roomCamera();
    const viewer = fake.joined(rooms, {}, 'cctv');
    await viewing(viewer);
    fake.after(9000, rooms);
    rig.camera.tick();
    await settle();

    expect(viewer.take()).toMatchObject([{ type: 'streamRejected', reason: 'camera/not-live' }]);
  });

  it('takes its id from whoever has it, and nobody takes it from it', async () => {
    const stranger = fake.joined(rooms, ROLE, 'cctv');
    rig.roomCamera();
    expect(stranger.ended).toEqual(['replaced']);

    const other = fake.connect(rooms);
    other.say({ type: 'join', room: 'cctv', ...ROLE });
    await settle();

    expect(codesOf(other)).toEqual(['camera-id-taken']);
  });

  it('has it also where somebody on another server was there before', async () => {
    const there = fake.rooms();
    const stranger = fake.joined(there, ROLE, 'cctv');
    // They have not heard of each other yet.
    rig.roomCamera();
    await settle();

    expect(stranger.ended).toEqual(['replaced']);
    expect([rooms.gauges.cameras, there.gauges.cameras]).toEqual([1, 1]);
  });

  it('offers to viewers of other servers too', async () => {
    const there = fake.rooms();
    rig.roomCamera();
    await settle();
    const viewer = fake.joined(there, {}, 'cctv');
    await viewing(viewer);
    const [offer] = viewer.take();
    const target = offer?.type === 'offer' ? offer.sender : '';
    viewer.say({ type: 'answer', target, sdp: { type: 'answer', sdp: 'y' } });
    await settle();

    expect(offer).toMatchObject({ type: 'offer', sdp: { sdp: 'offer 1' } });
    expect(peers.offered).toMatchObject([{ answers: ['y'] }]);
    viewer.drop();
    await settle();
    expect(registry.list()).toEqual([]);
  });

  it('gives way to the same camera on another server, and comes back when that is gone', async () => {
    const here = rig.roomCamera();
    await settle();
    const there = fake.rooms();
    await settle();
    const other = rig.roomCamera(there);
    await settle();
    const viewer = fake.joined(rooms, {}, 'cctv');
    expect(rooms.gauges.members).toBe(2);

    fake.after(30_000, rooms, there);
    here.tick();
    await settle();
    expect(rooms.gauges.members).toBe(2);

    other.close();
    await settle();
    fake.after(30_000, rooms, there);
    here.tick();
    await settle();

    expect(codesOf(viewer)).toContain('cameraUnavailable');
    viewer.say({ type: 'listCameras' });
    expect(viewer.take()).toMatchObject([{ cameras: [{ cameraId: 'door', viewers: 0 }] }]);
  });
});
