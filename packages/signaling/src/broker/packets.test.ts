import { MalformedError } from '@pinhole/core';
import fc from 'fast-check';
import { generate, type Packet } from 'mqtt-packet';
import { describe, expect, it } from 'vitest';
import { hex } from '../../../../test/support/hex.ts';
import { PacketFrames } from './packet-frames.ts';
import { parsePacket } from './packets.ts';

const malformed = expect.objectContaining({ code: 'mqtt/malformed' });
const bytesOf = (packet: Packet): Uint8Array => new Uint8Array(generate(packet, { protocolVersion: 5 }));

describe('packets', () => {
  it('are read: a SUBSCRIBE with No Local', () => {
    const packet = parsePacket(
      hex(`
        82 0d       # SUBSCRIBE, 13 bytes
        00 07       # packet identifier
        00          # no properties
        00 07 61 2f 62 2f 63 2f 2b # a/b/c/+
        06          # No Local, QoS 2
      `),
      5,
    );

    expect(packet).toMatchObject({
      cmd: 'subscribe',
      messageId: 7,
      subscriptions: [{ topic: 'a/b/c/+', qos: 2, nl: true, rap: false, rh: 0 }],
    });
  });

  it.each([
    ['a packet identifier of 0', '82 06 0000 00 0001 61'],
    ['a packet that ends in its identifier', '62 01 00'],
    ['a SUBSCRIBE without a topic', '82 03 0007 00'],
    ['an UNSUBSCRIBE without a topic', 'a2 03 0007 00'],
    ['a topic that is no UTF-8', '30 06 0003 61 ff 62 00'],
    ['a topic with U+0000', '30 06 0003 61 00 62 00'],
    ['a topic longer than its packet', '30 04 00ff 61 00'],
    ['QoS 3', '36 06 0001 61 0001 00'],
    ['a property that is not known', '30 06 0001 61 02 7f 00'],
    ['a property twice', '30 0e 0001 61 0a 02 00000001 02 00000001'],
    ['a topic alias of 0', '30 07 0001 61 03 23 0000'],
    ['a subscription identifier of 0', '82 09 0007 02 0b00 0001 61 00'],
    ['reserved flags', 'c1 00'],
    ['a CONNECT of another protocol', '10 0c 0004 48545450 05 02 003c 00 00'],
    ['a CONNECT with the reserved flag', '10 0d 0004 4d515454 05 03 003c 00 0000'],
  ])('are refused: %s', (_, bytes) => {
    expect(() => parsePacket(hex(bytes), 5)).toThrow(malformed);
  });

  it('any bytes at all either are a packet or malformed', () => {
    const outcomes = new Set<string>();
    const version = fc.constantFrom(4 as const, 5 as const);
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 80 }), version, (bytes, kind) => {
        const framed = Uint8Array.of(bytes[0] ?? 0, bytes.byteLength - 1, ...bytes.subarray(1));
        outcomes.add(outcomeOf(() => parsePacket(framed, kind)));
      }),
      { numRuns: 3000 },
    );

    expect([...outcomes].toSorted()).toEqual(['malformed', 'packet']);
  });

  it('real packets with any byte changed, or cut anywhere, either are packets or malformed', () => {
    const outcomes = new Set<string>();
    const sample = fc.constantFrom(...SAMPLES.map(bytesOf));
    fc.assert(
      fc.property(sample, fc.nat(), fc.integer({ min: 0, max: 255 }), (bytes, place, value) => {
        const changed = bytes.slice();
        changed[place % changed.byteLength] = value;
        outcomes.add(outcomeOf(() => parsePacket(changed, 5)));
        outcomes.add(outcomeOf(() => parsePacket(bytes.subarray(0, place % bytes.byteLength), 5)));
      }),
      { numRuns: 3000 },
    );

    expect([...outcomes].toSorted()).toEqual(['malformed', 'packet']);
  });
});

describe('the cutting of a stream into packets', () => {
  it('finds the same packets however the stream comes', () => {
    const stream = Buffer.concat(SAMPLES.map((packet) => generate(packet, { protocolVersion: 5 })));
    const packetsIn = (sizes: readonly number[]): readonly string[] => {
      const frames = new PacketFrames({ maxBytes: 100_000 });
      const found: string[] = [];
      for (let at = 0, turn = 0; at < stream.byteLength; turn++) {
        const size = sizes[turn % sizes.length] ?? 1;
        const chunk = new Uint8Array(stream.subarray(at, at + size));
        for (const frame of frames.take(chunk)) found.push(Buffer.from(frame).toString('hex'));
        at += size;
      }
      return found;
    };
    const whole = packetsIn([stream.byteLength]);

    expect(whole).toHaveLength(SAMPLES.length);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1 }), (sizes) => {
        expect(packetsIn(sizes)).toEqual(whole);
      }),
      { numRuns: 50 },
    );
  });

  it('knows a packet that is too large from its first bytes', () => {
    const frames = new PacketFrames({ maxBytes: 1000 });

    expect(() => [...frames.take(hex('30 e7 07'))]).toThrow(
      expect.objectContaining({ code: 'mqtt/oversized' }),
    );
  });

  it('refuses a length of five bytes', () => {
    const frames = new PacketFrames({ maxBytes: 1000 });

    expect(() => [...frames.take(hex('30 ff ff ff ff 01'))]).toThrow(malformed);
  });
});

const SAMPLES: readonly Packet[] = [
  {
    cmd: 'connect',
    protocolId: 'MQTT',
    protocolVersion: 5,
    clean: true,
    clientId: 'page',
    keepalive: 20,
    username: 'me',
    password: Buffer.from('secret'),
    will: { topic: 'garden/lwt', payload: Buffer.from('offline'), qos: 1, retain: true },
    properties: { receiveMaximum: 20, sessionExpiryInterval: 5 },
  },
  {
    cmd: 'publish',
    topic: 'garden/offer/page',
    payload: Buffer.alloc(700, 1),
    qos: 2,
    dup: false,
    retain: false,
    messageId: 9,
    properties: { messageExpiryInterval: 30, userProperties: { a: ['b', 'c'] } },
  },
  {
    cmd: 'subscribe',
    messageId: 3,
    subscriptions: [{ topic: 'garden/answer/page', qos: 2, nl: true, rap: false, rh: 0 }],
    properties: { subscriptionIdentifier: 200 },
  },
  { cmd: 'pingreq' },
  { cmd: 'unsubscribe', messageId: 4, unsubscriptions: ['garden/answer/page'] },
  { cmd: 'pubrel', messageId: 9, reasonCode: 0 },
  { cmd: 'disconnect', reasonCode: 0 },
];

/** Malformed is the one thing that may be thrown; a packet that passes has what its kind has to have. */
function outcomeOf(parse: () => Packet): string {
  try {
    const packet = parse();
    const whole =
      (packet.messageId ?? 1) > 0 && (packet.cmd !== 'publish' || typeof packet.topic === 'string');
    return whole ? 'packet' : `half a ${packet.cmd}`;
  } catch (thrown) {
    return thrown instanceof MalformedError && thrown.code === 'mqtt/malformed'
      ? 'malformed'
      : String(thrown);
  }
}
