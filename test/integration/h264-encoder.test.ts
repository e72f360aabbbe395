import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { micros } from '@pinhole/core';
import {
  type EncodedUnit,
  type H264Encoder,
  type H264EncoderOptions,
  openH264Encoder,
} from '@pinhole/ffmpeg';
import { NAL_TYPE, nalType, nalUnits, parseSps } from '@pinhole/media/h264';
import { afterEach, beforeAll, expect, it } from 'vitest';
import { ffmpegOutput } from '../support/clip-file.ts';
import { needs, thirdParty } from '../support/third-parties.ts';

const BACKENDS = (['node-av', 'command'] as const).filter(
  (backend) => thirdParty(backend === 'command' ? 'ffmpeg' : backend) !== undefined,
);

/** Test pictures as JPEG files, one a frame. */
function jpegs(size: string, count: number): readonly Uint8Array[] {
  const stream = Uint8Array.from(
    ffmpegOutput(
      `-f lavfi -i testsrc2=size=${size}:rate=30 -frames:v ${count} -pix_fmt yuvj422p -c:v mjpeg -q:v 5 -f image2pipe pipe:1`.split(
        ' ',
      ),
    ),
  );
  const files: Uint8Array[] = [];
  for (let from = 0; from < stream.byteLength; ) {
    let to = from + 2;
    while (!(stream[to] === 0xff && stream[to + 1] === 0xd9)) to++;
    files.push(stream.slice(from, to + 2));
    from = to + 2;
  }
  return files;
}

const spsOf = (unit: EncodedUnit | undefined): ReturnType<typeof parseSps> =>
  parseSps(
    [...nalUnits(unit?.data ?? new Uint8Array())].find((nal) => nalType(nal) === NAL_TYPE.sps) ??
      new Uint8Array(),
  );

const at = (picture: number): ReturnType<typeof micros> => micros(1_700_000_000_000_000 + picture * 33_333);

needs('ffmpeg').describe.each(BACKENDS)('an H.264 encoder through %s', (backend) => {
  let small: readonly Uint8Array[];
  let large: readonly Uint8Array[];
  let encoder: H264Encoder | undefined;
  let units: EncodedUnit[];

  beforeAll(() => {
    small = jpegs('320x180', 12);
    large = jpegs('640x360', 6);
  });

  afterEach(() => encoder?.close());

  function open(options: Partial<H264EncoderOptions> = {}): H264Encoder {
    units = [];
    encoder = openH264Encoder({
      backend,
      encoder: 'libx264',
      input: { kind: 'mjpeg' },
      unit: (unit) => units.push(unit),
      ...options,
    });
    return encoder;
  }

  /** Gives pictures one by one, each when the one before it was dealt with. */
  async function feed(to: H264Encoder, pictures: readonly Uint8Array[], first = 0): Promise<void> {
    for (const [i, data] of pictures.entries()) {
      const before = to.counters;
      const dealtWith = before.units + before.droppedCorrupt;
      to.write({ data, captureTime: at(first + i) });
      await expect
        .poll(() => to.counters.units + to.counters.droppedCorrupt, { timeout: 8_000, interval: 2 })
        .toBe(dealtWith + 1);
    }
  }

  it('makes one unit of each picture at once, with its capture time', async () => {
    await feed(open(), small);

    expect(units.map((unit) => unit.captureTime)).toEqual(small.map((_, i) => at(i)));
    expect(units.map((unit) => unit.key)).toEqual(small.map((_, i) => i === 0));
    expect(spsOf(units[0])).toMatchObject({ profileIdc: 66, width: 320, height: 180 });
    expect(encoder?.encoder).toBe('libx264');
    const gray = '-vf scale=32:18,format=gray -f rawvideo pipe:1'.split(' ');
    const decoded = ffmpegOutput(
      ['-f', 'h264', '-i', 'pipe:0', ...gray],
      Buffer.concat(units.map((unit) => unit.data)),
    );
    const given = ffmpegOutput(['-f', 'mjpeg', '-i', 'pipe:0', ...gray], Buffer.concat(small));
    expect(decoded.byteLength).toBe(given.byteLength);
    const difference = decoded.reduce((sum, level, i) => sum + Math.abs(level - (given[i] ?? 0)), 0);
    expect(difference / decoded.byteLength).toBeLessThan(8);
  });

  it('begins anew with a key unit when the pictures change their size', async () => {
    const to = open();

    await feed(to, small.slice(0, 3));
    await feed(to, large.slice(0, 3), 3);
    await feed(to, small.slice(3, 5), 6);

    expect(units.map((unit) => unit.key)).toEqual([true, false, false, true, false, false, true, false]);
    expect(spsOf(units[3])).toMatchObject({ width: 640, height: 360 });
    expect(spsOf(units[6])).toMatchObject({ width: 320, height: 180 });
  });

  it('skips damaged pictures, counts them and goes on', async () => {
    const to = open();
    const [first = new Uint8Array(), second = new Uint8Array(), third = new Uint8Array()] = small;
    const noise = second.slice();
    noise.fill(0x55, second.byteLength / 2, second.byteLength - 2);

    await feed(to, [first, second.subarray(0, 500), new Uint8Array(), noise, third]);

    expect(to.counters).toMatchObject({
      pictures: 5,
      units: 2,
      droppedCorrupt: 3,
      droppedBusy: 0,
      restarts: 0,
    });
    expect(units.map((unit) => unit.captureTime)).toEqual([at(0), at(4)]);
  });

  it('takes the newest picture when it was busy, and counts the others', async () => {
    const to = open();
    await feed(to, small.slice(0, 1));
    await sleep(100); // the child tells that it is free after it gave the unit

    for (let i = 1; i <= 10; i++) to.write({ data: small[i] ?? new Uint8Array(), captureTime: at(i) });
    await expect.poll(() => units.length).toBe(3);

    expect(units.map((unit) => unit.captureTime)).toEqual([at(0), at(1), at(10)]);
    expect(to.counters).toMatchObject({ pictures: 11, units: 3, droppedBusy: 8 });
  });

  it('encodes raw pictures', async () => {
    const raw = ffmpegOutput(
      '-f lavfi -i testsrc2=size=320x180:rate=30 -frames:v 3 -pix_fmt yuyv422 -f rawvideo pipe:1'.split(' '),
    );
    const bytes = raw.byteLength / 3;

    await feed(
      open({ input: { kind: 'yuyv422', width: 320, height: 180 } }),
      [0, 1, 2].map((i) => raw.slice(i * bytes, (i + 1) * bytes)),
    );

    expect(spsOf(units[0])).toMatchObject({ width: 320, height: 180 });
    expect(units).toHaveLength(3);
  });

  it('starts again when its child is killed, and leaves none behind', async () => {
    const to = open();
    await feed(to, small.slice(0, 2));
    const first = to.pid ?? 0;

    process.kill(first, 'SIGKILL');
    await expect.poll(() => to.pid !== undefined && to.pid !== first, { timeout: 5_000 }).toBe(true);
    await feed(to, small.slice(2, 4), 2);
    const second = to.pid ?? 0;
    await to.close();

    expect(units.map((unit) => unit.key)).toEqual([true, false, true, false]);
    expect(to.counters.restarts).toBe(1);
    expect(existsSync(`/proc/${first}`)).toBe(false);
    expect(existsSync(`/proc/${second}`)).toBe(false);
  });

  it('changes its bit rate while it runs', async () => {
    const size = (from: number): number =>
      units.slice(from).reduce((sum, unit) => sum + unit.data.byteLength, 0);
    const to = open({ bitrate: 4_000_000, gop: 1_000 });
    const pictures = Array.from({ length: 60 }, (_, i) => small[i % 12] ?? new Uint8Array());
    await feed(to, pictures);
    const rich = size(0);

    to.tune({ bitrate: 150_000 });
    await feed(to, pictures, 60);

    expect(size(60)).toBeLessThan(rich / 2);
    expect(to.counters.restarts).toBe(backend === 'command' ? 1 : 0);
  });

  it('makes key frames at another distance while it runs', async () => {
    const to = open({ gop: 1_000 });
    const pictures = Array.from({ length: 12 }, (_, i) => small[i % 12] ?? new Uint8Array());
    await feed(to, pictures);

    to.tune({ gop: 4 });
    await feed(to, pictures, 12);

    const keys = units.flatMap(({ key }, i) => (key ? [i] : []));
    expect(keys).toEqual([0, 12, 16, 20]);
    expect(units[12] && [...nalUnits(units[12].data)].map(nalType)).toEqual(
      expect.arrayContaining([NAL_TYPE.sps, NAL_TYPE.pps, NAL_TYPE.idr]),
    );
    expect(to.counters.restarts).toBe(backend === 'command' ? 1 : 0);
  });

  it('answers a request for a key frame where it can be asked', async () => {
    const to = open();
    await feed(to, small.slice(0, 3));

    to.requestKeyFrame();
    await feed(to, small.slice(3, 5), 3);

    expect(to.keyFrameOnRequest).toBe(backend === 'node-av');
    expect(units.map((unit) => unit.key)).toEqual([true, false, false, backend === 'node-av', false]);
  });

  it('takes libx264 where the hardware encoder is wanted but not there', async () => {
    if (backend === 'command') return; // it cannot try in passing
    const to = open({ encoder: 'auto' });
    await feed(to, small.slice(0, 1));
    if (existsSync('/dev/video11')) return;

    expect(to.encoder).toBe('libx264');
  });

  it('gives up with the reason when no encoder opens', async () => {
    const reasons: string[] = [];
    if (existsSync('/dev/video11')) return;
    const to = open({
      encoder: 'h264_v4l2m2m',
      failed: (error) => reasons.push(`${error.code} ${error.message}`),
    });

    for (let i = 0; i < 100 && reasons.length === 0; i++) {
      to.write({ data: small[0] ?? new Uint8Array(), captureTime: at(i) });
      await sleep(100);
    }

    expect(reasons).toEqual([
      expect.stringMatching(/^ffmpeg\/encode .*(h264_v4l2m2m|valid device|encoder)/s),
    ]);
  });
});
