import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { millis } from '@pinhole/core';
import type { AccessUnit, ControlValue, JpegPicture, MediaKind, SourceState } from '@pinhole/engine';
import { NAL_TYPE, nalType, nalUnits, parseSps } from '@pinhole/media/h264';
import { completeJpeg } from '@pinhole/media/jpeg';
import { readTimeCode } from '@pinhole/media/timecode';
import {
  createV4l2Source,
  listV4l2Devices,
  type V4l2Source,
  type V4l2SourceOptions,
} from '@pinhole/sources/v4l2';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ffmpegOutput } from '../support/clip-file.ts';
import { quantile } from '../support/measure.ts';
import { needs } from '../support/third-parties.ts';
import {
  openVirtualCamera,
  type VirtualCamera,
  type VirtualMode,
} from '../support/virtual-camera/virtual-camera.ts';

const JPEG: readonly VirtualMode[] = [
  { fourcc: 'MJPG', width: 640, height: 360, framesPerSecond: 30 },
  { fourcc: 'MJPG', width: 320, height: 180, framesPerSecond: 30 },
  { fourcc: 'YUYV', width: 320, height: 180, framesPerSecond: 15 },
];
const H264: readonly VirtualMode[] = [
  ...JPEG,
  { fourcc: 'H264', width: 640, height: 360, framesPerSecond: 30 },
];
/** Places in the virtual camera's list of controls. */
const [BRIGHTNESS, WHITE_BALANCE, EXPOSURE_MODE, EXPOSURE_TIME] = [1, 3, 5, 6];

/** A source that runs, and all it gave. */
class Run {
  readonly units: AccessUnit[] = [];
  readonly pictures: JpegPicture[] = [];
  readonly states: SourceState[] = [];
  /** When each unit came, less its capture time, in milliseconds. */
  readonly delaysMs: number[] = [];
  readonly source: V4l2Source;
  readonly #abort = new AbortController();
  readonly done: Promise<unknown>;

  constructor(options: V4l2SourceOptions, wants: readonly MediaKind[]) {
    this.source = createV4l2Source({ retry: { firstMs: millis(200), maxMs: millis(2_000) }, ...options });
    this.source.want(new Set(wants));
    this.done = this.source
      .start(
        {
          write: (unit) => {
            this.units.push(unit);
            this.delaysMs.push(performance.timeOrigin + performance.now() - unit.captureTime / 1000);
          },
          picture: (picture) => this.pictures.push(picture),
          state: (state) => this.states.push(state),
        },
        { signal: this.#abort.signal },
      )
      .catch((thrown: unknown) => thrown);
  }

  async until(what: () => boolean, timeout = 10_000): Promise<void> {
    await expect.poll(what, { timeout, interval: 5 }).toBe(true);
  }

  /** The reason of the newest retry or failure. */
  get why(): string {
    const state = this.states.findLast((each) => each.kind === 'retrying' || each.kind === 'failed');
    return state?.kind === 'retrying' || state?.kind === 'failed' ? `${state.code}: ${state.why}` : '';
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.done;
  }
}

const spsOf = (unit: AccessUnit | undefined): ReturnType<typeof parseSps> =>
  parseSps(
    [...nalUnits(unit?.data ?? new Uint8Array())].find((nal) => nalType(nal) === NAL_TYPE.sps) ??
      new Uint8Array(),
  );

/** Reads the time codes out of a run of units, which begins with a key unit, or of JPEGs. */
function timeCodes(
  kind: 'h264' | 'mjpeg',
  stream: readonly Uint8Array[],
  width: number,
  height: number,
): (number | undefined)[] {
  const luma = ffmpegOutput(
    [
      '-f',
      kind,
      '-i',
      'pipe:0',
      '-fps_mode',
      'passthrough',
      ...'-pix_fmt gray -f rawvideo pipe:1'.split(' '),
    ],
    Buffer.concat(stream),
  );
  const bytes = width * height;
  return Array.from(
    { length: luma.byteLength / bytes },
    (_, i) => readTimeCode({ luma: luma.subarray(i * bytes, (i + 1) * bytes), width, height })?.captureTime,
  );
}

needs('v4l2-ctl', 'gcc', 'ffmpeg').describe('a V4L2 camera, by the real v4l2-ctl', () => {
  let camera: VirtualCamera;
  let run: Run | undefined;
  const path = process.env['PATH'] ?? '';

  afterEach(async () => {
    await run?.stop();
    run = undefined;
    await camera.close();
    process.env['PATH'] = path;
  });

  async function plug(modes: readonly VirtualMode[], holdMs = 0): Promise<VirtualCamera> {
    camera = await openVirtualCamera({ modes, holdMs });
    process.env['PATH'] = camera.env['PATH'];
    return camera;
  }

  function start(options: Partial<V4l2SourceOptions> = {}, wants: readonly MediaKind[] = ['units']): Run {
    run = new Run({ path: camera.path, ...options }, wants);
    return run;
  }

  describe('that makes JPEG', () => {
    beforeEach(() => plug(JPEG));

    it('gives pictures at once, completed for browsers, dated by the driver; nothing is encoded for them', async () => {
      await camera.close();
      process.env['PATH'] = path;
      await plug(JPEG, 80);
      const live = start({}, ['pictures']);
      const { pictures, source, states } = live;
      await live.until(() => pictures.length >= 40);

      expect(camera.captures).toEqual(['MJPG 640 360 30']);
      expect(pictures.map(({ sequence }) => sequence)).toEqual(pictures.map((_, i) => i));
      expect(pictures[0]).toMatchObject({ width: 640, height: 360 });
      const jpegs = pictures.slice(5, 35).map(({ data }) => data);
      expect(completeJpeg(jpegs[0] ?? new Uint8Array())?.jpeg).toEqual(jpegs[0]);
      const off = timeCodes('mjpeg', jpegs, 640, 360).map(
        (drawn, i) => ((pictures[5 + i]?.captureTime ?? 0) - (drawn ?? 0)) / 1000,
      );
      // Dated by their arrival they would be off by 80 ms and more.
      expect(quantile(off.map(Math.abs), 0.9)).toBeLessThan(20);
      expect(source.counters).toMatchObject({ damaged: 0, units: 0, lostFrames: 0 });
      expect(source.pids.encoder).toBeUndefined();
      expect(source.describe()).toMatchObject({ kind: 'v4l2', label: 'Virtual USB camera', jpeg: true });
      expect(states.map(({ kind }) => kind)).toEqual(['connecting', 'live']);
    });

    it('is encoded while somebody wants that, with the capture times', async () => {
      const live = start();
      const { units, source, delaysMs } = live;
      await live.until(() => units.length >= 60);
      source.want(new Set(['pictures']));
      await sleep(300);
      const resting = units.length;
      await sleep(300);
      expect(units.length).toBe(resting);
      source.want(new Set(['pictures', 'units']));
      await live.until(() => units.length > resting);

      expect(units[resting]?.key).toBe(true);
      expect(spsOf(units[0])).toMatchObject({ profileIdc: 66, width: 640, height: 360 });
      expect(units.map(({ sequence }) => sequence)).toEqual(units.map((_, i) => i));
      expect(units.every(({ dts }, i) => dts > (units[i - 1]?.dts ?? 0))).toBe(true);
      const stream = units.slice(0, 60).map(({ data }) => data);
      const off = timeCodes('h264', stream, 640, 360).map(
        (at, i) => ((units[i]?.captureTime ?? 0) - (at ?? 0)) / 1000,
      );
      expect(quantile(off.map(Math.abs), 0.9)).toBeLessThan(20);
      expect(source.describe().transcoding).toContain('the camera gives JPEG');
      const steady = delaysMs.slice(20, 60);
      console.log(
        `MJPEG 640×360 → H.264: drawn → unit ${percentiles(steady)} (the making of the JPEG included)`,
      );
    });

    it('is encoded by the ffmpeg command where node-av is not wanted', async () => {
      const live = start({ ffmpeg: { backend: 'command' } });
      await live.until(() => live.units.length >= 30);

      expect(live.source.describe().keyFrameOnRequest).toBe(false);
      expect(spsOf(live.units[0])).toMatchObject({ width: 640, height: 360 });
    });

    it('gives raw pictures where it is told to, which are encoded', async () => {
      const live = start({ format: 'yuyv' });
      await live.until(() => live.units.length >= 10);

      expect(camera.captures).toEqual(['YUYV 320 180 15']);
      expect(spsOf(live.units[0])).toMatchObject({ width: 320, height: 180 });
      const stream = live.units.map(({ data }) => data);
      expect(timeCodes('h264', stream, 320, 180).every((at) => at !== undefined)).toBe(true);
      expect(live.source.describe().jpeg).toBeUndefined();
    });

    it('loses damaged pictures only, and counts them', async () => {
      camera.spoil((picture, number) =>
        number % 10 === 5 ? picture.subarray(0, picture.byteLength / 2) : picture,
      );
      const live = start();
      await live.until(() => live.units.length >= 40);

      expect(live.source.counters.damaged).toBeGreaterThanOrEqual(3);
      const stream = live.units.map(({ data }) => data);
      expect(timeCodes('h264', stream, 640, 360).every((at) => at !== undefined)).toBe(true);
    });

    it('takes start values and changes controls while it runs, in the order that the camera wants', async () => {
      const live = start({ controls: new Map<string, ControlValue>([['brightness', 200]]) }, ['pictures']);
      await live.until(() => live.pictures.length > 0);
      const { source } = live;
      const byId = new Map(source.controls().map((each) => [each.id, each]));

      expect(camera.value(BRIGHTNESS)).toBe(200);
      expect(byId.get('shutter')).toMatchObject({
        min: 300,
        max: 204_700,
        unit: 'µs',
        inactive: expect.stringContaining('exposure'),
      });
      expect(byId.get('exposure')).toMatchObject({ kind: 'menu', default: 'aperture-priority' });
      expect(source.controlValues().get('brightness')).toBe(200);
      await expect(source.setControl('shutter', 10_000)).rejects.toMatchObject({ code: 'control/refused' });
      await source.setControl('exposure', 'manual');
      await source.setControl('shutter', 10_000);
      await source.setControl('awb', false);
      await source.setControl('white-balance-temperature', 5_000);

      expect([EXPOSURE_MODE, EXPOSURE_TIME, WHITE_BALANCE].map((place) => camera.value(place))).toEqual([
        1, 100, 5_000,
      ]);
      expect(source.controls().find(({ id }) => id === 'shutter')?.inactive).toBeUndefined();
      expect(camera.captures).toHaveLength(1);
      await expect(source.setControl('zoom', 1)).rejects.toMatchObject({
        code: 'control/unknown',
        message: expect.stringContaining('brightness, awb'),
      });
    });

    it('changes its size while it runs', async () => {
      const live = start();
      await live.until(() => live.units.length >= 5);

      await live.source.setControl('size', '320x180');
      await live.until(() => spsOf(live.units.findLast(({ key }) => key)).width === 320);

      expect(camera.captures).toEqual(['MJPG 640 360 30', 'MJPG 320 180 30']);
      expect(live.states.map(({ kind }) => kind)).not.toContain('retrying');
    });

    it('comes back by its identity when it was unplugged and has another number then, controls and all', async () => {
      const live = start({ path: camera.byId }, ['pictures']);
      await live.until(() => live.pictures.length > 5);
      await live.source.setControl('brightness', 33);

      camera.unplug();
      await live.until(() => live.why !== '');
      expect(live.why).toMatch(
        /^source\/(?:device-gone|no-such-device): .* (?:is not there|was taken away): plug the camera in/,
      );
      const before = live.pictures.length;
      await sleep(400);
      const replugged = performance.now();
      camera.plugIn('video2');
      await live.until(() => live.pictures.length > before);

      console.log(
        `picture back ${Math.round(performance.now() - replugged)} ms after the camera was plugged in`,
      );
      expect(camera.value(BRIGHTNESS)).toBe(33);
      expect(camera.captures).toHaveLength(2);
    });

    it('starts again when its capture is killed, or hangs', async () => {
      const live = start({ stallMs: millis(500) }, ['pictures']);
      await live.until(() => live.pictures.length > 5);
      process.kill(live.source.pids.capture ?? 0, 'SIGKILL');
      const [before, killed] = [live.pictures.length, performance.now()];
      await live.until(() => live.pictures.length > before + 5);
      const backMs = performance.now() - killed;
      camera.hang();
      await live.until(() => live.why.startsWith('source/stalled'));

      expect(backMs).toBeLessThan(2_000);
      expect(live.why).toContain('gave no picture for 500 ms');
      expect(live.source.counters).toMatchObject({ stalls: 1 });
    });

    it('says who uses it, and waits for its turn', async () => {
      const other = new Run({ path: camera.path }, ['pictures']);
      await other.until(() => other.pictures.length > 0);

      const live = start({}, ['pictures']);
      await live.until(() => live.why !== '');
      expect(live.why).toMatch(/^source\/busy: .* is in use by v4l2-ctl \(process \d+\)/);
      await other.stop();
      await live.until(() => live.pictures.length > 0);
    });

    it('names the nearest modes for one that it has not, and what it has for a control that it has not', async () => {
      const wrong = start({ width: 1920, height: 1080, framesPerSecond: 60 });
      expect(await wrong.done).toMatchObject({
        code: 'source/unsupported-mode',
        message: expect.stringContaining('MJPG 640×360 at 30/s'),
      });

      run = new Run({ path: camera.path, controls: new Map([['focus', 1]]) }, ['units']);
      expect(await run.done).toMatchObject({
        code: 'source/bad-option',
        message: expect.stringContaining('has no control "focus"; it has: brightness'),
      });
    });

    it('leaves no process behind', async () => {
      const live = start();
      await live.until(() => live.units.length > 0);
      const { capture = 0, encoder = 0 } = live.source.pids;
      expect([capture, encoder].map((pid) => existsSync(`/proc/${pid}`))).toEqual([true, true]);

      await live.stop();
      expect([capture, encoder].map((pid) => existsSync(`/proc/${pid}`))).toEqual([false, false]);
    });

    it('stands in the list of devices, with modes and controls, under the path that stays the same', async () => {
      const { devices, faults } = await listV4l2Devices({ folder: camera.folder });

      expect(faults).toEqual([]);
      expect(devices).toMatchObject([
        { path: camera.path, stablePath: camera.byId, driver: 'uvcvideo', card: 'Virtual USB camera' },
      ]);
      expect(devices[0]?.formats.map(({ fourcc, sizes }) => [fourcc, sizes.length])).toEqual([
        ['MJPG', 2],
        ['YUYV', 1],
      ]);
      expect(devices[0]?.controls.map(({ name }) => name)).toContain('exposure_time_absolute');
    });

    it('is of no use without v4l2-ctl, which is said with what to install', async () => {
      process.env['PATH'] = camera.folder;
      const live = start();

      expect(await live.done).toMatchObject({
        code: 'source/no-program',
        message: expect.stringContaining('apt install v4l-utils'),
      });
    });
  });

  describe('that makes H.264', () => {
    beforeEach(() => plug(H264));

    it('is passed through without any encoder', async () => {
      const live = start();
      const { units, source, delaysMs } = live;
      await live.until(() => units.length >= 60);

      expect(camera.captures).toEqual(['H264 640 360 30']);
      expect(source.pids.encoder).toBeUndefined();
      expect(source.describe()).toMatchObject({ keyFrameOnRequest: false });
      expect(source.describe().transcoding).toBeUndefined();
      expect(units.slice(0, 60).filter(({ key }) => key)).toHaveLength(2);
      const stream = units.slice(0, 60).map(({ data }) => data);
      expect(timeCodes('h264', stream, 640, 360).every((at) => at !== undefined)).toBe(true);
      console.log(`H.264 640×360 passed through: driver → unit ${percentiles(delaysMs.slice(20))}`);
    });

    it('is passed through where it travels inside the JPEGs', async () => {
      const sets: Uint8Array[] = [];
      const h264 = ffmpegOutput(
        '-f lavfi -i testsrc2=size=320x180:rate=30 -frames:v 1 -c:v libx264 -profile:v baseline -f h264 pipe:1'.split(
          ' ',
        ),
      );
      sets.push(Uint8Array.from(h264));
      camera.spoil((jpeg) => withH264(jpeg, sets[0] ?? new Uint8Array()));
      const live = start({ format: 'mjpeg' });
      await live.until(() => live.units.length >= 20);

      expect(camera.captures).toEqual(['MJPG 640 360 30']);
      expect(live.units.every(({ key }) => key)).toBe(true);
      expect(spsOf(live.units[0])).toMatchObject({ width: 320, height: 180 });
      expect(live.source.pids.encoder).toBeUndefined();
      expect(live.pictures.length).toBeGreaterThanOrEqual(20);
    });
  });
});

const percentiles = (values: readonly number[]): string =>
  `p50 ${quantile(values, 0.5).toFixed(1)} ms, p95 ${quantile(values, 0.95).toFixed(1)} ms`;

/** Puts an H.264 picture into a JPEG, in APP4 segments as UVC cameras do. */
function withH264(jpeg: Uint8Array, h264: Uint8Array): Uint8Array {
  const head = Buffer.alloc(26);
  head.writeUInt16BE(0x0100, 0);
  head.writeUInt16BE(22, 2);
  head.write('H264', 4, 'latin1');
  head.writeUInt32LE(h264.byteLength, 22);
  const whole = Buffer.concat([head, h264]);
  const segments: Buffer[] = [];
  for (let at = 0; at < whole.byteLength; at += 60_000) {
    const part = whole.subarray(at, at + 60_000);
    const marker = Buffer.from([0xff, 0xe4, 0, 0]);
    marker.writeUInt16BE(part.byteLength + 2, 2);
    segments.push(marker, part);
  }
  return Uint8Array.from(Buffer.concat([jpeg.subarray(0, 2), ...segments, jpeg.subarray(2)]));
}
