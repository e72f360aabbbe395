import { nalType, nalUnits } from '@pinhole/media/h264';
import { readTimeCode } from '@pinhole/media/timecode';
import type { RpicamSourceOptions } from '@pinhole/sources/rpicam';
import { afterEach, describe, expect } from 'vitest';
import { decodeWithFfmpeg } from '../support/decode-with-ffmpeg.ts';
import {
  type FakeRpicam,
  isAlive,
  withFakePicamera2,
  withFakeRpicam,
} from '../support/fake-rpicam/fake-rpicam.ts';
import { quantile } from '../support/measure.ts';
import { RpicamRun } from '../support/rpicam-run.ts';
import { needs } from '../support/third-parties.ts';

const { it } = needs('python3');
const running: RpicamRun[] = [];
const fakes: FakeRpicam[] = [];

async function camera(
  options: RpicamSourceOptions = {},
  open = withFakePicamera2(),
): Promise<{ run: RpicamRun; fake: FakeRpicam }> {
  const fake = await open;
  fakes.push(fake);
  const settings = { size: '320x240', fps: 30, ...options.settings };
  const run = new RpicamRun({ by: 'auto', ...options, env: { ...process.env, ...fake.env }, settings });
  running.push(run);
  return { run, fake };
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((run) => run.stop()));
  const pids = fakes.flatMap((fake) => fake.starts().map(({ pid }) => pid));
  await Promise.all(fakes.splice(0).map((fake) => fake.remove()));
  expect(pids.filter(isAlive)).toEqual([]);
});

describe('a Raspberry Pi camera with picamera2', () => {
  needs('python3', 'ffmpeg').it('hands over pictures dated by the sensor', async () => {
    const { run, fake } = await camera();
    await run.more(60);

    const units = run.units.slice(0, 60);
    expect(fake.starts().map(({ name }) => name)).toEqual(['picamera2']);
    expect(run.source.describe().keyFrameOnRequest).toBe(true);
    expect(units[0]?.key).toBe(true);
    expect(units.map(({ sequence }) => sequence)).toEqual(units.map((_, i) => i));
    const pictures = decodeWithFfmpeg(Buffer.concat(units.map(({ data }) => data)), {
      width: 320,
      height: 240,
    });
    const errors = pictures.map(
      (picture, i) => ((units[i]?.captureTime ?? 0) - (readTimeCode(picture)?.captureTime ?? 0)) / 1000,
    );
    expect(Math.abs(quantile(errors, 0.5))).toBeLessThan(3);
    console.log(`picamera2: date later than capture by p50 ${quantile(errors, 0.5).toFixed(2)} ms`);
  });

  it('changes controls while it runs, in one process', async () => {
    const { run, fake } = await camera();
    await run.more(5);

    await run.source.setControl('brightness', 0.5);
    await run.source.setControl('red-gain', 2);
    await run.source.setControl('blue-gain', 1.5);
    await run.source.setControl('shutter', 8000);
    await run.until(() => fake.changes().length >= 5);
    await run.more(5);

    const applies = Object.fromEntries(run.source.controls().map((control) => [control.id, control.applies]));
    expect(applies).toMatchObject({ brightness: 'live', shutter: 'live', size: 'restart', hflip: 'restart' });
    expect(fake.changes().slice(1)).toEqual([
      { Brightness: 0.5 },
      { AwbEnable: true },
      { AwbEnable: false, ColourGains: [2, 1.5] },
      { ExposureTime: 8000 },
    ]);
    expect(fake.starts()).toHaveLength(1);
    expect(run.source.counters.switches).toBe(0);
  });

  it('makes a key frame when asked', async () => {
    const { run } = await camera({ settings: { gop: 3000 } });
    await run.more(10);
    const before = run.units.length;

    run.source.requestKeyFrame();
    await run.until(() => run.units.slice(before).some(({ key }) => key));

    const key = run.units.slice(before).find((unit) => unit.key);
    expect([...nalUnits(key?.data ?? new Uint8Array())].map(nalType)).toEqual([7, 8, 5]);
  });

  it('restarts for the size, and the settings changed meanwhile hold', async () => {
    const { run, fake } = await camera();
    await run.more(5);
    await run.source.setControl('brightness', 0.5);

    await run.source.setControl('size', '640x360');
    await run.until(() => run.source.counters.starts === 2);
    await run.more(5);

    expect(fake.starts()).toHaveLength(2);
    expect(fake.changes().at(-1)).toMatchObject({ Brightness: 0.5, FrameRate: 30 });
    expect(run.states.filter(({ kind }) => kind === 'connecting')).toHaveLength(1);
    expect(run.units.map(({ sequence }) => sequence)).toEqual(run.units.map((_, i) => i));
  });

  it('starts with what is configured', async () => {
    const { run, fake } = await camera({
      settings: { awb: 'cloudy', ev: -1, flicker: '50hz', denoise: 'cdn_fast' },
    });
    await run.more(2);

    expect(fake.changes()[0]).toEqual({
      AwbMode: 6,
      AwbEnable: true,
      ExposureValue: -1,
      AeFlickerMode: 1,
      AeFlickerPeriod: 10_000,
      NoiseReductionMode: 1,
      FrameRate: 30,
    });
  });

  it('leaves to the capture program what is beyond it', async () => {
    const { run, fake } = await camera({ settings: { roi: '0.25,0.25,0.5,0.5' } });
    await run.more(2);

    expect(fake.starts().map(({ name }) => name)).toEqual(['rpicam-vid']);
  });

  it('gives way to the capture program where the module does not import', async () => {
    const broken = withFakeRpicam({
      PYTHONPATH: `${import.meta.dirname}/../support/fake-rpicam/broken-python`,
    });
    const { run, fake } = await camera({}, broken);
    expect(run.source.way.by).toBe('picamera2');
    await run.more(2);

    expect(fake.starts().map(({ name }) => name)).toEqual(['rpicam-vid']);
    expect(run.source.way.by).toBe('program');
  });

  it.each([
    ['none', 'source/no-camera'],
    ['busy', 'source/busy'],
  ] as const)('says %s as the programs do', async (order, code) => {
    const { run, fake } = await camera();
    await fake.set(order);
    await run.until(() => run.codes.length > 0);

    expect(run.codes[0]).toBe(code);
  });

  it('comes back after it was killed', async () => {
    const { run, fake } = await camera();
    await run.more(10);

    process.kill(fake.pid() ?? 0, 'SIGKILL');
    await run.until(() => run.codes.length > 0);
    await run.more(10);

    expect(run.codes).toEqual(['source/crashed']);
    expect(run.units.map(({ sequence }) => sequence)).toEqual(run.units.map((_, i) => i));
  });
});
