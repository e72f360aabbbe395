import { execFileSync } from 'node:child_process';
import type { AccessUnit } from '@pinhole/engine';
import { nalUnits } from '@pinhole/media/h264';
import { H264Depacketizer } from '@pinhole/media/rtp';
import { type Fanout, type OwnedFanout, openNativeFanout, type RtpRun } from '@pinhole/outputs/webrtc';
import { afterAll, afterEach, beforeEach, expect, vi } from 'vitest';
import { endViewers } from '../support/rtp-viewer.ts';
import { needs, thirdParty } from '../support/third-parties.ts';
import {
  inOrder,
  lostSequences,
  openCamera,
  openSession,
  pictures,
  type Session,
  slicesOf,
  stepTimes,
  undoAll,
} from '../support/webrtc-session.ts';

const { describe, it } = needs('ffmpeg', 'g++', 'python3');

/** Options of sockets (Linux): without a checksum the system cuts no segments; without a write side it takes nothing. */
const NO_CHECKSUM = 's.setsockopt(socket.SOL_SOCKET, 11, 1)';
const NO_WRITING = [
  'try: s.shutdown(socket.SHUT_WR)',
  'except OSError: pass', // it is not connected, but has understood
].join('\n');

const TURN_PICTURES = 10;

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

  it('lose nothing while their way is by turns a plain socket and another, asked for again across each turn', async () => {
    const camera = openCamera();
    const packets = { direct: 0, other: 0 };
    const { viewer, peer } = await openSession(camera, { fanout: takingTurns(fanout, packets) });
    const [first] = camera.stream.snapshotUnits();
    const sent: AccessUnit[] = first ? [first] : [];
    for (let turn = 0; turn < 6; turn++) {
      sent.push(...(await stepTimes(camera, TURN_PICTURES)));
      await allArrived([{ viewer }], sent.length);
      // Its picture went the way before, and the newest one went this way.
      const sequences = lostSequences(viewer);
      expect(sequences).toHaveLength(1);
      viewer.report({ kind: 'nack', senderSsrc: 1, mediaSsrc: viewer.ssrc, sequences });
      await vi.waitFor(() => expect(lostSequences(viewer)).toEqual([]));
    }

    const depacketizer = new H264Depacketizer();
    const received = inOrder(viewer).flatMap((packet) => depacketizer.push(packet));
    expect(received.map((unit) => slicesOf(unit.nalUnits))).toEqual(
      sent.map(({ data }) => slicesOf(nalUnits(data))),
    );
    expect(packets.direct + packets.other).toBe(viewer.packets.length);
    expect(fanout.counters).toMatchObject({ packetsSent: packets.direct, packetsRefused: 0 });
    expect(packets.other).toBeGreaterThan(3 * 25);
    expect(peer.stats()).toMatchObject({ nacksReceived: 6, packetsResent: 6, sendFailures: 0 });
  });

  it('are read by another implementation across a rollover of the numbering', async () => {
    const camera = openCamera();
    const runs: RtpRun[] = [];
    const { viewer } = await openSession(camera, {
      fanout: manyTimes(fanout, { first: 65_536 - 5000, times: 20, runs }),
    });
    const sent = (): number => runs.reduce((sum, { payloads }) => sum + payloads.length, 0);
    while (sent() < 10_000) {
      camera.step();
      // What is sent at once has to fit into the receiver's buffer.
      await vi.waitFor(() => expect(viewer.packets.length).toBe(sent()), { interval: 2, timeout: 5000 });
    }
    const expected = runs.flatMap(({ payloads }) => payloads);

    const wrong = viewer.packets.filter(
      ({ sequence, payload }, i) =>
        sequence !== (65_536 - 5000 + i) % 0x10000 || Buffer.compare(payload, expected[i] ?? payload) !== 0,
    );
    expect(wrong).toEqual([]);
  });
});

const allArrived = (sessions: readonly Pick<Session, 'viewer'>[], count: number): Promise<void> =>
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

/**
 * The fan-out, but its way is a plain socket for ten pictures and none for the next ten. Of the last picture of each turn
 * the first packet is lost.
 */
function takingTurns(fanout: Fanout, packets: Record<'direct' | 'other', number>): Fanout {
  return {
    name: 'taking turns',
    open: (options) => {
      const { path } = options;
      let pictures = 0;
      const isDirect = (): boolean => Math.floor(Math.max(0, pictures - 1) / TURN_PICTURES) % 2 === 0;
      const sender = fanout.open({
        ...options,
        path: {
          send: (datagram) => path.send(datagram),
          get queuedBytes() {
            return path.queuedBytes;
          },
          get direct() {
            return isDirect() ? path.direct : undefined;
          },
        },
      });
      const resend = (run: RtpRun, position: number): void => {
        packets[isDirect() ? 'direct' : 'other']++;
        sender.resend(run, position);
      };
      return {
        send: (run) => {
          pictures++;
          if (pictures % TURN_PICTURES === 0) {
            for (let position = 1; position < run.payloads.length; position++) resend(run, position);
            return 0;
          }
          packets[isDirect() ? 'direct' : 'other'] += run.payloads.length;
          return sender.send(run);
        },
        resend,
        close: () => sender.close(),
      };
    },
  };
}

/** The fan-out, but each picture goes out so many times, numbered from `first` on. */
function manyTimes(
  fanout: Fanout,
  { first, times, runs }: { readonly first: number; readonly times: number; readonly runs: RtpRun[] },
): Fanout {
  let firstIndex = first;
  return {
    name: 'many times',
    open: (options) => {
      const sender = fanout.open(options);
      return {
        send: (run) => {
          for (let i = 0; i < times; i++) {
            runs.push(run);
            sender.send({ ...run, firstIndex });
            firstIndex += run.payloads.length;
          }
          return 0;
        },
        resend: () => {},
        close: () => sender.close(),
      };
    },
  };
}
