import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { micros } from '@pinhole/core';
import { describe, expect, it } from 'vitest';
import { h264Fixture } from '../../../../../test/support/h264-fixture.ts';
import { hex } from '../../../../../test/support/hex.ts';
import { openPicameraRig } from '../../../../../test/support/picamera-rig.ts';
import { legacyBodies, packetBodies, request, settle } from '../../../../../test/support/picamera-talk.ts';
import { recordedUnits, writeSegment } from '../../../../../test/support/recorded-segment.ts';

const START = micros(Date.parse('2026-11-21T10:00:00Z') * 1000);
const clip = (start = START) => recordedUnits(h264Fixture('baseline'), { start, interval: micros(125_000) });

describe('a query', () => {
  it('of generation A is answered with JSON in ASCII, a transfer for each recording', async () => {
    const { enter, root, archive } = await openPicameraRig();
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
    const { enter } = await openPicameraRig();
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
    const { enter, root, archive } = await openPicameraRig();
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
    const { enter, root, archive, device } = await openPicameraRig();
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
      const { enter, root, device, warnings } = await openPicameraRig();
      const { command } = enter({ name: 'mallory' });

      for (let i = 0; i < 5; i++) command.say(request(3, pathOf(root)));
      await settle();

      expect(command.sent).toEqual([]);
      await expect.poll(() => device.counters.refused[reason]).toBe(5);
      expect(warnings).toMatchObject([{ viewer: 'mallory', camera: 'door', reason }]);
    },
  );

  it('is refused by name when too many wait', async () => {
    const { enter, root, archive, device } = await openPicameraRig();
    const path = join(root, await writeSegment(root, clip()));
    await archive.sweep();
    const { command } = enter({ link: 'stalled' });
    command.say(request(3, path));
    await command.sentAtLeast(1);

    for (let i = 0; i < 100; i++) command.say(request(3, path));

    expect(device.counters.refused.busy).toBeGreaterThanOrEqual(83);
  });

  it('ends when its viewer leaves', async () => {
    const { enter, root, device, archive } = await openPicameraRig();
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
