import { writeFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { Emitter, micros } from '@pinhole/core';
import { LegacyReceiver, PacketReceiver } from '@pinhole/protocol/picamera';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { h264Fixture } from '../../../../test/support/h264-fixture.ts';
import { hex } from '../../../../test/support/hex.ts';
import { openPicameraRig, rigJpeg } from '../../../../test/support/picamera-rig.ts';
import { recordedUnits, writeSegment } from '../../../../test/support/recorded-segment.ts';
import type { ScriptedChannel } from '../../../../test/support/scripted-channel.ts';
import type { Recorder } from '../recorder/recorder.ts';
import type { RecorderEvents } from '../recorder/recorder-state.ts';

const START = micros(Date.parse('2026-11-21T10:00:00Z') * 1000);
const clip = (start = START) => recordedUnits(h264Fixture('baseline'), { start, interval: micros(125_000) });
const request = (type: number, message: string): string => JSON.stringify({ type, message });
const settle = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await new Promise(setImmediate);
};

/** Bodies that a client of generation A put together of what was sent. */
function legacyBodies(channel: ScriptedChannel): { readonly type: number; readonly body: string }[] {
  const receiver = new LegacyReceiver();
  return channel.binary.flatMap((message) =>
    receiver
      .push(message, 0)
      .flatMap((event) =>
        event.kind === 'completed'
          ? [{ type: event.type, body: Buffer.from(event.body ?? []).toString() }]
          : [],
      ),
  );
}

/** The same of generations B and C; bodies in hexadecimal. */
function packetBodies(channel: ScriptedChannel): { readonly type: number; readonly body: string }[] {
  const receiver = new PacketReceiver();
  return channel.binary.flatMap((message) =>
    receiver
      .push(message, 0)
      .events.flatMap((event) =>
        event.kind === 'completed'
          ? [{ type: event.type, body: Buffer.from(event.body ?? []).toString('hex') }]
          : [],
      ),
  );
}

describe('a snapshot', () => {
  it.each([
    ['30', 30],
    ['0', 1],
    ['250', 100],
    ['-3', 1],
    ['best', 100],
    ['12.7', 12],
  ])('of generation A at quality %j', async (message, quality) => {
    const { join: enter } = await openPicameraRig();
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
    const { join: enter } = await openPicameraRig();
    const { command } = enter();

    command.say(hex(bytes));
    await command.sentAtLeast(3);

    expect(packetBodies(command)).toEqual([{ type: 2, body: Buffer.from(rigJpeg(quality)).toString('hex') }]);
    expect(command.binary[0]?.subarray(0, 3)).toEqual(hex('08 02 3a'));
  });
});

describe('a query', () => {
  it('of generation A is answered with JSON in ASCII, a transfer for each recording', async () => {
    const { join: enter, root, archive } = await openPicameraRig();
    const paths: string[] = [];
    for (let i = 0; i < 3; i++)
      paths.push(await writeSegment(root, { ...clip(micros(START + i * 60e6)), picture: true }));
    await archive.sweep();
    const { command } = enter({ family: 'sdp' });

    command.say(request(2, '{"command":0,"message":""}'));
    await command.until(() => legacyBodies(command).length === 1);
    command.say(request(2, JSON.stringify({ command: 1, message: join(root, paths[2] ?? '') })));
    await command.until(() => legacyBodies(command).length === 3);
    command.say(request(2, JSON.stringify({ command: 2, message: '20200101_000000' })));
    await settle();

    const bodies = legacyBodies(command).map(({ type, body }) => ({ type, ...(JSON.parse(body) as object) }));
    expect(bodies).toMatchObject(
      [2, 1, 0].map((i) => ({ type: 2, duration: 1, path: join(root, paths[i] ?? '') })),
    );
    expect(bodies[0]).toMatchObject({
      image: expect.stringMatching(/^data:image\/jpeg;base64,\/9j/) as string,
    });
    expect(command.sent.every((message) => typeof message !== 'string')).toBe(true);
  });

  it('that finds nothing is silence for A and B, and an empty list for C', async () => {
    const { join: enter } = await openPicameraRig();
    const [a, b, c, lapse] = [
      enter({ family: 'sdp' }),
      enter({ family: 'sdp' }),
      enter({ family: 'offer' }),
      enter({ family: 'offer' }),
    ];

    a.command.say(request(2, '{"command":0,"message":""}'));
    b.command.say(hex('08 03 2a 00'));
    c.command.say(hex('08 03 2a 00'));
    lapse.command.say(hex('08 03 2a 02 18 01'));
    await lapse.command.sentAtLeast(3);
    await settle();

    expect(a.command.sent).toEqual([]);
    expect(b.command.sent).toEqual([]);
    expect(c.command.binary.map((message) => message[2])).toEqual([0x3a, 0x4a]);
    expect(packetBodies(lapse.command)).toEqual([{ type: 3, body: '1001' }]); // mode: TIMELAPSE
  });

  it('of packets is answered with one entry a transfer', async () => {
    const { join: enter, root, archive } = await openPicameraRig();
    const path = join(root, await writeSegment(root, clip()));
    await archive.sweep();
    const { command } = enter({ family: 'offer' });

    command.say(hex('08 03 2a 00'));
    await command.sentAtLeast(3);

    const entry = Buffer.concat([
      Buffer.from([0x0a, path.length]),
      Buffer.from(path),
      Buffer.from([0x10, 1]),
    ]);
    expect(packetBodies(command)).toEqual([
      { type: 3, body: Buffer.concat([Buffer.from([0x0a, entry.length]), entry]).toString('hex') },
    ]);
  });
});

describe('a file', () => {
  it('is sent as it is, and what is asked for meanwhile comes after it', async () => {
    const { join: enter, root, archive, device } = await openPicameraRig();
    const path = join(root, await writeSegment(root, clip()));
    await archive.sweep();
    const { command } = enter();

    for (let i = 0; i < 3; i++) command.say(request(3, path));
    await command.until(() => legacyBodies(command).length === 3);

    expect(new Set(legacyBodies(command).map(({ body }) => body)).size).toBe(1);
    expect(device.counters.transfers).toMatchObject({ begun: 3, failed: 0, cancelled: 0 });
    expect(device.counters.requests.download).toBe(3);
  });

  it.each([
    ['path', () => '/etc/passwd'],
    ['path', (root: string) => `${root}/../../etc/passwd`],
    ['not-found', (root: string) => `${root}/20260101/10/20260101_100000.mp4`],
  ] as const)(
    'that may not be had is met with silence, counted as "%s" and told of',
    async (reason, pathOf) => {
      const { join: enter, root, device, warnings } = await openPicameraRig();
      const { command } = enter({ name: 'mallory' });

      for (let i = 0; i < 5; i++) command.say(request(3, pathOf(root)));
      await settle();

      expect(command.sent).toEqual([]);
      await expect.poll(() => device.counters.refused[reason]).toBe(5);
      expect(warnings).toMatchObject([{ viewer: 'mallory', camera: 'door', reason }]);
    },
  );

  it('is refused by name when too many wait', async () => {
    const { join: enter, root, archive, device } = await openPicameraRig();
    const path = join(root, await writeSegment(root, clip()));
    await archive.sweep();
    const { command } = enter({ link: 'stalled' });
    command.say(request(3, path));
    await command.sentAtLeast(1);

    for (let i = 0; i < 100; i++) command.say(request(3, path));

    expect(device.counters.refused.busy).toBeGreaterThanOrEqual(83);
  });

  it('ends when its viewer leaves', async () => {
    const { join: enter, root, device, archive } = await openPicameraRig();
    const path = join(root, await writeSegment(root, clip()));
    await writeFile(path, new Uint8Array(3_000_000));
    await archive.sweep();
    const { command, channels } = enter({ link: 'stalled' });

    command.say(request(3, path));
    await command.until(() => command.bufferedAmount > 450_000);
    channels.close();
    await expect.poll(() => device.counters.transfers.cancelled).toBe(1);

    expect(device.viewers).toBe(0);
  });
});

describe('a camera property', () => {
  it.each([
    ['A', request(4, '{"key":18,"value":6}'), ['awb', 'cloudy']],
    ['B and C', hex('08 01 1a 04 08 12 10 06'), ['awb', 'cloudy']],
    ['A, below zero', request(4, '{"key":6,"value":-2}'), ['ev', -2]],
    ['B and C, below zero', hex('08 01 1a 08 08 06 10 fe ff ff ff 0f'), ['ev', -2]],
  ])('of generation %s reaches the camera, and is not answered', async (_, message, change) => {
    const { join: enter, source, device } = await openPicameraRig();
    const { command } = enter();

    command.say(message);
    await expect.poll(() => source.set).toEqual([change]);

    expect(command.sent).toEqual([]);
    expect(device.counters.propertiesSet).toBe(1);
  });

  it('that the camera has not is refused with the reason, once in a while', async () => {
    const { join: enter, device, warnings } = await openPicameraRig();
    const { command } = enter();

    command.say(request(4, '{"key":33,"value":2}'));
    await expect.poll(() => device.counters.refused.property).toBe(1);

    expect(warnings).toMatchObject([
      { reason: 'property', why: 'camera property 33 (Focus mode): the camera has no control "autofocus"' },
    ]);
  });

  it('that a slider moves gets the last value', async () => {
    const { join: enter, source, device } = await openPicameraRig();
    const { command } = enter();

    for (let i = -4; i <= 4; i++) command.say(request(4, JSON.stringify({ key: 6, value: i })));
    await expect.poll(() => source.set.at(-1)).toEqual(['ev', 4]);

    expect(source.set.length).toBeLessThan(9);
    expect(device.counters.propertiesSuperseded).toBe(9 - source.set.length);
  });
});

describe('a recording on demand', () => {
  /** A recorder whose file has its name at once. */
  const scripted = () => {
    const events = new Emitter<RecorderEvents>();
    const by = new Map<string, string>();
    const recorder: Pick<Recorder, 'start' | 'stop' | 'state' | 'events'> = {
      events,
      get state() {
        const starters = [...by].map(([id, who]) => ({ id, who, since: micros(0) }));
        return { by: starters, onDemand: { file: '/r/a.mp4' } } as unknown as Recorder['state'];
      },
      start: ({ who }) => {
        by.set(who, who);
        return { id: who, who, since: micros(0) };
      },
      stop: (id) => Promise.resolve(by.delete(id)),
    };
    return { recorder, by };
  };

  it('is started and ended by packets, and told of', async () => {
    const { recorder, by } = scripted();
    const { join: enter } = await openPicameraRig({ recorder });
    const { command } = enter();

    command.say(hex('08 05'));
    await command.sentAtLeast(1);
    expect([...by.keys()]).toEqual(['ann']);
    command.say(hex('08 06'));
    await command.sentAtLeast(2);

    expect(command.sent).toEqual([
      hex('08 05 52 0c 08 01 12 08 2f722f612e6d7034'), // START_RECORDING, true, /r/a.mp4
      hex('08 06 52 0a 12 08 2f722f612e6d7034'), //       STOP_RECORDING, false, /r/a.mp4
    ]);
    expect(by.size).toBe(0);
  });

  it('ends with its viewer', async () => {
    const { recorder, by } = scripted();
    const { join: enter } = await openPicameraRig({ recorder });
    const [ann, bob] = [enter(), enter({ name: 'bob' })];
    for (const { command } of [ann, bob]) command.say(hex('08 05'));
    await bob.command.sentAtLeast(1);

    ann.command.close();

    expect([...by.keys()]).toEqual(['bob']);
  });

  it('where nothing records is met with silence', async () => {
    const { join: enter, device } = await openPicameraRig();
    const { command } = enter();

    command.say(hex('08 05'));
    await settle();

    expect(command.sent).toEqual([]);
    expect(device.counters.refused['no-recorder']).toBe(1);
  });
});

describe('messages of local programs', () => {
  const program = async (path: string) => {
    const socket = createConnection(path);
    const read: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => read.push(chunk));
    await new Promise((resolve) => socket.once('connect', resolve));
    return {
      say: (hexes: string) => socket.write(hex(hexes)),
      read: () => Buffer.concat(read).toString('hex'),
      end: () => socket.destroy(),
    };
  };

  it('wait for the first message of a viewer whose generation is not known, and are written in it', async () => {
    const { join: enter, ipc } = await openPicameraRig();
    const [a, b, c] = [enter({ family: 'sdp' }), enter({ family: 'sdp' }), enter({ family: 'offer' })];
    const { say, end } = await program(ipc.path);

    say('00000002 6869');
    await c.reliable.sentAtLeast(3);
    expect([...a.reliable.sent, ...b.reliable.sent]).toEqual([]);
    a.command.say(request(1, '30'));
    b.reliable.say(hex('08 64 a2 06 02 68 69'));

    expect(a.reliable.sent).toEqual([hex('06 32'), hex('06 6869'), hex('06')]);
    expect(a.lossy.sent).toHaveLength(3);
    expect(packetBodies(b.reliable)).toEqual([{ type: 100, body: '6869' }]);
    expect(packetBodies(c.lossy)).toEqual([{ type: 100, body: '6869' }]);
    end();
  });

  it('go to a viewer that only listens after a while, as the generation that most are', async () => {
    const { join: enter, ipc } = await openPicameraRig({ listenerAfterMs: 20 });
    const viewer = enter({ family: 'sdp' });
    const { say, end } = await program(ipc.path);

    say('00000002 6869');
    await viewer.reliable.sentAtLeast(3);

    expect(legacyBodies(viewer.reliable)).toEqual([{ type: 6, body: 'hi' }]);
    end();
  });

  it.each(['legacy', 'packet'] as const)('go at once where %s is configured', async (wire) => {
    const { join: enter, ipc } = await openPicameraRig({ wire });
    const viewer = enter({ family: 'sdp' });
    const { say, end } = await program(ipc.path);

    say('00000001 21');
    await viewer.reliable.sentAtLeast(3);

    expect(viewer.reliable.binary[0]?.[0]).toBe(wire === 'legacy' ? 0x06 : 0x08);
    end();
  });

  it('come from viewers of every generation as they are', async () => {
    const { join: enter, ipc } = await openPicameraRig();
    const { read, end } = await program(ipc.path);
    await expect.poll(() => ipc.clients).toBe(1);

    enter().reliable.say(request(6, 'ä'));
    enter().lossy.say(hex('08 64 a2 06 02 00ff'));
    enter().lossy.say(request(6, ''));

    await expect.poll(read).toBe('00000002c3a40000000200ff');
    end();
  });

  it('are left out on a lossy channel that is behind, and wait on a reliable one, up to a bound', async () => {
    const { join: enter, ipc, device } = await openPicameraRig({ wire: 'legacy' });
    const viewer = enter({ link: 'stalled' });
    const { say, end } = await program(ipc.path);

    say(`0000ea60 ${'ab'.repeat(60_000)}`.repeat(8));
    await expect.poll(() => ipc.counters.fromLocal, { timeout: 10_000 }).toBe(8);

    const { droppedLossy, droppedReliable } = ipc.counters;
    expect(droppedLossy).toBe(6);
    expect(droppedReliable).toBe(4);
    expect(viewer.reliable.mostBuffered + viewer.lossy.mostBuffered).toBeLessThanOrEqual(256 * 1024);
    viewer.reliable.link = 'fast';
    viewer.reliable.drain();
    await viewer.reliable.sentAtLeast(12);
    expect(device.counters.ipc?.toViewers).toBe(2 + 4);
    end();
  });
});

it('a message that a viewer’s browser does not take is dropped and counted, and the next one goes', async () => {
  const { join: enter, ipc } = await openPicameraRig({ wire: 'legacy' });
  const { reliable } = enter();
  reliable.longestBytes = 1000;
  const socket = createConnection(ipc.path);

  socket.write(hex(`00000bb8 ${'ab'.repeat(3000)} 00000001 21`));
  await expect.poll(() => legacyBodies(reliable)).toEqual([{ type: 6, body: '!' }]);

  expect(ipc.counters).toMatchObject({ droppedReliable: 1, droppedLossy: 0, toViewers: 3 });
  socket.destroy();
});

describe('rights', () => {
  const messages = {
    view: request(1, '30'),
    download: request(2, '{"command":0,"message":""}'),
    control: request(4, '{"key":18,"value":6}'),
  } as const;

  it.each(['view', 'download', 'control'] as const)('%s is asked for', async (right) => {
    const { join: enter, device } = await openPicameraRig();
    const without = enter({
      rights: (['view', 'download', 'control', 'record'] as const).filter((one) => one !== right),
    });

    without.command.say(messages[right]);
    if (right === 'control') without.reliable.say(request(6, 'go'));
    await settle();

    expect(device.counters.refused.right).toBe(right === 'control' ? 2 : 1);
    expect(without.command.sent).toEqual([]);
    const admin = enter({ rights: ['admin'] });
    admin.command.say(messages[right]);
    await settle();
    expect(device.counters.refused.right).toBe(right === 'control' ? 2 : 1);
  });

  it('record is asked for', async () => {
    const { join: enter, device } = await openPicameraRig();
    const { command } = enter({ rights: ['view', 'download', 'control'] });

    command.say(hex('08 05'));

    expect(device.counters.refused).toMatchObject({ right: 1, 'no-recorder': 0 });
  });

  it('to view is needed to hear local programs', async () => {
    const { join: enter, ipc } = await openPicameraRig({ wire: 'legacy' });
    const { reliable } = enter({ rights: ['control'] });
    const socket = createConnection(ipc.path);
    socket.write(hex('00000001 21'));
    await expect.poll(() => ipc.counters.fromLocal).toBe(1);

    expect(reliable.sent).toEqual([]);
    socket.destroy();
  });
});

describe('a viewer', () => {
  it.each([
    ['A', request(0, 'false')],
    ['B and C', hex('12 00')],
    ['B and C, by itself', hex('12 02 08 01')],
  ])('of generation %s leaves once', async (_, message) => {
    const { join: enter } = await openPicameraRig();
    const { command, left } = enter();

    command.say(message);
    command.say(message);

    expect(left()).toBe(1);
  });

  it('is answered in the encoding of its first message alone', async () => {
    const { join: enter, device } = await openPicameraRig();
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
    const { join: enter, device, ipc } = await openPicameraRig();
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
    const { join: enter, device } = await openPicameraRig();
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
    const { join: enter, device } = await openPicameraRig();
    const { command, reliable } = enter();

    (id === 0 ? command : reliable).say(message);
    await settle();

    expect(device.counters.passedOver[what]).toBe(1);
    expect(command.sent).toEqual([]);
  });

  it('that says anything at all changes nothing for the next one', async () => {
    const { join: enter, device, root, archive } = await openPicameraRig();
    await writeSegment(root, clip());
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
