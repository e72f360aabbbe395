import { readdirSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type Fanout, type OwnedFanout, openNativeFanout } from '@pinhole/outputs/webrtc';
import { afterAll, afterEach, beforeEach, expect, vi } from 'vitest';
import { endViewers } from '../support/rtp-viewer.ts';
import { needs } from '../support/third-parties.ts';
import { openCamera, openSession, pictures, type Session, undo, undoAll } from '../support/webrtc-session.ts';

const { describe, it } = needs('ffmpeg', 'g++');
setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** `PINHOLE_CROWD=500` for the number that a large site has; each handshake costs both ends a few milliseconds. */
const CROWD = Number(process.env['PINHOLE_CROWD'] ?? 60);
const TIMES = 10;
const AT_ONCE = 20;
/** What libdatachannel and vitest keep of each is 10 kB. */
const MOST_LEFT_BYTES = 6 * 2 ** 20 + CROWD * TIMES * 20_000;

interface Holdings {
  readonly descriptors: number;
  readonly timers: number;
  readonly bytes: number;
}

describe(`${CROWD} viewers who come and go ${TIMES} times`, () => {
  let fanout: OwnedFanout;
  beforeEach(() => {
    fanout = openNativeFanout();
  });
  afterEach(async () => {
    await undoAll();
    fanout.close();
  });
  afterAll(endViewers);

  it(
    'leave no descriptor, no timer and no memory behind',
    async () => {
      const camera = openCamera();
      await comeAndGo(camera, fanout);
      const before = await holdings();
      const sizes: number[] = [];

      for (let i = 0; i < TIMES; i++) {
        await comeAndGo(camera, fanout);
        sizes.push((await holdings()).bytes);
      }

      // libdatachannel lets go of a viewer's socket some time after it was closed.
      let after = await holdings();
      for (let i = 0; i < 60 && !isBack(before, after); i++) {
        await wait(400);
        after = await holdings();
      }
      console.log(
        `${CROWD * TIMES} viewers: ${before.descriptors} → ${after.descriptors} descriptors, ${before.timers} → ${after.timers} timers, ${mb(before.bytes)} → ${mb(after.bytes)} MB (${sizes.map(mb).join(', ')})`,
      );
      expect(fanout.senders).toBe(0);
      expect(camera.stream.readers).toBe(0);
      expect(after.descriptors).toBeLessThanOrEqual(before.descriptors);
      expect(after.timers).toBeLessThanOrEqual(before.timers);
      expect(after.bytes - before.bytes).toBeLessThan(MOST_LEFT_BYTES);
    },
    60_000 + CROWD * TIMES * 100,
  );
});

const isBack = (before: Holdings, after: Holdings): boolean =>
  after.descriptors <= before.descriptors &&
  after.timers <= before.timers &&
  after.bytes - before.bytes < MOST_LEFT_BYTES;

const mb = (bytes: number): string => (bytes / 1e6).toFixed(1);

/** All are there at the same time, and each of them sees something. */
async function comeAndGo(camera: ReturnType<typeof openCamera>, fanout: Fanout): Promise<void> {
  const kept = undo.length;
  const sessions: Session[] = [];
  while (sessions.length < CROWD) {
    const count = Math.min(AT_ONCE, CROWD - sessions.length);
    sessions.push(...(await Promise.all(Array.from({ length: count }, () => openPatiently(camera, fanout)))));
  }
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

/** As the one who offers, libdatachannel fails now and then when the peer's DTLS beats the answer. */
async function openPatiently(camera: ReturnType<typeof openCamera>, fanout: Fanout): Promise<Session> {
  for (let left = 3; ; left--) {
    try {
      return await openSession(camera, { fanout });
    } catch (error) {
      if (left === 0) throw error;
    }
  }
}

async function holdings(): Promise<Holdings> {
  await wait(100);
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return {
    descriptors: readdirSync('/proc/self/fd').length,
    timers: process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length,
    bytes: heapUsed + external,
  };
}
