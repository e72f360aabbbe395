import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { millis } from '@pinhole/core';
import { Stream } from '@pinhole/engine';
import {
  type DemuxedInput,
  type DemuxedUnit,
  type DemuxRequest,
  JpegDecoder,
  openDemuxer,
} from '@pinhole/ffmpeg';
import { nalType, nalUnits, parseSps } from '@pinhole/media/h264';
import { createSnapshots } from '@pinhole/outputs/snapshot';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { annexBOf, ffmpegOutput, makeMotionJpeg, makeMp4 } from '../support/clip-file.ts';
import { needs, thirdParty } from '../support/third-parties.ts';

const BACKENDS = (['node-av', 'command'] as const).filter(
  (backend) => thirdParty(backend === 'command' ? 'ffmpeg' : backend) !== undefined,
);

const isSlice = (nal: Uint8Array): boolean => nalType(nal) === 1 || nalType(nal) === 5;
const slices = (stream: Uint8Array): readonly string[] =>
  [...nalUnits(stream)].filter(isSlice).map((nal) => Buffer.from(nal).toString('hex'));

/** A picture as 32×18 gray levels: enough to tell one picture of the card from another. */
const thumbnail = (
  args: readonly string[],
  options: { input?: Uint8Array; picture?: number } = {},
): Uint8Array => {
  const filter = `select=gte(n\\,${options.picture ?? 0}),scale=32:18,format=gray`;
  return ffmpegOutput([...args, '-frames:v', '1', '-vf', filter, '-f', 'rawvideo', 'pipe:1'], options.input);
};
const meanDifference = (a: Uint8Array, b: Uint8Array): number =>
  a.reduce((sum, level, i) => sum + Math.abs(level - (b[i] ?? 0)), 0) / a.byteLength;

needs('ffmpeg').describe.each(BACKENDS)('FFmpeg through %s', (backend) => {
  let folder: string;
  let mp4: string;
  let motionJpeg: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pinhole-ffmpeg-'));
    mp4 = makeMp4(folder, 'with blank.mp4', { seconds: 2, profile: 'high', bFrames: 2 });
    motionJpeg = makeMotionJpeg(folder, 'm.mov', { seconds: 2 });
  });

  afterAll(async () => {
    await rm(folder, { recursive: true });
  });

  async function demux(request: Partial<DemuxRequest> & { readonly url: string }): Promise<{
    readonly units: readonly DemuxedUnit[];
    readonly inputs: readonly DemuxedInput[];
    readonly pid: number;
  }> {
    const units: DemuxedUnit[] = [];
    const inputs: DemuxedInput[] = [];
    const demuxing = openDemuxer(
      request,
      { opened: (input) => inputs.push(input), write: (unit) => units.push(unit), droppedBusy: () => {} },
      { backend, signal: new AbortController().signal },
    );
    const pid = demuxing.pid() ?? 0;
    await demuxing.ended;
    expect(demuxing.backend()).toBe(backend);
    return { units, inputs, pid };
  }

  it('passes an MP4 with B-frames through, to its last picture, and leaves no process', async () => {
    const { units, inputs, pid } = await demux({ url: pathToFileURL(mp4).href });

    expect(inputs).toEqual([{ codec: 'h264' }]);
    expect(units).toHaveLength(60);
    expect(units.flatMap((unit) => slices(unit.data))).toEqual(slices(annexBOf(mp4)));
    expect(units.every((unit) => unit.pts >= unit.dts)).toBe(true);
    expect(existsSync(`/proc/${pid}`)).toBe(false);
  });

  it('encodes motion JPEG to H.264 that every browser plays, and says why', async () => {
    const { units, inputs } = await demux({ url: pathToFileURL(motionJpeg).href });

    expect(inputs).toEqual([
      { codec: 'mjpeg', transcoding: expect.stringContaining('set the camera to H.264') },
    ]);
    expect(units).toHaveLength(60);
    const sps = [...nalUnits(units[0]?.data ?? new Uint8Array())].find((nal) => nalType(nal) === 7);
    expect(parseSps(sps ?? new Uint8Array())).toMatchObject({ profileIdc: 66, width: 320, height: 180 });
    expect(parseSps(sps ?? new Uint8Array()).levelIdc).toBeLessThanOrEqual(31);
    expect(units[0]?.key).toBe(true);
    expect(units.map((unit) => Math.round(unit.pts / 33_333.3))).toEqual(units.map((_, i) => i));
    const stream = Buffer.concat(units.slice(0, 31).map((unit) => unit.data));
    const decoded = thumbnail(['-f', 'h264', '-i', 'pipe:0'], { input: stream });
    expect(meanDifference(decoded, thumbnail(['-i', motionJpeg]))).toBeLessThan(6);
  });

  it('reads a file at its own speed when asked to', async () => {
    const start = performance.now();

    const { units } = await demux({ url: pathToFileURL(mp4).href, pace: 'real-time' });

    expect(units).toHaveLength(60);
    expect(performance.now() - start).toBeGreaterThan(1_500);
  });

  it.each([
    ['ffmpeg/not-found', 'nothing.mp4'],
    ['ffmpeg/invalid-input', 'noise.mp4'],
  ])('tells %s', async (code, name) => {
    if (name === 'noise.mp4') await writeNoise(join(folder, name));

    await expect(demux({ url: pathToFileURL(join(folder, name)).href })).rejects.toMatchObject({ code });
  });

  describe('a JPEG decoder', () => {
    it('makes a picture of the newest unit, in the size and quality asked for', async () => {
      const decoder = new JpegDecoder({ backend });
      const { units } = await demux({ url: pathToFileURL(mp4).href });
      const gop = units.slice(0, 30).map((unit) => unit.data);

      const fine = await decoder.decode({ units: gop, quality: 100 });
      const coarse = await decoder.decode({ units: gop, quality: 10, widthPixels: 160 });
      await decoder.close();

      expect(fine).toMatchObject({ width: 320, height: 180 });
      expect(coarse).toMatchObject({ width: 160, height: 90 });
      expect(coarse.jpeg.byteLength).toBeLessThan(fine.jpeg.byteLength / 3);
      const seen = thumbnail(['-f', 'mjpeg', '-i', 'pipe:0'], { input: fine.jpeg });
      const want = thumbnail(['-i', mp4], { picture: 29 });
      const first = thumbnail(['-i', mp4]);
      expect(meanDifference(seen, want)).toBeLessThan(4);
      expect(meanDifference(seen, first)).toBeGreaterThan(meanDifference(seen, want));
    });

    it('says so when there is no picture in what it got, and goes on', async () => {
      const decoder = new JpegDecoder({ backend });
      const { units } = await demux({ url: pathToFileURL(mp4).href });

      await expect(
        decoder.decode({ units: [Uint8Array.of(0, 0, 1, 9, 0xf0)], quality: 80 }),
      ).rejects.toMatchObject({
        code: 'ffmpeg/decode',
      });
      const picture = await decoder.decode({
        units: units.slice(0, 1).map((unit) => unit.data),
        quality: 80,
      });
      await decoder.close();

      expect(picture.width).toBe(320);
    });

    it('takes snapshots of a stream', async () => {
      const decoder = new JpegDecoder({ backend });
      const snapshots = createSnapshots({ decoder });
      const stream = new Stream({});
      const { units } = await demux({ url: pathToFileURL(motionJpeg).href });
      for (const unit of units) stream.write(unit, unit.captureTime);

      const [one, other] = await Promise.all([snapshots.take(stream), snapshots.take(stream)]);
      const again = await snapshots.take(stream, { maxAgeMs: millis(60_000) });
      await decoder.close();

      expect(one).toMatchObject({ width: 320, height: 180, captureTime: units.at(-1)?.captureTime });
      expect(other).toBe(one);
      expect(again).toBe(one);
    });
  });
});

needs('node-av', 'ffmpeg').describe('a decoding process', () => {
  it('is started anew after it was killed, and ends when the decoder is closed', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'pinhole-ffmpeg-'));
    const unit = annexBOf(makeMp4(folder, 'one.mp4', { seconds: 1 }));
    const decoder = new JpegDecoder({ backend: 'node-av' });
    await decoder.decode({ units: [unit], quality: 80 });
    const first = decoder.pid ?? 0;

    process.kill(first, 'SIGKILL');
    await expect(decoder.decode({ units: [unit], quality: 80 })).rejects.toMatchObject({
      code: 'ffmpeg/crashed',
    });
    const picture = await decoder.decode({ units: [unit], quality: 80 });
    const second = decoder.pid ?? 0;
    await decoder.close();
    await rm(folder, { recursive: true });

    expect(picture.width).toBe(320);
    expect(second).not.toBe(first);
    expect([first, second].some((pid) => existsSync(`/proc/${pid}`))).toBe(false);
  });
});

async function writeNoise(path: string): Promise<void> {
  await writeFile(
    path,
    Uint8Array.from({ length: 4096 }, (_, i) => (i * 7919) % 251),
  );
}
