import { createConnection } from 'node:net';
import { micros } from '@pinhole/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { h264Fixture } from '../../../../test/support/h264-fixture.ts';
import { hex } from '../../../../test/support/hex.ts';
import { openPicameraRig, rigJpeg } from '../../../../test/support/picamera-rig.ts';
import { legacyBodies, packetBodies, request, settle } from '../../../../test/support/picamera-talk.ts';
import { recordedUnits, writeSegment } from '../../../../test/support/recorded-segment.ts';

describe('a snapshot', () => {
  it.each([
    ['30', 30],
    ['0', 1],
    ['250', 100],
    ['-3', 1],
    ['best', 100],
    ['12.7', 12],
  ])('of generation A at quality %j', async (message, quality) => {
    const { enter } = await openPicameraRig();
    const { command } = enter();

    command.say(request(1, message));
    await command.sentAtLeast(3);

    expect(command.sent).toEqual([hex('01 35'), Uint8Array.of(1, ...rigJpeg(quality)), hex('01')]);
  });

  it.each([
    ['08 02 22 02 08 1e', 30],
    ['08 02 22 00', 1],
    ['08 02 22 02 08 64', 100],
  ])('of a packet %s', async (bytes, quality) => {
    const { enter } = await openPicameraRig();
    const { command } = enter();

    command.say(hex(bytes));
    await command.sentAtLeast(3);

    expect(packetBodies(command)).toEqual([{ type: 2, body: Buffer.from(rigJpeg(quality)).toString('hex') }]);
    expect(command.binary[0]?.subarray(0, 3)).toEqual(hex('08 02 3a'));
  });
});

describe('a viewer', () => {
  it.each([
    ['A', request(0, 'false')],
    ['B and C', hex('12 00')],
    ['B and C, by itself', hex('12 02 08 01')],
  ])('of generation %s leaves once', async (_, message) => {
    const { enter } = await openPicameraRig();
    const { command, left } = enter();

    command.say(message);
    command.say(message);

    expect(left()).toBe(1);
  });

  it('is answered in the encoding of its first message alone', async () => {
    const { enter, device } = await openPicameraRig();
    const { command } = enter();

    command.say(request(1, '30'));
    command.say(hex('08 02 22 02 08 1e'));
    await command.sentAtLeast(3);
    await settle();

    expect(command.sent).toHaveLength(3);
    expect(command.binary[0]?.[0]).toBe(1);
    expect(device.counters.passedOver['foreign-wire']).toBe(1);
    expect(device.counters.wires).toEqual({ legacy: 1, packet: 0, 'packet-v2': 0 });
  });

  it('of the generation that is not spoken here is counted, and told nothing', async () => {
    const { enter, device, ipc } = await openPicameraRig();
    const { command, reliable } = enter({ family: 'offer' });

    command.say(hex('0a 02 69 64 12 04 1a 02 08 1e'));
    const socket = createConnection(ipc.path);
    socket.write(hex('00000001 21'));
    await expect.poll(() => ipc.counters.fromLocal).toBe(1);

    expect(command.sent).toEqual([]);
    expect(reliable.sent).toEqual([]);
    expect(device.counters.wires['packet-v2']).toBe(1);
    expect(device.counters.passedOver['packet-v2']).toBe(1);
    socket.destroy();
  });

  it('that asks too much in a second is refused by name', async () => {
    const { enter, device } = await openPicameraRig();
    const { command } = enter();

    for (let i = 0; i < 1000; i++) command.say(request(4, '{"key":18,"value":6}'));

    expect(device.counters.refused['too-many']).toBeGreaterThan(700);
  });

  it.each([
    ['a request on the channel for messages', 2, request(1, '30'), 'wrong-channel'],
    ['a message on the channel for requests', 0, request(6, 'hi'), 'wrong-channel'],
    ['tracking', 0, hex('08 07 5a 02 08 01'), 'unsupported'],
    ['an empty request', 0, request(1, ''), 'nothing'],
    ['CONNECT', 0, request(0, 'true'), 'nothing'],
    ['broken JSON', 0, '{"type":', 'malformed'],
    ['a type that is none', 0, request(77, 'x'), 'malformed'],
    ['a type that is text', 0, '{"type":"1","message":"30"}', 'malformed'],
    ['metadata that is none', 0, request(2, 'latest'), 'malformed'],
    ['a cut packet', 0, hex('08 02 22 05 08'), 'malformed'],
    ['nothing at all', 0, new Uint8Array(), 'unknown-wire'],
    ['noise', 0, hex('ff fe fd'), 'unknown-wire'],
  ] as const)('that says %s is passed over', async (_, id, message, what) => {
    const { enter, device } = await openPicameraRig();
    const { command, reliable } = enter();

    (id === 0 ? command : reliable).say(message);
    await settle();

    expect(device.counters.passedOver[what]).toBe(1);
    expect(command.sent).toEqual([]);
  });

  it('that says anything at all changes nothing for the next one', async () => {
    const { enter, device, root, archive } = await openPicameraRig();
    await writeSegment(
      root,
      recordedUnits(h264Fixture('baseline'), { start: micros(0), interval: micros(125_000) }),
    );
    await archive.sweep();
    const noise = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.uint8Array({ maxLength: 30 }).map((tail) => Uint8Array.of(0x08, ...tail)),
      fc
        .tuple(fc.nat(8), fc.uint8Array({ maxLength: 12 }))
        .map(([type, tail]) => Uint8Array.of(0x08, type, 0x12 + type * 8, tail.length, ...tail)),
      fc.string({ maxLength: 40 }),
      fc.json(),
      fc
        .record({ type: fc.oneof(fc.nat(8), fc.jsonValue()), message: fc.oneof(fc.string(), fc.jsonValue()) })
        .map((value) => JSON.stringify(value)),
      fc
        .tuple(fc.nat(8), fc.string(), fc.integer())
        .map(([type, message, value]) =>
          request(type, JSON.stringify({ command: value % 4, message, key: value, value })),
        ),
    );

    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.nat(2), noise), { maxLength: 20 }), async (said) => {
        const viewer = enter();
        for (const [id, message] of said) [viewer.command, viewer.lossy, viewer.reliable][id]?.say(message);
        await new Promise(setImmediate);
        viewer.channels.close();
      }),
      { numRuns: 300 },
    );
    const good = enter();
    good.command.say(request(1, '30'));
    await good.command.sentAtLeast(3);

    expect(device.viewers).toBe(1);
    expect(legacyBodies(good.command)).toHaveLength(1);
  });
});
