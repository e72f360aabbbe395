import { existsSync, lstatSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { millis } from '@pinhole/core';
import type { AccessUnit } from '@pinhole/engine';
import { nalType, nalUnits, parseSps } from '@pinhole/media/h264';
import { readTimeCode } from '@pinhole/media/timecode';
import { listRpicamDevices, type RpicamSourceOptions } from '@pinhole/sources/rpicam';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decodeWithFfmpeg } from '../support/decode-with-ffmpeg.ts';
import {
  FAKE_RPICAM_BIN,
  type FakeRpicam,
  isAlive,
  withFakeRpicam,
} from '../support/fake-rpicam/fake-rpicam.ts';
import { quantile } from '../support/measure.ts';
import { RpicamRun } from '../support/rpicam-run.ts';
import { needs } from '../support/third-parties.ts';

const SMALL = { size: '320x240', fps: 30 };

const running: RpicamRun[] = [];
const fakes: FakeRpicam[] = [];

/** A camera that runs until the test is over. */
async function camera(
  options: RpicamSourceOptions = {},
  env: Readonly<Record<string, string>> = {},
): Promise<{ run: RpicamRun; fake: FakeRpicam }> {
  const fake = await withFakeRpicam(env);
  fakes.push(fake);
  const run = new RpicamRun({
    ...options,
    env: { ...process.env, ...fake.env },
    settings: { ...SMALL, ...options.settings },
  });
  running.push(run);
  return { run, fake };
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((run) => run.stop()));
  const pids = fakes.flatMap((fake) => fake.starts().map(({ pid }) => pid));
  await Promise.all(fakes.splice(0).map((fake) => fake.remove()));
  expect(pids.filter(isAlive)).toEqual([]);
});

const types = (unit: AccessUnit | undefined): number[] =>
  [...nalUnits(unit?.data ?? new Uint8Array())].map(nalType);
const sizeIn = (unit: AccessUnit | undefined): string => {
  const [sps] = [...nalUnits(unit?.data ?? new Uint8Array())].filter((nal) => nalType(nal) === 7);
  const parsed = parseSps(sps ?? new Uint8Array());
  return `${parsed.width}x${parsed.height}`;
};
const steps = (values: readonly number[]): number[] =>
  values.slice(1).map((value, i) => value - (values[i] ?? 0));

/** From the moment in each picture to its hand-over, in milliseconds, beside the 10 ms that the fake encodes. */
const delayLine = (run: RpicamRun, errors: readonly number[]): string => {
  const delays = errors.map(
    (error, i) => (run.arrivals[i] ?? 0) - (run.units[i]?.captureTime ?? 0) / 1000 + error - 10,
  );
  return `last byte to access unit p50 ${quantile(delays, 0.5).toFixed(1)} ms, p95 ${quantile(delays, 0.95).toFixed(1)} ms`;
};

/** Times between the moment in each picture and the capture time that the source gave it, in milliseconds. */
function errorsMs(
  units: readonly AccessUnit[],
  { width, height }: { width: number; height: number },
): number[] {
  const first = units.findIndex(({ key }) => key);
  const wanted = units.slice(first);
  const pictures = decodeWithFfmpeg(Buffer.concat(wanted.map(({ data }) => data)), { width, height });
  expect(pictures).toHaveLength(wanted.length);
  return pictures.flatMap((picture, i) => {
    const code = readTimeCode(picture);
    return code === undefined ? [] : [((wanted[i]?.captureTime ?? 0) - code.captureTime) / 1000];
  });
}

describe('a Raspberry Pi camera', () => {
  it('hands over whole pictures, one a unit, that count up and date from the camera', async () => {
    const { run } = await camera();
    await run.more(60);

    const { units, source } = run;
    expect(run.states.map(({ kind }) => kind)).toEqual(['connecting', 'live']);
    expect(units.map(({ sequence }) => sequence)).toEqual(units.map((_, i) => i));
    expect(types(units[0])).toEqual([7, 8, 5]);
    expect(units.slice(1, 30).map(types)).toEqual(Array.from({ length: 29 }, () => [1]));
    expect(units[0]?.key).toBe(true);
    expect(sizeIn(units[0])).toBe('320x240');
    expect(source.way).toEqual({ by: 'program', encoder: 'hardware', datedBy: 'camera' });
    expect(Math.min(...steps(units.map(({ dts }) => dts)))).toBeGreaterThan(0);
    expect(quantile(steps(units.map(({ pts }) => pts)), 0.5)).toBeGreaterThan(30_000);
    expect(quantile(steps(units.map(({ pts }) => pts)), 0.5)).toBeLessThan(37_000);
  });

  needs('ffmpeg').it('dates pictures by their time stamps, without the jitter of their way', async () => {
    const { run } = await camera();
    await run.more(90);

    const errors = errorsMs(run.units.slice(0, 90), { width: 320, height: 240 });

    expect(errors.length).toBeGreaterThan(60);
    // Encoding takes 10 ms there, and a date is never earlier than the fastest way.
    expect(quantile(errors, 0.5)).toBeGreaterThan(5);
    expect(quantile(errors, 0.5)).toBeLessThan(60);
    expect(quantile(errors, 0.9) - quantile(errors, 0.1)).toBeLessThan(8);
    console.log(
      `save-pts: date later than capture by p10 ${quantile(errors, 0.1).toFixed(1)}, p50 ${quantile(errors, 0.5).toFixed(1)}, p90 ${quantile(errors, 0.9).toFixed(1)} ms; ${delayLine(run, errors)}`,
    );
  });

  needs('ffmpeg').it(
    'dates them by their last byte where the program tells no time stamps after all',
    async () => {
      const { run } = await camera({}, { FAKE_RPICAM_NO_STAMPS: '1' });
      await run.more(60);

      const errors = errorsMs(run.units.slice(0, 60), { width: 320, height: 240 });

      expect(run.source.way.datedBy).toBe('arrival');
      expect(run.units.map(({ sequence }) => sequence)).toEqual(run.units.map((_, i) => i));
      expect(Math.min(...steps(run.units.map(({ pts }) => pts)))).toBeGreaterThan(0);
      expect(quantile(errors, 0.5)).toBeGreaterThan(0);
      expect(quantile(errors, 0.5)).toBeLessThan(60);
      console.log(`no save-pts: ${delayLine(run, errors)}`);
    },
  );

  it('removes its pipe, and its folder, when it ends', async () => {
    const { run, fake } = await camera();
    await run.more(3);
    const words = fake.starts()[0]?.words ?? [];
    const pipe = words[words.indexOf('--save-pts') + 1] ?? '';
    expect(lstatSync(pipe).isFIFO()).toBe(true);
    expect(lstatSync(dirname(pipe)).mode & 0o777).toBe(0o700);

    await run.stop();

    expect(existsSync(dirname(pipe))).toBe(false);
  });

  it.each(['libcamera-vid', 'raspivid'])('is captured by %s where that is what there is', async (name) => {
    const { run, fake } = await camera({
      command: join(FAKE_RPICAM_BIN, name),
      settings: { brightness: 0.2, gain: 2 },
    });
    await run.more(20);

    expect(fake.starts().map((start) => start.name)).toEqual([name]);
    expect(run.units.map(({ sequence }) => sequence)).toEqual(run.units.map((_, i) => i));
    expect(run.source.way.datedBy).toBe(name === 'raspivid' ? 'arrival' : 'camera');
  });

  it('is found by a part of its name', async () => {
    const { run, fake } = await camera({ camera: 'imx219' });
    await run.more(2);

    expect(fake.starts()[0]?.words.join(' ')).toContain('--camera 1 ');
  });

  it('starts again after it was killed, and its numbers and times go on', async () => {
    const { run, fake } = await camera();
    await run.more(20);
    const before = run.units.length;
    const killed = performance.now();

    process.kill(fake.pid() ?? 0, 'SIGKILL');
    await run.until(() => run.codes.length > 0);
    await run.until(() => run.units.length > before + 20);

    console.log(`kill -9: pictures again after ${run.source.counters.lastGapMs} ms`);
    expect(performance.now() - killed).toBeLessThan(10_000);
    expect(run.codes).toEqual(['source/crashed']);
    expect(run.why).toContain('killed by SIGKILL');
    expect(run.states.map(({ kind }) => kind)).toEqual([
      'connecting',
      'live',
      'retrying',
      'connecting',
      'live',
    ]);
    expect(run.units.map(({ sequence }) => sequence)).toEqual(run.units.map((_, i) => i));
    expect(Math.min(...steps(run.units.map(({ dts }) => dts)))).toBeGreaterThan(0);
    const longest = Math.max(...steps(run.units.map(({ dts }) => dts)));
    expect(longest / 1000).toBeGreaterThan(run.source.counters.lastGapMs * 0.7);
  });

  it('tells what it died of', async () => {
    const { run, fake } = await camera();
    await run.more(3);

    await fake.set('crash');
    await run.until(() => run.codes.length > 0);

    expect(run.codes).toEqual(['source/crashed']);
    expect(run.why).toBe('rpicam-vid ended with 255: ERROR: failed to queue request');
  });

  it.each([
    ['none', 'source/no-camera', 'check the ribbon cable'],
    ['busy', 'source/busy', 'another program has the camera'],
  ] as const)('says so when there is %s, and is live when that is over', async (order, code, words) => {
    const { run, fake } = await camera({}, {});
    await fake.set(order);
    await run.until(() => run.codes.length >= 2);
    expect(new Set(run.codes)).toEqual(new Set([code]));
    expect(run.why).toContain(words);

    await fake.unset(order);
    await run.more(5);

    expect(run.states.at(-1)?.kind).toBe('live');
  });

  it('ends a program that hangs, and begins anew', async () => {
    const { run, fake } = await camera({ stallMs: millis(600), connectMs: millis(5_000) });
    await run.more(5);
    const first = fake.pid();

    await fake.set('hang');
    await run.until(() => run.codes.length > 0);
    await fake.unset('hang');
    await run.more(5);

    expect(run.codes[0]).toBe('source/stalled');
    expect(run.source.counters.stalls).toBeGreaterThanOrEqual(1);
    expect(isAlive(first ?? 0)).toBe(false);
  });

  it.each([
    [{ command: 'no-such-program' }, 'source/no-program', 'no "no-such-program" in PATH'],
    [{ command: '/bin/true' }, 'source/no-program', 'it has to be rpicam-vid, libcamera-vid or raspivid'],
    [{ settings: { hdr: 'auto' }, command: join(FAKE_RPICAM_BIN, 'raspivid') }, 'source/bad-option', 'hdr'],
  ] as const)('gives up on %j with %s', async (options, code, words) => {
    const { run } = await camera(options);

    await expect(run.ended).rejects.toMatchObject({ code, message: expect.stringContaining(words) });
    expect(run.states.at(-1)).toMatchObject({ kind: 'failed', code });
  });

  it('leaves nothing behind when it is ended before it began', async () => {
    const { run, fake } = await camera();
    await run.stop();

    expect(run.units).toEqual([]);
    expect(fake.starts().filter(({ pid }) => isAlive(pid))).toEqual([]);
  });
});

describe('a control that the program cannot change while it runs', () => {
  it('restarts it behind the picture: no state, no jump, the next picture a key picture', async () => {
    const { run, fake } = await camera();
    await run.more(20);
    const before = run.units.length;

    await run.source.setControl('size', '640x360');
    await run.until(() => run.source.counters.switches === 1);
    await run.until(() => run.units.length > before + 30);

    expect(run.states.every(({ kind }) => kind === 'connecting' || kind === 'live')).toBe(true);
    expect(run.states.filter(({ kind }) => kind === 'connecting')).toHaveLength(1);
    expect(run.units.map(({ sequence }) => sequence)).toEqual(run.units.map((_, i) => i));
    expect(Math.min(...steps(run.units.map(({ dts }) => dts)))).toBeGreaterThan(0);
    const sizes = run.units.filter(({ key }) => key).map(sizeIn);
    expect(sizes[0]).toBe('320x240');
    expect(sizes.at(-1)).toBe('640x360');
    const gap = steps(run.arrivals).indexOf(Math.max(...steps(run.arrivals)));
    expect(run.units[gap + 1]?.key).toBe(true);
    expect(fake.starts()).toHaveLength(2);
    expect(run.source.counters.lastGapMs).toBeGreaterThan(0);
    console.log(`size changed by restart: the picture stood ${run.source.counters.lastGapMs} ms`);
  });

  it('waits for its like: changes within a short time are one restart', async () => {
    const { run, fake } = await camera();
    await run.more(5);

    for (const value of [0.1, 0.2, 0.3, 0.4]) await run.source.setControl('brightness', value);
    await run.source.setControl('contrast', 1.2);
    await run.until(() => run.source.counters.starts === 2);
    await run.more(10);

    expect(fake.starts()).toHaveLength(2);
    expect(fake.starts()[1]?.words.join(' ')).toContain('--brightness 0.4 --contrast 1.2');
    expect(run.source.counters.switches).toBe(1);
  });

  it('does nothing when the value is the one in force', async () => {
    const { run, fake } = await camera();
    await run.more(5);

    await run.source.setControl('brightness', 0);
    await run.more(15);

    expect(fake.starts()).toHaveLength(1);
  });

  it('is refused at once when the program has no flag for it', async () => {
    const { run, fake } = await camera({}, { FAKE_RPICAM_MODEL: 'old' });
    await run.more(3);

    await expect(run.source.setControl('hdr', 'auto')).rejects.toMatchObject({
      code: 'control/out-of-range',
      message: 'hdr: rpicam-vid has no --hdr here; leave the setting out, or update the program',
    });
    await run.more(20);

    expect(fake.starts()).toHaveLength(1);
  });

  it('counts for the next try while the camera is not there', async () => {
    const { run, fake } = await camera({ retry: { firstMs: millis(20_000), maxMs: millis(20_000) } });
    await run.more(2);
    await fake.set('crash');
    await run.until(() => run.codes.length === 1);

    await run.source.setControl('brightness', 0.5);
    await run.more(2);

    expect(fake.starts()[1]?.words.join(' ')).toContain('--brightness 0.5');
  });
});

needs('ffmpeg').describe('a Pi 5, which has no encoder of its own', () => {
  const PI5 = { FAKE_RPICAM_MODEL: 'pi5' };

  beforeEach(() => expect(process.env['FAKE_RPICAM_MODEL']).toBeUndefined());

  it('hands over each picture of four slices as one unit', async () => {
    const { run, fake } = await camera({ encoder: 'software', settings: { size: '640x360' } }, PI5);
    await run.more(60);

    expect(fake.starts()[0]?.words.join(' ')).toContain('--codec libav --libav-format h264');
    const whole = run.units.slice(0, 60);
    expect(whole.map((unit) => types(unit).filter((type) => type === 1 || type === 5).length)).toEqual(
      whole.map(() => 4),
    );
    const errors = errorsMs(whole, { width: 640, height: 360 });
    expect(errors.length).toBeGreaterThan(50);
    expect(run.source.way).toEqual({ by: 'program', encoder: 'software', datedBy: 'arrival' });
  });

  it('is recognised by what the program says', async () => {
    const { run } = await camera({}, PI5);
    await run.more(5);

    expect(run.source.way.encoder).toBe('software');
    expect(run.states.map(({ kind }) => kind)).not.toContain('retrying');
  });

  it('is not doubted when the setting says hardware', async () => {
    const { run } = await camera({ encoder: 'hardware' }, PI5);
    await run.until(() => run.codes.length > 0);

    expect(run.codes[0]).toBe('source/no-encoder');
    expect(run.why).toContain('encoder=software');
  });
});

it('Raspberry Pi cameras are listed with their modes and controls', async () => {
  const fake = await withFakeRpicam();
  fakes.push(fake);

  const devices = await listRpicamDevices({ env: { ...process.env, ...fake.env } });

  expect(devices.map(({ address, model, program }) => [address, model, program])).toEqual([
    ['rpicam:0', 'imx708', 'rpicam-vid'],
    ['rpicam:1', 'imx219', 'rpicam-vid'],
  ]);
  expect(devices[0]?.modes[0]).toEqual({
    width: 1536,
    height: 864,
    bits: 10,
    framesPerSecond: 120.13,
    setting: '1536:864:10',
  });
  expect(devices[0]?.controls.map(({ id }) => id)).toContain('brightness');
  expect(await listRpicamDevices({ env: { PATH: '/nowhere' } })).toEqual([]);
});
