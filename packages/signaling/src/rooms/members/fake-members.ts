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
import { type FakeClient, FakeRooms } from '../fake-rooms.ts';
import type { Rooms } from '../rooms.ts';
import { RoomCamera } from './room-camera.ts';
import { RoomOfferCounters, type RoomOffers } from './room-offers.ts';

/** Who cameras of this server are. */
export const HERE = { tokenId: 'anonymous', address: 'this server' };

/** A client of a room that is a camera. */
export const ROLE = { deviceType: 'camera', cameraId: 'door' } as const;

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

/** Rooms with cameras of this server, whose connections the test plays. */
export class MembersRig {
  readonly fake = new FakeRooms();
  readonly rooms = this.fake.rooms();
  readonly peers = new OfferingPeers();
  readonly counters = new RoomOfferCounters();
  readonly registry: ViewerRegistry;
  readonly camera: Camera;
  readonly offering: ConstructorParameters<typeof RoomOffers>[0];

  constructor() {
    const { fake, rooms, peers, counters } = this;
    const now = () => micros(fake.now * 1000);
    let ids = 0;
    const limits = { total: 10, perCamera: 10, perAddress: 10 };
    this.registry = new ViewerRegistry({ limits, now, newId: () => `session-${++ids}` });
    this.camera = new Camera({
      id: 'front',
      source,
      now,
      openAbort: () => new AbortController(),
      log: silentLogger,
    });
    this.offering = {
      camera: this.camera,
      sessions: new ViewerSessions({ peers, registry: this.registry, now, log: silentLogger }),
      viewers: 2,
      say: () => {},
      whoIs: (id) => rooms.whoIs(id) ?? HERE,
      counters,
      now: () => fake.now,
      log: silentLogger,
    };
  }

  /** A camera of this server in a room. */
  roomCamera(on: Rooms = this.rooms): RoomCamera {
    const camera = new RoomCamera({
      ...this.offering,
      rooms: on,
      room: 'cctv',
      cameraId: 'door',
      name: 'Front door',
      who: HERE,
    });
    camera.open();
    return camera;
  }
}

/** What is said within this process has been heard, and all that follows from it. */
export const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
};

/** A viewer asks for the camera. */
export const viewing = async (viewer: FakeClient, requestId = '1'): Promise<void> => {
  viewer.say({ type: 'requestStream', cameraId: 'door', requestId });
  await settle();
};
