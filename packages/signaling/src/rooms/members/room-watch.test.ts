import { beforeEach, describe, expect, it } from 'vitest';
import { FakeRooms } from '../fake-rooms.ts';
import type { Rooms } from '../rooms.ts';
import { HERE, ROLE, settle } from './fake-members.ts';
import { RoomWatch } from './room-watch.ts';

const JPEG = Uint8Array.of(0xff, 0xd8, 0xff, 0xd9);

let fake: FakeRooms;
let rooms: Rooms;
beforeEach(() => {
  fake = new FakeRooms();
  rooms = fake.rooms();
});

describe('watching a camera', () => {
  const watch = () => {
    const heard: unknown[] = [];
    const note =
      (what: string) =>
      (...words: readonly unknown[]): void =>
        void heard.push([what, ...words]);
    const one = new RoomWatch({
      rooms,
      room: 'cctv',
      cameraId: 'door',
      who: HERE,
      came: note('came'),
      left: note('left'),
      offered: note('offered'),
      candidate: note('candidate'),
      refused: note('refused'),
      picture: note('picture'),
    });
    const take = async (): Promise<unknown[]> => {
      await settle();
      return heard.splice(0);
    };
    return { one, take };
  };

  it('tells of its coming and going, and carries what both say', async () => {
    const { one, take } = watch();
    expect(await take()).toEqual([]);
    const door = fake.joined(rooms, ROLE, 'cctv');
    expect(await take()).toEqual([['came']]);

    one.request();
    const [request] = door.take();
    const target = request?.type === 'viewerRequest' ? request.viewerId : '';
    door.say({ type: 'offer', target, sdp: { type: 'offer', sdp: 'x' } });
    door.say({ type: 'iceCandidate', target, candidate: { candidate: 'candidate:1' } });
    door.say({ type: 'iceCandidate', target, candidate: null });
    expect(await take()).toEqual([
      ['offered', 'x'],
      ['candidate', 'candidate:1'],
    ]);
    one.answer('y');
    expect(door.take()).toMatchObject([{ type: 'answer', sdp: { sdp: 'y' } }]);

    door.drop();
    expect(await take()).toEqual([['left']]);
    one.close();
    expect(rooms.gauges.clients).toBe(0);
  });

  it('takes no offer of anybody else', async () => {
    const { take } = watch();
    fake.joined(rooms, ROLE, 'cctv');
    const other = fake.connect(rooms);
    other.say({ type: 'join', room: 'cctv' });
    const members = other
      .take()
      .flatMap((message) => (message.type === 'joined' ? (message.members ?? []) : []));
    const watcher = members.find(({ deviceType }) => deviceType === 'viewer')?.clientId ?? '';

    other.say({ type: 'offer', target: watcher, sdp: { type: 'offer', sdp: 'mine' } });

    expect(await take()).toEqual([['came']]);
  });

  it.each([[{ type: 'rejectStream', reason: 'stopped' }, ['stream-rejected', 'stopped']]])(
    'tells that a request was refused: %j',
    async (answer, words) => {
      const door = fake.joined(rooms, ROLE, 'cctv');
      const { one, take } = watch();
      await take();
      one.request();
      const [request] = door.take().filter(({ type }) => type === 'viewerRequest');
      const viewerId = request?.type === 'viewerRequest' ? request.viewerId : '';

      door.say({ type: 'rejectStream', viewerId, reason: answer.reason });

      expect(await take()).toEqual([['refused', ...words]]);
    },
  );

  it('gets the pictures of one that sends those, and waits for no offer', async () => {
    const door = fake.joined(rooms, ROLE, 'cctv');
    const { one, take } = watch();
    await take();
    rooms.picture(door.client, JPEG);
    expect(await take()).toEqual([]);

    one.request();
    rooms.picture(door.client, JPEG);
    fake.after(20_000, rooms);

    expect(await take()).toEqual([['picture', JPEG]]);
    expect(door.take().map(({ type }) => type)).not.toContain('viewerLeft');
  });
});
