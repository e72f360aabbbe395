import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { millis } from '@pinhole/core';
import type { AccessUnit } from '@pinhole/engine';
import { nalType, nalUnits } from '@pinhole/media/h264';
import { createRtspSource, type RtspSourceOptions } from '@pinhole/sources/rtsp';
import { afterAll, beforeAll, expect, it, type TestContext } from 'vitest';
import { annexBOf, makeMp4 } from '../support/clip-file.ts';
import { RtspRun } from '../support/rtsp-run.ts';
import { type RtspServer, startRtspServer } from '../support/rtsp-server.ts';
import { needs, thirdParty } from '../support/third-parties.ts';

const USER = 'admin';
const PASSWORD = 'correct-horse';
/** Each way to receive a camera, as far as it is there. */
const WAYS = [
  'direct' as const,
  ...(['node-av', 'command'] as const).filter(
    (backend) => thirdParty(backend === 'command' ? 'ffmpeg' : backend) !== undefined,
  ),
];

const slices = (units: readonly AccessUnit[]): readonly string[] =>
  units.flatMap((unit) =>
    [...nalUnits(unit.data)].filter(isSlice).map((nal) => Buffer.from(nal).toString('hex')),
  );
const isSlice = (nal: Uint8Array): boolean => nalType(nal) === 1 || nalType(nal) === 5;
const types = (unit: AccessUnit | undefined): number[] =>
  [...nalUnits(unit?.data ?? new Uint8Array())].map(nalType);
const rising = (times: readonly number[]): boolean =>
  times.every((time, i) => i === 0 || time >= (times[i - 1] ?? 0));
const isAlive = (pid: number): boolean => existsSync(`/proc/${pid}`);

needs('gst-rtsp-server', 'ffmpeg').describe.each(WAYS)('an RTSP camera, %s', (way) => {
  const how = way === 'direct' ? {} : { via: 'ffmpeg' as const, ffmpeg: { backend: way } };
  const mounts = {
    '/main': { file: '' },
    '/high': { file: '' },
    '/sdp-only': { file: '', inBandParameters: false },
  };
  let folder: string;
  let open: RtspServer;
  let closed: RtspServer;

  /** Runs a source until the test is over. */
  const run = ({ onTestFinished }: TestContext, options: RtspSourceOptions): RtspRun => {
    const started = new RtspRun({ ...how, ...options });
    onTestFinished(async () => await started.stop());
    return started;
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pinhole-rtsp-'));
    mounts['/main'].file = mounts['/sdp-only'].file = makeMp4(folder, 'main.mp4');
    mounts['/high'].file = makeMp4(folder, 'high.mp4', { profile: 'high', bFrames: 2 });
    open = await startRtspServer({ mounts });
    closed = await startRtspServer({ mounts, auth: { scheme: 'digest', user: USER, password: PASSWORD } });
  });

  afterAll(async () => {
    await Promise.all([open.stop(), closed.stop()]);
    await rm(folder, { recursive: true });
  });

  it.concurrent('passes Main profile over TCP through, bit by bit', async (test) => {
    const main = run(test, { url: open.url('/main') });

    await main.until(() => main.units.length >= 40);

    const sent = [...nalUnits(annexBOf(mounts['/main'].file))].filter(isSlice);
    expect(slices(main.units.slice(0, 40))).toEqual(
      sent.slice(0, 40).map((nal) => Buffer.from(nal).toString('hex')),
    );
    expect(main.units[0]?.key).toBe(true);
    expect(main.units.map((unit) => unit.sequence)).toEqual(main.units.map((_, i) => i));
    expect(main.source.way).toBe(way);
    expect(main.source.describe()).toEqual({
      kind: 'rtsp',
      label: open.url('/main'),
      keyFrameOnRequest: false,
    });
  });

  it.concurrent('dates pictures at the pace of the camera', async (test) => {
    const main = run(test, { url: open.url('/main') });

    await main.until(() => main.units.length >= 45);

    const [from, to] = [main.units[4], main.units[44]];
    expect(((to?.pts ?? 0) - (from?.pts ?? 0)) / 40).toBeCloseTo(33_333, -2);
    expect(main.units.every((unit) => unit.pts === unit.dts)).toBe(true);
    expect(Math.abs((to?.captureTime ?? 0) / 1000 - Date.now())).toBeLessThan(10_000);
  });

  it.concurrent('keeps the order and both times of High profile with B-frames over UDP', async (test) => {
    const high = run(test, { url: open.url('/high'), transport: 'udp' });

    await high.until(() => high.units.length >= 40);

    const settled = high.units.slice(10, 40);
    expect(rising(high.units.map((unit) => unit.dts))).toBe(true);
    expect(settled.every((unit) => unit.pts >= unit.dts)).toBe(true);
    expect(rising(settled.map((unit) => unit.pts))).toBe(false);
    const shown = settled
      .map((unit) => unit.pts)
      .toSorted((a, b) => a - b)
      .slice(3, -3);
    const gaps = shown.slice(1).map((pts, i) => pts - (shown[i] ?? 0));
    expect(gaps.every((gap) => Math.abs(gap - 33_333) < 2_000)).toBe(true);
  });

  it.concurrent('puts parameter sets that only the SDP tells in front of key pictures', async (test) => {
    const quiet = run(test, { url: closed.url('/sdp-only', { userInfo: `${USER}:${PASSWORD}` }) });

    await quiet.until(() => quiet.units.length >= 35);

    const keys = quiet.units.filter((unit) => unit.key);
    expect(keys.length).toBeGreaterThanOrEqual(2);
    for (const key of keys) expect(types(key)).toEqual(expect.arrayContaining([7, 8, 5]));
  });

  it.concurrent('goes on with a wrong password, at the longest wait, and says so without telling it', async (test) => {
    const wrong = run(test, { url: closed.url('/main', { userInfo: `${USER}:wrong-password` }) });

    await wrong.until(() => wrong.codes.length >= 2);

    expect(new Set(wrong.codes)).toEqual(new Set(['source/unauthorized']));
    expect(wrong.states).toContainEqual(expect.objectContaining({ kind: 'retrying', retryInMs: 400 }));
    expect(JSON.stringify([wrong.states, wrong.lines, wrong.source.describe()])).not.toContain(
      'wrong-password',
    );
  });

  it.skipIf(way === 'direct')(
    'shows a password to no list of processes',
    { concurrent: true },
    async (test) => {
      const secret = run(test, { url: closed.url('/main', { userInfo: `${USER}:${PASSWORD}` }) });

      await secret.until(() => secret.units.length > 0);

      const { pid } = secret.source;
      expect(pid).toBeDefined();
      expect(readFileSync(`/proc/${pid}/cmdline`, 'latin1')).not.toContain(PASSWORD);
      expect(readFileSync(`/proc/${pid}/environ`, 'latin1')).not.toContain(PASSWORD);
      expect(JSON.stringify([secret.lines, secret.source.describe()])).not.toContain(PASSWORD);
    },
  );

  it.concurrent.for<readonly [string, () => string]>([
    ['source/not-found', () => open.url('/nothing-here')],
    ['source/refused', () => 'rtsp://127.0.0.1:1/main'],
    ['source/no-such-host', () => 'rtsp://camera.invalid/main'],
  ])('tells %s in words', async ([code, url], test) => {
    const lost = run(test, { url: url() });

    await lost.until(() => lost.codes.length > 0);

    expect(lost.codes[0]).toBe(code);
    expect(lost.states).toContainEqual(
      expect.objectContaining({ kind: 'retrying', why: expect.stringMatching(/\w{4}/) }),
    );
  });

  it.concurrent('comes back when the server does, on one line of time', async (test) => {
    let server = await startRtspServer({ mounts });
    const { port } = server;
    const main = run(test, { url: server.url('/main') });
    await main.until(() => main.units.length >= 20);

    await server.stop();
    await main.until(() => main.codes.includes('source/refused'));
    server = await startRtspServer({ mounts, port });
    const before = main.units.length;
    await main.until(() => main.units.length >= before + 20);
    await main.stop();
    await server.stop();

    expect(main.states.at(-1)).toEqual({ kind: 'live' });
    expect(main.units.map((unit) => unit.sequence)).toEqual(main.units.map((_, i) => i));
    expect(rising(main.units.map((unit) => unit.dts))).toBe(true);
  });

  it.skipIf(way === 'direct')('outlives a crash of FFmpeg', { concurrent: true }, async (test) => {
    const main = run(test, { url: open.url('/main') });
    await main.until(() => main.units.length >= 5);
    const first = main.source.pid ?? 0;

    process.kill(first, 'SIGKILL');
    await main.until(() => main.pids.size === 2 && main.states.at(-1)?.kind === 'live');

    expect(main.codes).toContain('source/crashed');
    expect(isAlive(first)).toBe(false);
  });

  it.concurrent('gives up on a server that has gone silent, and tries again', async (test) => {
    const server = await startRtspServer({ mounts });
    const main = run(test, { url: server.url('/main'), stallMs: millis(700), connectMs: millis(4_000) });
    await main.until(() => main.units.length >= 5);

    process.kill(server.pid, 'SIGSTOP');
    await main.until(() => main.codes.includes('source/stalled'));
    process.kill(server.pid, 'SIGCONT');
    const before = main.units.length;
    await main.until(() => main.units.length > before);
    await main.stop();
    await server.stop();

    expect(main.source.counters.stalls).toBeGreaterThanOrEqual(1);
  });

  it.concurrent('leaves no process behind, whenever it is stopped', async (test) => {
    const live = run(test, { url: open.url('/main') });
    await live.until(() => live.units.length > 0);
    const starting = run(test, { url: open.url('/main') });
    const startingPid = starting.source.pid ?? 0;

    await Promise.all([live.stop(), starting.stop()]);

    for (const pid of [...live.pids, startingPid]) expect(isAlive(pid)).toBe(false);
    expect(live.source.pid).toBeUndefined();
    const units = live.units.length;
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(live.units).toHaveLength(units);
  });
});

it('fails for good, and tells how to get FFmpeg, where there is none', async () => {
  const none = new RtspRun({
    url: 'rtsp://127.0.0.1:1/x',
    via: 'ffmpeg',
    ffmpeg: { backend: 'command', command: '/nowhere/ffmpeg' },
  });

  await expect(none.ended).rejects.toMatchObject({ code: 'source/no-ffmpeg' });
  expect(none.states.at(-1)).toMatchObject({
    kind: 'failed',
    why: expect.stringContaining('npm install node-av'),
  });
});

it.each(['http://cam/1', 'rtsp:', 'rtsp://cam/a b', ''])('refuses the URL %j', (url) => {
  expect(() => createRtspSource({ url })).toThrowError(
    expect.objectContaining({ code: 'source/bad-option' }),
  );
});
