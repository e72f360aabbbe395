import { type Micros, type Millis, millis, silentLogger } from '@pinhole/core';
import {
  generate,
  type IConnectPacket,
  type IPublishPacket,
  type ISubscribePacket,
  type ISubscription,
  type Packet,
  parser,
} from 'mqtt-packet';
import { Broker } from './broker.ts';
import type { BrokerAdmission, BrokerCredentials } from './identity.ts';
import type { BrokerLimits } from './limits.ts';
import type { BrokerInput } from './pipe.ts';
import { ALL_RIGHTS } from './topic-rights.ts';

/** A client as a test plays it: it sends what it is told, and keeps what it gets. */
export interface FakeClient {
  /** All packets that came, in order. */
  readonly got: readonly Packet[];
  /** Those of one kind. */
  of<Kind extends Packet['cmd']>(kind: Kind): readonly Extract<Packet, { readonly cmd: Kind }>[];
  readonly ended: boolean;
  readonly identified: boolean;
  /** How much the connection does not get rid of. */
  stuckBytes: number;
  send(packet: Packet): void;
  sendBytes(bytes: Uint8Array): void;
  connect(packet?: Partial<IConnectPacket>): void;
  /** The connection breaks. */
  vanish(): void;
}

/** A broker with a clock that stands still until it is moved. */
export interface FakeNet {
  readonly broker: Broker;
  pass(ms: number): void;
  client(options?: {
    readonly address?: string;
    readonly version?: 4 | 5;
    readonly door?: (credentials: BrokerCredentials) => BrokerAdmission;
  }): FakeClient;
}

/** A PUBLISH of QoS 0 with a thousand bytes, or as `more` says. */
export const publish = (topic: string, more: Partial<IPublishPacket> = {}): IPublishPacket => ({
  cmd: 'publish',
  topic,
  payload: Buffer.alloc(1000, 'x'),
  qos: 0,
  dup: false,
  retain: false,
  ...more,
});

/** A SUBSCRIBE of QoS 0, or as `more` says. */
export const subscribe = (
  topics: string | readonly string[],
  more: Partial<ISubscription> = {},
  properties?: ISubscribePacket['properties'],
): ISubscribePacket => ({
  cmd: 'subscribe',
  messageId: 1,
  subscriptions: [topics].flat().map((topic) => ({ topic, qos: 0, nl: false, rap: false, rh: 0, ...more })),
  ...(properties && { properties }),
});

/** Opens a broker without a network. */
export function openFakeNet(limits: Partial<BrokerLimits> = {}): FakeNet {
  let now = millis(1_000_000);
  let ids = 0;
  const broker = new Broker({
    limits,
    now: () => now,
    utcNow: () => (now * 1000) as Micros,
    newClientId: () => `assigned-${++ids}`,
    log: silentLogger,
  });
  return {
    broker,
    pass: (ms) => {
      now = (now + ms) as Millis;
      broker.tick();
    },
    client: ({ address = '10.0.0.1', version = 5, door = letAnybodyIn } = {}) =>
      openClient(broker, { address, version, door }),
  };
}

/** Everybody is let in, as the user that they name, with all rights. */
const letAnybodyIn = ({ username = 'somebody' }: BrokerCredentials): BrokerAdmission => ({
  kind: 'let-in',
  identity: {
    who: { tokenId: username, address: '10.0.0.1' },
    owner: username,
    rights: ALL_RIGHTS,
  },
});

function openClient(
  broker: Broker,
  {
    address,
    version,
    door,
  }: {
    readonly address: string;
    readonly version: 4 | 5;
    readonly door: (credentials: BrokerCredentials) => BrokerAdmission;
  },
): FakeClient {
  const got: Packet[] = [];
  const state = { ended: false, identified: false };
  const reader = parser({ protocolVersion: version });
  reader.on('packet', (packet) => got.push(packet));
  reader.on('error', (error: unknown) => {
    throw error;
  });
  broker.admit(address);
  const input: BrokerInput = broker.accept(
    {
      address,
      identified: () => {
        state.identified = true;
      },
      get bufferedBytes() {
        return client.stuckBytes;
      },
      write: (bytes) => reader.parse(Buffer.from(bytes)),
      end: () => {
        state.ended = true;
      },
    },
    door,
  );
  const client: FakeClient = {
    got,
    of: <Kind extends Packet['cmd']>(kind: Kind) =>
      got.filter((packet): packet is Extract<Packet, { readonly cmd: Kind }> => packet.cmd === kind),
    get ended() {
      return state.ended;
    },
    get identified() {
      return state.identified;
    },
    stuckBytes: 0,
    send: (packet) => input.bytes(new Uint8Array(generate(packet, { protocolVersion: version }))),
    sendBytes: (bytes) => input.bytes(bytes),
    connect: (packet = {}) =>
      client.send({
        cmd: 'connect',
        protocolId: 'MQTT',
        protocolVersion: version,
        clean: true,
        clientId: '',
        keepalive: 20,
        ...packet,
      }),
    vanish: () => input.closed(),
  };
  return client;
}
