import { micros, silentLogger } from '@pinhole/core';
import {
  Camera,
  type OfferedPeer,
  type PeerFactory,
  type PeerMedia,
  type Source,
  ViewerRegistry,
  ViewerSessions,
} from '@pinhole/engine';
import type { RoomServerMessage } from '@pinhole/protocol/rooms';
import { beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest';
import { codesOf, type FakeClient, FakeRooms } from '../fake-rooms.ts';
import type { Rooms } from '../rooms.ts';
import { RoomCamera } from './room-camera.ts';
import { RoomOfferCounters, RoomOffers } from './room-offers.ts';
import { RoomWatch } from './room-watch.ts';

const JPEG = Uint8Array.of(0xff, 0xd8, 0xff, 0xd9);
const HERE = { tokenId: 'anonymous', address: 'this server' };
const ROLE = { deviceType: 'camera', cameraId: 'door' } as const;

interface Offered {
  readonly media: PeerMedia;
  readonly answers: string[];
  readonly candidates: string[];
  closed: string | undefined;
}

/** Peers that offer, played by the test. */
class OfferingPeers implements PeerFactory {
  readonly offered: Offered[] = [];
  gate: Promise<void> = Promise.resolve();

  open(): Promise<never> {
    return Promise.reject(new Error('nobody here makes an offer to a camera'));
  }

  async offer(media: PeerMedia): Promise<OfferedPeer> {
    await this.gate;
    const one: Offered = { media, answers: [], candidates: [], closed: undefined };
    this.offered.push(one);
    return {
      offer: `offer ${this.offered.length}`,
      accept: (answer) => Promise.resolve(void one.answers.push(answer)),
      addCandidate: (candidate) => Promise.resolve(void one.candidates.push(candidate)),
      stats: () => ({
        packetsSent: 0,
        bytesSent: 0,
        nacksReceived: 0,
        packetsResent: 0,
        keyFramesRequested: 0,
      }),
      close: (why) => {
        one.closed ??= why ?? 'closed';
        return Promise.resolve();
      },
    };
  }
}

const source: Source = {
  start: (_, { signal }) => new Promise((resolve) => signal.addEventListener('abort', resolve)),
  requestKeyFrame: () => {},
  describe: () => ({ kind: 'hand', label: 'by hand', keyFrameOnRequest: true }),
  controls: () => [],
  setControl: () => Promise.resolve(),
};

let fake: FakeRooms;
let rooms: Rooms;
let peers: OfferingPeers;
let counters: RoomOfferCounters;
let registry: ViewerRegistry;
let ready: MockInstance<Camera['ready']>;
let offering: ConstructorParameters<typeof RoomOffers>[0];

/** What is said within this process has been heard, and all that follows from it. */
const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
};

beforeEach(() => {
  fake = new FakeRooms();
  rooms = fake.rooms();
  peers = new OfferingPeers();
  counters = new RoomOfferCounters();
  const now = () => micros(fake.now * 1000);
  let ids = 0;
  const limits = { total: 10, perCamera: 10, perAddress: 10 };
  registry = new ViewerRegistry({ limits, now, newId: () => `session-${++ids}` });
  const camera = new Camera({
    id: 'front',
    source,
    now,
    openAbort: () => new AbortController(),
    log: silentLogger,
  });
  ready = vi.spyOn(camera, 'ready').mockResolvedValue({} as never);
  offering = {
    camera,
    sessions: new ViewerSessions({ peers, registry, now, log: silentLogger }),
    viewers: 2,
    say: () => {},
    whoIs: (id) => rooms.whoIs(id) ?? HERE,
    counters,
    now: () => fake.now,
    log: silentLogger,
  };
});

const roomCamera = (on: Rooms = rooms): RoomCamera => {
  const camera = new RoomCamera({
    ...offering,
    rooms: on,
    room: 'cctv',
    cameraId: 'door',
    name: 'Front door',
    who: HERE,
  });
  camera.open();
  return camera;
};

const viewing = async (viewer: FakeClient, requestId = '1'): Promise<void> => {
  viewer.say({ type: 'requestStream', cameraId: 'door', requestId });
  await settle();
};

describe('a camera of this server', () => {
  it('is there for those who join, and offers to those who ask', async () => {
    roomCamera();
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
    roomCamera();
    const viewer = fake.joined(rooms, {}, 'cctv');
    await viewing(viewer);

    end(viewer);
    await settle();

    expect(peers.offered[0]?.closed).toBe('left');
    expect(registry.list()).toEqual([]);
  });

  it('takes a request that is repeated meanwhile as one, and a later one as a new beginning', async () => {
    roomCamera();
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
    const camera = roomCamera();
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
    roomCamera();
    const viewer = fake.joined(rooms, {}, 'cctv');
    await viewing(viewer);
    viewer.take();

    registry.endWhere(() => true, 'revoked');

    expect(viewer.take()).toMatchObject([{ type: 'streamRejected', cameraId: 'door', reason: 'revoked' }]);
    expect(rooms.gauges.sessions).toBe(0);
  });

  it('refuses with the code of what is wrong', async () => {
    ready.mockRestore();
    roomCamera();
    const viewer = fake.joined(rooms, {}, 'cctv');
    await viewing(viewer);
    fake.after(9000, rooms);
    offering.camera.tick();
    await settle();

    expect(viewer.take()).toMatchObject([{ type: 'streamRejected', reason: 'camera/not-live' }]);
  });

  it('takes its id from whoever has it, and nobody takes it from it', async () => {
    const stranger = fake.joined(rooms, ROLE, 'cctv');
    roomCamera();
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
    roomCamera();
    await settle();

    expect(stranger.ended).toEqual(['replaced']);
    expect([rooms.gauges.cameras, there.gauges.cameras]).toEqual([1, 1]);
  });

  it('offers to viewers of other servers too', async () => {
    const there = fake.rooms();
    roomCamera();
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
    const here = roomCamera();
    await settle();
    const there = fake.rooms();
    await settle();
    const other = roomCamera(there);
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

describe('standing in for a camera that sends pictures', () => {
  it('makes its offers, while the camera hears who wants it', async () => {
    const door = fake.joined(rooms, ROLE, 'cctv');
    const early = fake.joined(rooms, {}, 'cctv');
    await viewing(early);
    let gone = 0;
    const offers: RoomOffers = new RoomOffers({ ...offering, say: (message) => speak?.(message) });
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
