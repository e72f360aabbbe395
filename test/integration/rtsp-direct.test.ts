import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { millis } from '@pinhole/core';
import type { AccessUnit } from '@pinhole/engine';
import { nalType, nalUnits, parseSps } from '@pinhole/media/h264';
import type { RtspSourceOptions } from '@pinhole/sources/rtsp';
import { afterAll, beforeAll, expect, it, type TestContext } from 'vitest';
import { annexBOf, makeMotionJpeg, makeMp4 } from '../support/clip-file.ts';
import { openRtpTap } from '../support/rtp-tap.ts';
import { type Fate, openRtspNetwork } from '../support/rtsp-network.ts';
import { RtspRun } from '../support/rtsp-run.ts';
import { type RtspServer, startRtspServer } from '../support/rtsp-server.ts';
import { needs, thirdParty } from '../support/third-parties.ts';

const WAYS: readonly (readonly [string, Partial<RtspSourceOptions>])[] = [
  ['direct', {}],
  ...(['node-av', 'command'] as const)
    .filter((backend) => thirdParty(backend === 'command' ? 'ffmpeg' : backend) !== undefined)
    .map((backend) => [backend, { via: 'ffmpeg', ffmpeg: { backend } }] as const),
];

const slicesOf = (stream: Uint8Array): string[] =>
  [...nalUnits(stream)]
    .filter((nal) => nalType(nal) === 1 || nalType(nal) === 5)
    .map((nal) => Buffer.from(nal).toString('hex'));
const percentile = (sorted: readonly number[], share: number): string =>
  (sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN).toFixed(1);
/** Mulberry32: the same fates in every run. */
const seededRandom = (seed: number) => (): number => {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
};

needs('gst-rtsp-server', 'ffmpeg').describe('our own RTSP client', () => {
  const mounts = {
    '/main': { file: '' },
    '/slow': { file: '' },
    '/jpeg': { file: '', codec: 'mjpeg' as const },
  };
  let folder: string;
  let server: RtspServer;
  let guarded: RtspServer;

  const run = ({ onTestFinished }: TestContext, options: RtspSourceOptions): RtspRun => {
    const started = new RtspRun(options);
    onTestFinished(async () => await started.stop());
    return started;
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pinhole-rtsp-direct-'));
    mounts['/main'].file = makeMp4(folder, 'main.mp4', { gop: 15 });
    mounts['/slow'].file = makeMp4(folder, 'slow.mp4', { framesPerSecond: 15 });
    mounts['/jpeg'].file = makeMotionJpeg(folder, 'card.mov', { seconds: 8 });
    server = await startRtspServer({ mounts });
    guarded = await startRtspServer({
      mounts,
      auth: { scheme: 'basic', user: 'admin', password: 'p@ss:w/rd' },
    });
  });

  afterAll(async () => {
    await Promise.all([server.stop(), guarded.stop()]);
    await rm(folder, { recursive: true });
  });

  it.for([
    ['tcp', 'rising'],
    ['udp', 'rising'],
  ] as const)(
    'dates captures by the camera over %s: rising, never after the arrival',
    async ([transport], test) => {
      const main = run(test, { url: server.url('/main'), transport });
      await main.until(() => main.units.length >= 40);

      const times = main.units.map((unit) => unit.captureTime);
      expect(times.every((time, i) => i === 0 || time > (times[i - 1] ?? 0))).toBe(true);
      // The two clocks are read one after the other, and the wall clock is slewed.
      const ages = times.map((time, i) => (main.arrivals[i] ?? 0) - time / 1000);
      expect(Math.min(...ages)).toBeGreaterThan(-30);
      expect(Math.max(...ages)).toBeLessThan(5_000);
    },
  );

  it('proves itself by Basic, with a password that needs escaping', async (test) => {
    const main = run(test, { url: guarded.url('/main', { userInfo: 'admin:p%40ss%3Aw%2Frd' }) });

    await main.until(() => main.units.length > 0);

    expect(main.source.way).toBe('direct');
    expect(JSON.stringify([main.lines, main.source.describe()])).not.toMatch(/p@ss|p%40ss/);
  });

  it('says what is missing where a camera wants a password and got none', async (test) => {
    const main = run(test, { url: guarded.url('/main') });

    await main.until(() => main.codes.length > 0);

    expect(main.states).toContainEqual(
      expect.objectContaining({
        code: 'source/unauthorized',
        why: expect.stringContaining('wants a user name and password'),
      }),
    );
  });

  it('hands a camera of another codec to FFmpeg by itself, and says so', async (test) => {
    const jpeg = run(test, { url: server.url('/jpeg') });

    await jpeg.until(() => jpeg.units.length >= 5);

    expect(jpeg.source.way).not.toBe('direct');
    expect(jpeg.source.describe().transcoding).toContain('set the camera to H.264');
    expect(jpeg.lines.join('\n')).toContain('its video is JPEG, not H.264');
  });

  it('fails for good where another codec would take FFmpeg and there is none', async () => {
    const jpeg = new RtspRun({
      url: server.url('/jpeg'),
      ffmpeg: { backend: 'command', command: '/nowhere/ffmpeg' },
    });

    await expect(jpeg.ended).rejects.toMatchObject({
      code: 'source/no-ffmpeg',
      message: expect.stringContaining('its video is JPEG, not H.264'),
    });
  });

  it.for<readonly [string, (random: () => number) => Fate]>([
    ['loses every fiftieth packet', (random) => (random() < 0.02 ? 'drop' : 'pass')],
    [
      'loses, doubles and reorders',
      (random) => (['drop', 'twice', 'late'] as const)[Math.floor(random() * 60)] ?? 'pass',
    ],
  ])('never passes on a damaged picture from a network that %s', async ([, fate], test) => {
    const random = seededRandom(11);
    const network = await openRtspNetwork(server.port, (n) => (n < 40 ? 'pass' : fate(random)));
    const lossy = run(test, {
      url: `rtsp://127.0.0.1:${network.port}/main`,
      transport: 'udp',
      stallMs: millis(20_000),
    });
    await lossy.until(() => network.counts.drop >= 6 && lossy.units.length >= 60);
    await lossy.stop();
    await network.close();

    const sent = slicesOf(annexBOf(mounts['/main'].file));
    const got = lossy.units.map((unit) => slicesOf(unit.data));
    const places = got.map(([slice]) => sent.indexOf(slice ?? ''));
    // Each is bit by bit a picture that was sent; where one is missing, all are up to the next key picture.
    expect(got.every((slices) => slices.length === 1)).toBe(true);
    expect(places).not.toContain(-1);
    const follows = (unit: AccessUnit, i: number): boolean =>
      i === 0 || unit.key || places[i] === (places[i - 1] ?? 0) + 1;
    expect(lossy.units.every(follows)).toBe(true);
    const gaps = lossy.units.filter(
      (unit, i) => i > 0 && unit.sequence > (lossy.units[i - 1]?.sequence ?? 0) + 1,
    );
    expect(gaps.length).toBeGreaterThan(0);
    const { packetsLost, droppedAfterLoss, packetsReordered } = lossy.source.counters;
    expect(packetsLost).toBeGreaterThanOrEqual(5); // one may be lost at the very end
    expect(droppedAfterLoss).toBeGreaterThan(0);
    expect(packetsReordered > 0).toBe(network.counts.late > 0);
  });

  it.for([30, 15])(
    'tells the delay from the last packet of a picture to its unit, %i frames a second',
    async (rate) => {
      const path = rate === 30 ? '/main' : '/slow';
      const measure = async ([way, options]: (typeof WAYS)[number]) => {
        const tap = await openRtpTap(server.port);
        const main = new RtspRun({ url: `rtsp://127.0.0.1:${tap.port}${path}`, ...options });
        await main.until(() => main.units.length >= 75);
        await main.stop();
        await tap.close();
        const each = main.arrivals.map((arrival, i) => arrival - (tap.marks[i] ?? Number.NaN));
        const [sps] = [...nalUnits(main.units[0]?.data ?? new Uint8Array())].filter(
          (nal) => nalType(nal) === 7,
        );
        expect(parseSps(sps ?? new Uint8Array()).width).toBe(320);
        return [way, each.slice(30, 70).toSorted((a, b) => a - b)] as const;
      };
      const delays = await Promise.all(WAYS.map(measure));

      for (const [way, sorted] of delays) {
        console.log(
          `${rate} frames/s, ${way}: last packet → unit p50 ${percentile(sorted, 0.5)} ms, p95 ${percentile(sorted, 0.95)} ms`,
        );
        expect(sorted.every((delay) => Number.isFinite(delay) && delay > 0)).toBe(true);
      }
    },
  );
});
