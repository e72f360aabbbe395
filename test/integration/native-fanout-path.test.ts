import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type Fanout, type OwnedFanout, openNativeFanout } from '@pinhole/outputs/webrtc';
import { afterAll, afterEach, beforeEach, expect, vi } from 'vitest';
import { endViewers } from '../support/rtp-viewer.ts';
import { needs, thirdParty } from '../support/third-parties.ts';
import {
  openCamera,
  openSession,
  pictures,
  type Session,
  stepTimes,
  undo,
  undoAll,
} from '../support/webrtc-session.ts';

const { describe, it } = needs('ffmpeg', 'g++', 'python3');
setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Options of sockets (Linux): without a checksum the system cuts no segments; without a write side it takes nothing. */
const NO_CHECKSUM = 's.setsockopt(socket.SOL_SOCKET, 11, 1)';
const NO_WRITING = [
  'try: s.shutdown(socket.SHUT_WR)',
  'except OSError: pass', // it is not connected, but has understood
].join('\n');

/** Of 200 viewers: what libdatachannel keeps of each is 10 kB. */
const MOST_LEFT_BYTES = 6 * 2 ** 20;

describe('whole sessions by native code', () => {
  let fanout: OwnedFanout;
  beforeEach(() => {
    fanout = openNativeFanout();
  });
  afterEach(async () => {
    await undoAll();
    fanout.close();
  });
  afterAll(endViewers);

  it('take a system call a picture and viewer, not one a packet', async () => {
    const camera = openCamera();
    const sessions = [await openSession(camera, { fanout }), await openSession(camera, { fanout })];
    await stepTimes(camera, 40);
    await allArrived(sessions, 41);

    const packets = sessions.reduce((sum, { viewer }) => sum + viewer.packets.length, 0);

    const { packetsSent, systemCalls } = fanout.counters ?? { packetsSent: 0, systemCalls: Number.NaN };
    expect(packetsSent).toBe(packets);
    expect(packets).toBeGreaterThan(3 * 2 * 41);
    expect(systemCalls).toBeLessThanOrEqual(2 * 41 * 1.5);
  });

  it('go on where the system cuts no segments', async () => {
    const camera = openCamera();
    const session = await openSession(camera, { fanout: tampering(fanout, NO_CHECKSUM) });
    await stepTimes(camera, 20);

    await allArrived([session], 21);

    const { packetsRefused, systemCalls } = fanout.counters ?? {};
    expect({ packetsRefused }).toEqual({ packetsRefused: 0 });
    // The one that was refused is among them.
    expect(systemCalls).toBeLessThanOrEqual(21 * 2 + 1);
    expect(session.peer.stats()).toMatchObject({ sendFailures: 0 });
  });

  it('count what the system does not take', async () => {
    const camera = openCamera();
    const session = await openSession(camera, { fanout: tampering(fanout, NO_WRITING) });
    await stepTimes(camera, 5);

    await vi.waitFor(() => expect(fanout.counters?.packetsRefused).toBeGreaterThan(10));
    expect(session.viewer.packets).toEqual([]);
    expect(session.peer.stats().sendFailures).toBeGreaterThanOrEqual(fanout.counters?.packetsRefused ?? 0);
  });

  it('count what does not fit behind what waits', async () => {
    const narrow = openNativeFanout({ queuedPackets: 2 });
    const camera = openCamera();
    const { peer } = await openSession(camera, { fanout: narrow });
    await stepTimes(camera, 5);

    expect(narrow.counters?.packetsOverflowed).toBeGreaterThan(10);
    expect(peer.stats().sendFailures).toBe(narrow.counters?.packetsOverflowed);
    narrow.close();
  });

  it('leave nothing behind, however many come and go', async () => {
    const camera = openCamera();
    await comeAndGo(camera, fanout, 20);
    // Waiting has timers, too.
    const before = await vi.waitFor(holdings);

    for (let i = 0; i < 10; i++) await comeAndGo(camera, fanout, 20);

    // libdatachannel lets go of a viewer's socket some time after it was closed.
    await vi.waitFor(
      async () => {
        const after = await holdings();
        expect(after.descriptors).toBeLessThanOrEqual(before.descriptors);
        expect(after.timers).toBeLessThanOrEqual(before.timers);
        expect(after.bytes - before.bytes).toBeLessThan(MOST_LEFT_BYTES);
      },
      { timeout: 15_000, interval: 500 },
    );
    expect(fanout.senders).toBe(0);
    expect(camera.stream.readers).toBe(0);
  }, 60_000);
});

const allArrived = (sessions: readonly Session[], count: number): Promise<void> =>
  vi.waitFor(
    () => {
      for (const { viewer } of sessions) expect(pictures(viewer)).toBe(count);
    },
    { timeout: 5000 },
  );

/** The fan-out, but the socket of each viewer has been told something before. */
function tampering(fanout: Fanout, statement: string): Fanout {
  return {
    name: 'tampering',
    open: (options) => {
      const { direct } = options.path;
      if (!direct) throw new Error('no plain socket');
      const script = `import socket\ns = socket.socket(fileno=3)\n${statement}\ns.detach()`;
      execFileSync(thirdParty('python3') ?? 'python3', ['-c', script], {
        stdio: ['ignore', 'ignore', 'inherit', direct.descriptor],
      });
      return fanout.open(options);
    },
  };
}

/** So many viewers at once, each of whom sees something. */
async function comeAndGo(
  camera: ReturnType<typeof openCamera>,
  fanout: Fanout,
  count: number,
): Promise<void> {
  const kept = undo.length;
  const sessions = await Promise.all(Array.from({ length: count }, () => openSession(camera, { fanout })));
  camera.step();
  await vi.waitFor(
    () => {
      for (const { viewer } of sessions) expect(pictures(viewer)).toBeGreaterThan(0);
    },
    { timeout: 15_000 },
  );
  for (const close of undo.splice(kept)) await close();
  for (const { viewer } of sessions) {
    // libdatachannel holds on to its listeners for good, and they to what came.
    viewer.packets.length = 0;
    viewer.datagrams.length = 0;
  }
}

async function holdings(): Promise<{ descriptors: number; timers: number; bytes: number }> {
  await wait(100);
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return {
    descriptors: readdirSync('/proc/self/fd').length,
    timers: process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length,
    bytes: heapUsed + external,
  };
}
