import type { RoomServerMessage } from '@pinhole/protocol/rooms';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { MembersRig, ROLE, settle, viewing } from './fake-members.ts';
import { RoomOffers } from './room-offers.ts';

let rig: MembersRig;
let fake: MembersRig['fake'];
let rooms: MembersRig['rooms'];
let peers: MembersRig['peers'];
beforeEach(() => {
  rig = new MembersRig();
  ({ fake, rooms, peers } = rig);
  vi.spyOn(rig.camera, 'ready').mockResolvedValue({} as never);
});

describe('standing in for a camera that sends pictures', () => {
  it('makes its offers, while the camera hears who wants it', async () => {
    const door = fake.joined(rooms, ROLE, 'cctv');
    const early = fake.joined(rooms, {}, 'cctv');
    await viewing(early);
    let gone = 0;
    const offers: RoomOffers = new RoomOffers({ ...rig.offering, say: (message) => speak?.(message) });
    const speak = rooms.standIn(door.id, {
      handle: (message) => offers.handle(message),
      gone: () => {
        gone++;
        offers.close();
      },
    });
    await settle();
    const late = fake.joined(rooms, {}, 'cctv');
    await viewing(late);
    for (const viewer of [early, late])
      viewer.say({ type: 'answer', target: door.id, sdp: { type: 'answer', sdp: 'y' } });
    await settle();

    for (const viewer of [early, late]) {
      expect(viewer.take().filter(({ type }) => type !== 'clientJoined')).toMatchObject([
        { type: 'offer', sender: door.id },
      ]);
    }
    expect(peers.offered.map(({ answers }) => answers)).toEqual([['y'], ['y']]);
    const heard = door.take().map(({ type }) => type);
    expect(heard.filter((type) => type === 'viewerRequest')).toHaveLength(2);
    expect(heard).not.toContain('answer');

    door.drop();
    await settle();
    expect(gone).toBe(1);
    expect(peers.offered.map(({ closed }) => closed)).toEqual(['left', 'left']);
  });

  it('ends when the camera makes an offer itself, and never begins for one that said it could', async () => {
    const door = fake.joined(rooms, ROLE, 'cctv');
    const able = fake.joined(
      rooms,
      { deviceType: 'camera', cameraId: 'able', capabilities: { transports: ['webrtc'] } },
      'cctv',
    );
    const viewer = fake.joined(rooms, {}, 'cctv');
    const gone = vi.fn<() => void>();
    const handle = vi.fn<(message: RoomServerMessage) => void>();
    const speak = rooms.standIn(door.id, { handle, gone });

    door.say({ type: 'offer', target: viewer.id, sdp: { type: 'offer', sdp: 'mine' } });
    viewer.say({ type: 'answer', target: door.id, sdp: { type: 'answer', sdp: 'y' } });
    speak?.({ type: 'offer', target: viewer.id, sdp: { type: 'offer', sdp: 'not mine' } });
    await settle();

    expect(gone).toHaveBeenCalledOnce();
    expect(handle).not.toHaveBeenCalled();
    expect(door.take().at(-1)).toMatchObject({ type: 'answer' });
    expect(viewer.take()).toMatchObject([{ sdp: { sdp: 'mine' } }]);
    expect(rooms.standIn(door.id, { handle, gone })).toBeUndefined();
    expect(rooms.standIn(able.id, { handle, gone })).toBeUndefined();
  });

  it('leaves viewers that take pictures to the camera', async () => {
    const door = fake.joined(rooms, ROLE, 'cctv');
    const handle = vi.fn<(message: RoomServerMessage) => void>();
    rooms.standIn(door.id, { handle, gone: () => {} });
    const viewer = fake.joined(rooms, {}, 'cctv');

    viewer.say({ type: 'requestStream', cameraId: 'door', transports: ['jpeg'] });
    await settle();

    expect(door.take()).toMatchObject([{ type: 'clientJoined' }, { type: 'viewerRequest' }]);
    expect(handle).not.toHaveBeenCalled();
  });
});
