import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type Micros, type Millis, silentLogger } from '@pinhole/core';
import {
  ALL_RIGHTS,
  Broker,
  type BrokerDoor,
  openTcpListener,
  type TcpListener,
  viewerRights,
} from '@pinhole/signaling/broker';
import { generate, type Packet, parser } from 'mqtt-packet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const V5 = { protocolVersion: 5 };
const CONNECT = {
  cmd: 'connect',
  protocolId: 'MQTT',
  protocolVersion: 5,
  clean: true,
  keepalive: 20,
} as const;
const CLIENTS = 1000;
const AT_ONCE = 100;

/** Everybody is a viewer, but for the device. */
const door: BrokerDoor = ({ username = '' }) => ({
  kind: 'let-in',
  identity: {
    who: { tokenId: username, address: '127.0.0.1' },
    owner: username,
    rights: username === 'device' ? ALL_RIGHTS : viewerRights({ mayView: (uid) => uid === 'garden' }),
  },
});

describe('a broker among hostile and careless clients', () => {
  let broker: Broker;
  let listener: TcpListener;
  let ticker: NodeJS.Timeout;
  beforeAll(async () => {
    broker = new Broker({
      limits: { connectMs: 300, clientsPerAddress: 2000 },
      now: () => performance.now() as Millis,
      utcNow: () => (Date.now() * 1000) as Micros,
      newClientId: randomUUID,
      log: silentLogger,
    });
    listener = await openTcpListener({
      broker,
      address: '127.0.0.1',
      port: 0,
      doorOf: () => door,
      log: silentLogger,
    });
    ticker = setInterval(() => broker.tick(), 50);
  });
  afterAll(async () => {
    clearInterval(ticker);
    broker.close();
    await listener.close();
  });

  const open = async (): Promise<Socket> => {
    const socket = connect(listener.port, '127.0.0.1');
    socket.on('error', () => {}); // being cut off is what most of them are for
    await once(socket, 'connect');
    return socket;
  };
  const ended = async (socket: Socket): Promise<void> => {
    socket.resume();
    if (!socket.closed) await once(socket, 'close');
  };

  it('survives garbage, truncated and oversized packets, before and after a CONNECT, and serves the others', async () => {
    const heard: string[] = [];
    const device = broker.openLink();
    device.subscribe([{ topic: 'garden/offer/+' }], (topic) => heard.push(topic));
    const hello = (clientId: string) => generate({ ...CONNECT, keepalive: 1, clientId, username: 'v' }, V5);
    const offer = (clientId: string) =>
      generate(
        {
          cmd: 'publish',
          topic: `garden/offer/${clientId}`,
          payload: 'x',
          qos: 0,
          dup: false,
          retain: false,
        },
        V5,
      );
    const attacks: readonly Buffer[] = [
      ...Array.from({ length: 40 }, () => randomBytes(200)),
      ...Array.from({ length: 40 }, (_, index) => Buffer.concat([hello(`g-${index}`), randomBytes(200)])),
      Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'),
      Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f, 1, 2, 3]), // 256 MiB announced
      Buffer.concat([hello('big'), Buffer.from([0x30, 0xff, 0xff, 0x7f]), Buffer.alloc(100_000)]),
      Buffer.concat([hello('twice'), hello('twice')]),
      Buffer.concat([hello('many'), ...Array.from({ length: 2000 }, () => offer('many'))]),
      hello('cut').subarray(0, 9),
      Buffer.alloc(0),
    ];

    await Promise.all(
      attacks.map(async (bytes) => {
        const socket = await open();
        socket.write(bytes);
        await ended(socket);
      }),
    );
    const good = await open();
    good.write(Buffer.concat([hello('good'), offer('good')]));

    await expect.poll(() => heard).toContain('garden/offer/good');
    good.destroy();
    await device.close();
    await expect.poll(() => broker.gauges).toEqual(NOTHING);
    expect(broker.counters).toMatchObject({ rateLimited: 1 });
    expect(broker.counters.malformed).toBeGreaterThan(20);
    expect(broker.counters.oversized).toBeGreaterThan(1);
    expect(broker.counters.connectTimeouts).toBeGreaterThan(1);
  });

  it('takes a packet that comes byte by byte, and cuts off one that never ends', async () => {
    const socket = await open();
    socket.setNoDelay(true);
    const answers = packetsOf(socket);
    for (const byte of generate({ ...CONNECT, clientId: 'slow', username: 'v' }, V5)) {
      socket.write(Buffer.of(byte));
      await new Promise((turn) => setImmediate(turn));
    }
    await expect.poll(() => answers.map(({ cmd }) => cmd)).toEqual(['connack']);
    const halfOpen = await open();
    halfOpen.write(Buffer.from([0x10, 0x20, 0x00]));

    await ended(halfOpen);
    socket.destroy();

    await expect.poll(() => broker.gauges).toEqual(NOTHING);
  });

  it('lets wildcards cost little, whoever may use them', async () => {
    const device = await open();
    const answers = packetsOf(device);
    device.write(generate({ ...CONNECT, clientId: 'device', username: 'device' }, V5));
    const levels = ['+', 'a'];
    const filters = Array.from({ length: 32 }, (_, index) =>
      Array.from({ length: 16 }, (_level, bit) => levels[(index >> (bit % 5)) & 1]).join('/'),
    );
    device.write(
      generate(
        {
          cmd: 'subscribe',
          messageId: 1,
          subscriptions: [...filters, '#', `${'a/'.repeat(2000)}#`].map((topic) => ({
            topic,
            qos: 0 as const,
          })),
        },
        V5,
      ),
    );
    await expect.poll(() => answers.some(({ cmd }) => cmd === 'suback')).toBe(true);
    const suback = answers.find((packet) => packet.cmd === 'suback');

    const topic = Array.from({ length: 16 }, () => 'a').join('/');
    for (let message = 0; message < 100; message++) {
      device.write(generate({ cmd: 'publish', topic, payload: 'x', qos: 0, dup: false, retain: false }, V5));
    }

    await expect.poll(() => answers.filter(({ cmd }) => cmd === 'publish')).toHaveLength(100);
    expect(suback).toMatchObject({ granted: [...filters.map(() => 0), 0x97, 0x8f] });
    device.destroy();
    await expect.poll(() => broker.gauges).toEqual(NOTHING);
  });

  it('gives everything back after a thousand clients came and went, politely or not', async () => {
    const device = broker.openLink({ clientId: 'the-device' });
    device.subscribe([{ topic: 'garden/offer/+' }], (topic) => {
      device.publish(topic.replace('/offer/', '/answer/'), 'y'.repeat(2000), { qos: 2 });
    });
    const visit = async (index: number): Promise<void> => {
      const socket = await open();
      const answers = packetsOf(socket);
      const clientId = `v-${index}`;
      const message = { cmd: 'publish', payload: 'x'.repeat(2000), dup: false, retain: false } as const;
      const packets: readonly Packet[] = [
        { ...CONNECT, clientId, username: clientId },
        {
          cmd: 'subscribe',
          messageId: 1,
          subscriptions: [{ topic: `garden/answer/${clientId}`, qos: 2, nl: true }],
        },
        { ...message, topic: `garden/offer/${clientId}`, qos: 2, messageId: 2 },
      ];
      socket.write(Buffer.concat(packets.map((packet) => generate(packet, V5))));
      // Nobody here ever answers what is sent with QoS 2.
      while (!answers.some(({ cmd }) => cmd === 'publish')) await once(socket, 'data');
      if (index % 2 === 0) socket.write(generate({ cmd: 'disconnect', reasonCode: 0 }, V5));
      else socket.destroy();
      await ended(socket);
    };
    const visits = async (from: number, to: number): Promise<void> => {
      for (let at = from; at < to; at += AT_ONCE) {
        await Promise.all(Array.from({ length: AT_ONCE }, (_, index) => visit(at + index)));
      }
    };
    await visits(0, 2 * AT_ONCE); // what is made once, and kept
    const before = heapAfterCollection();

    await visits(2 * AT_ONCE, CLIENTS + 2 * AT_ONCE);

    await expect.poll(() => broker.gauges).toEqual({ ...NOTHING, clients: 1, subscriptions: 1 });
    expect(device.counters.received).toBe(CLIENTS + 2 * AT_ONCE);
    await new Promise((turn) => setImmediate(turn)); // handles are let go a turn after they closed
    const grownKib = (heapAfterCollection() - before) / 1024;
    // A session that stayed would hold 4 KiB of messages and more, a thousand of them 4 MiB.
    expect(grownKib).toBeLessThan(1500);
    await device.close();
  });
});

const NOTHING = { clients: 0, subscriptions: 0, retainedMessages: 0, retainedBytes: 0, queuedBytes: 0 };

function packetsOf(socket: Socket): Packet[] {
  const packets: Packet[] = [];
  const reader = parser(V5);
  reader.on('packet', (packet) => packets.push(packet));
  socket.on('data', (chunk: Buffer) => reader.parse(chunk));
  return packets;
}

function heapAfterCollection(): number {
  setFlagsFromString('--expose_gc');
  const collect = runInNewContext('gc') as () => void;
  for (let turn = 0; turn < 4; turn++) collect();
  return process.memoryUsage().heapUsed;
}
