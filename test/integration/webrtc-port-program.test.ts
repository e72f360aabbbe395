import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CENSUS_ENV, Census } from '../support/census.ts';
import { type Pinhole, startPinhole } from '../support/pinhole.ts';
import { endViewers, type RtpViewer } from '../support/rtp-viewer.ts';
import { openTestServer } from '../support/test-server.ts';
import { watchByWhep } from '../support/watch-by-whep.ts';

const VIEWERS = 50;

/** Of HTTP, about to close. */
const OTHER_SOCKETS = 4;

const viewers: RtpViewer[] = [];
afterAll(endViewers);

const watch = async (pinhole: Pinhole): Promise<RtpViewer> => {
  const viewer = await watchByWhep(pinhole, 'test');
  viewers.push(viewer);
  return viewer;
};

/** Where the program says that WebRTC is. */
const portOf = (pinhole: Pinhole): number =>
  Number(/"port":(\d+)[^\n]*"WebRTC is at this port"/.exec(pinhole.output())?.[1]);

describe('two programs on one machine', () => {
  let programs: readonly Pinhole[];

  beforeAll(async () => {
    const args = ['--camera', 'test=synthetic:320x240@15'];
    programs = await Promise.all([startPinhole({ args, env: CENSUS_ENV }), startPinhole({ args })]);
  });

  afterAll(async () => {
    for (const viewer of viewers) viewer.close();
    await Promise.all(programs.map((pinhole) => pinhole.dispose()));
  });

  it('both start, each with a port of its own, and the one that found 8189 taken says so', () => {
    const ports = programs.map(portOf);

    expect(ports.every((port) => port > 0)).toBe(true);
    expect(new Set(ports).size).toBe(2);
    expect(programs.map((pinhole) => pinhole.output()).join('')).toMatch(
      /port 8189 is taken by another program, WebRTC uses \d+ until the next start/,
    );
  });

  it('hold no descriptor for a viewer more, fifty of them who come, watch and leave', async () => {
    const [pinhole] = programs;
    if (!pinhole) throw new Error('not started');
    const census = new Census(pinhole);
    await watch(pinhole);
    const before = await census.take();

    const others = await Promise.all(Array.from({ length: VIEWERS - 1 }, () => watch(pinhole)));
    const during = await census.take();

    expect(others.map((viewer) => viewer.states.at(-1))).toEqual(others.map(() => 'connected'));
    expect(during.sockets - before.sockets).toBeLessThanOrEqual(OTHER_SOCKETS);
    expect(during.descriptors - before.descriptors).toBeLessThanOrEqual(OTHER_SOCKETS);
    for (const viewer of others) viewer.close();
    await census.untilBackTo(before, { patienceMs: 40_000 });
  }, 120_000);
});

describe('a configuration that names a port', () => {
  it('is refused while another program has it', async () => {
    const other = createSocket('udp4').bind(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address();

    await expect(openTestServer({ webrtc: { port } })).rejects.toThrow(
      `webrtc.port: ${port} is taken by another program; name another one, or 0 for any that is free`,
    );
    other.close();
  });
});
