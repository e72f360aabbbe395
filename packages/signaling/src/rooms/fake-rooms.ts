import { createHash } from 'node:crypto';
import { millis } from '@pinhole/core';
import type { RoomClientMessageInput, RoomServerMessage } from '@pinhole/protocol/rooms';
import { LocalBusHub } from './local-bus.ts';
import { COMPATIBLE_POLICY, DEFAULT_ROOM_LIMITS } from './policy.ts';
import type { RoomBus } from './room-bus.ts';
import type { RoomClient } from './room-client.ts';
import type { RoomIdentity } from './room-identity.ts';
import type { RoomsOptions } from './room-state.ts';
import { Rooms } from './rooms.ts';

/** May do everything, and proves nothing. */
export const ANYBODY: RoomIdentity = {
  who: { tokenId: 'anonymous', address: '192.0.2.1' },
  owner: undefined,
  mayJoin: () => true,
  mayPublish: () => true,
  mayView: () => true,
};

/** One client of rooms as a test sees it. */
export interface FakeClient {
  readonly id: string;
  readonly client: RoomClient;
  /** What came since the last look, without the welcome. */
  take(): RoomServerMessage[];
  readonly welcome: Extract<RoomServerMessage, { type: 'welcome' }>;
  /** How the server ended it. */
  readonly ended: string[];
  /** How often it was asked for a sign of life. */
  readonly probes: number;
  say(message: RoomClientMessageInput): void;
  raw(text: string): void;
  drop(): void;
}

/** Several processes with rooms, a clock that the test moves, and ids that count. */
export class FakeRooms {
  now = millis(1000);
  readonly #hub = new LocalBusHub();
  #ids = 0;

  /** One more end of the bus. */
  bus(): RoomBus {
    return this.#hub.bus();
  }

  rooms(options: Partial<RoomsOptions> = {}): Rooms {
    return new Rooms({
      policy: COMPATIBLE_POLICY,
      limits: DEFAULT_ROOM_LIMITS,
      bus: this.bus(),
      authorize: (token) => (token === 'right' ? ANYBODY : undefined),
      iceServers: () => [{ urls: ['stun:stun.example.org'] }],
      now: () => this.now,
      wallNow: () => 1_700_000_000_000 + this.now,
      newSecret: () => `id-${++this.#ids}`,
      hashOf: (secret) => createHash('sha256').update(secret).digest('base64url'),
      pingIntervalMs: millis(20_000),
      ...options,
    });
  }

  connect(rooms: Rooms, identity: RoomIdentity | undefined = ANYBODY): FakeClient {
    return connect(rooms, identity);
  }

  /** One that nobody knows yet. */
  stranger(rooms: Rooms): FakeClient {
    return connect(rooms, undefined);
  }

  /** One who is in a room, and has heard so. */
  joined(on: Rooms, role: object, room: string): FakeClient {
    const client = this.connect(on);
    client.say({ type: 'join', room, ...role });
    client.take();
    return client;
  }

  /** Time passes. */
  after(ms: number, ...processes: readonly Rooms[]): void {
    this.now = millis(this.now + ms);
    for (const rooms of processes) rooms.tick();
  }

  /** What processes say to each other arrives. */
  settle(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve));
  }
}

function connect(rooms: Rooms, identity: RoomIdentity | undefined): FakeClient {
  const inbox: RoomServerMessage[] = [];
  const ended: string[] = [];
  let probes = 0;
  const client = rooms.open(
    {
      send: (text) => void inbox.push(JSON.parse(text) as RoomServerMessage),
      identified: () => {},
      probe: () => void probes++,
      close: (why) => void ended.push(why),
    },
    { address: '192.0.2.1', identity },
  );
  const [welcome] = inbox.splice(0);
  if (welcome?.type !== 'welcome') throw new Error('no welcome');
  return {
    id: client.id,
    client,
    welcome,
    ended,
    get probes() {
      return probes;
    },
    take: () => inbox.splice(0),
    say: (message) => {
      rooms.heard(client);
      rooms.receive(client, JSON.stringify(message));
    },
    raw: (text) => {
      rooms.receive(client, text);
    },
    drop: () => rooms.closed(client),
  };
}

/** What a client heard, in words: errors by their code. */
export const codesOf = (client: FakeClient): readonly string[] =>
  client.take().map((message) => (message.type === 'error' ? message.code : message.type));
