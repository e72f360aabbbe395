import { createConnection } from 'node:net';
import { describe, expect, it } from 'vitest';
import { hex } from '../../../../../test/support/hex.ts';
import { openPicameraRig } from '../../../../../test/support/picamera-rig.ts';
import { legacyBodies, packetBodies, request } from '../../../../../test/support/picamera-talk.ts';

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
    const { enter, ipc } = await openPicameraRig();
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
    const { enter, ipc } = await openPicameraRig({ listenerAfterMs: 20 });
    const viewer = enter({ family: 'sdp' });
    const { say, end } = await program(ipc.path);

    say('00000002 6869');
    await viewer.reliable.sentAtLeast(3);

    expect(legacyBodies(viewer.reliable)).toEqual([{ type: 6, body: 'hi' }]);
    end();
  });

  it.each(['legacy', 'packet'] as const)('go at once where %s is configured', async (wire) => {
    const { enter, ipc } = await openPicameraRig({ wire });
    const viewer = enter({ family: 'sdp' });
    const { say, end } = await program(ipc.path);

    say('00000001 21');
    await viewer.reliable.sentAtLeast(3);

    expect(viewer.reliable.binary[0]?.[0]).toBe(wire === 'legacy' ? 0x06 : 0x08);
    end();
  });

  it('come from viewers of every generation as they are', async () => {
    const { enter, ipc } = await openPicameraRig();
    const { read, end } = await program(ipc.path);
    await expect.poll(() => ipc.clients).toBe(1);

    enter().reliable.say(request(6, 'ä'));
    enter().lossy.say(hex('08 64 a2 06 02 00ff'));
    enter().lossy.say(request(6, ''));

    await expect.poll(read).toBe('00000002c3a40000000200ff');
    end();
  });

  it('are left out on a lossy channel that is behind, and wait on a reliable one, up to a bound', async () => {
    const { enter, ipc, device } = await openPicameraRig({ wire: 'legacy' });
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
  const { enter, ipc } = await openPicameraRig({ wire: 'legacy' });
  const { reliable } = enter();
  reliable.longestBytes = 1000;
  const socket = createConnection(ipc.path);

  socket.write(hex(`00000bb8 ${'ab'.repeat(3000)} 00000001 21`));
  await expect.poll(() => legacyBodies(reliable)).toEqual([{ type: 6, body: '!' }]);

  expect(ipc.counters).toMatchObject({ droppedReliable: 1, droppedLossy: 0, toViewers: 3 });
  socket.destroy();
});
