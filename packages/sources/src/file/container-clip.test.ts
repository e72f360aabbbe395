import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NAL_TYPE, nalType, nalUnits } from '@pinhole/media/h264';
import { readTimeCode } from '@pinhole/media/timecode';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { decodeWithFfmpeg, runFfmpeg } from '../../../../test/support/decode-with-ffmpeg.ts';
import { needs } from '../../../../test/support/third-parties.ts';
import { failure, intervals, play, RAW_FRAMES, writeRawClip } from './fake-player.ts';

const folder = mkdtempSync(join(tmpdir(), 'pinhole-container-clip-'));
const inFolder = (name: string): string => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true }));

const FRAMES = 40;
const INTERVAL = 40_000;
const TEST_PICTURES = ['-f', 'lavfi', '-i', 'testsrc2=size=160x120:rate=25:duration=1.6'];
const B_FRAMES =
  '-c:v libx264 -preset medium -pix_fmt yuv420p -profile:v high -g 20 -bf 3 -x264-params b-pyramid=normal:b-adapt=0:scenecut=0'.split(
    ' ',
  );

const rising = (values: readonly number[]): boolean => intervals(values).every((interval) => interval > 0);

/** What ffmpeg's own demuxer says about the packets of a file, in microseconds. */
function packetsByFfmpeg(path: string): readonly { readonly pts: number; readonly dts: number }[] {
  const framecrc = runFfmpeg(['-i', path, ...'-map 0:v -c copy -copyts -f framecrc pipe:1'.split(' ')]);
  const lines = Buffer.from(framecrc).toString().split('\n');
  const [numerator = 1, denominator = 1] = (/#tb 0: (\d+)\/(\d+)/.exec(lines.join('\n')) ?? [])
    .slice(1)
    .map(Number);
  return lines
    .filter((line) => /^\d/.test(line))
    .map((line) => line.split(',').map(Number))
    .map(([, dts = 0, pts = 0]) => ({
      pts: (pts * 1e6 * numerator) / denominator,
      dts: (dts * 1e6 * numerator) / denominator,
    }));
}

needs('ffmpeg').describe('an MP4 file', () => {
  beforeAll(() => {
    writeRawClip(inFolder('raw.h264'));
    runFfmpeg([...TEST_PICTURES, ...B_FRAMES, '-y', inFolder('b-frames.mp4')]);
    const fragmented = '-c copy -movflags frag_keyframe+empty_moov+default_base_moof -y'.split(' ');
    runFfmpeg(['-i', inFolder('b-frames.mp4'), ...fragmented, inFolder('fragmented.mp4')]);
    runFfmpeg([...TEST_PICTURES, ...B_FRAMES, '-f', 'h264', '-y', inFolder('b-frames.h264')]);
    const plain = '-c:v libx264 -preset ultrafast -bf 0 -crf 20 -y'.split(' ');
    runFfmpeg(['-r', '20', '-i', inFolder('raw.h264'), ...plain, inFolder('synthetic.mp4')]);
  });

  it.each(['b-frames.mp4', 'fragmented.mp4', 'b-frames.h264'])(
    'has the times of display and decoding of %s as ffmpeg sees them',
    async (name) => {
      const { units } = await play({ path: inFolder(name), loop: false }, 1000);
      const expected = packetsByFfmpeg(inFolder('b-frames.mp4'));

      const offsets = (list: readonly { readonly pts: number; readonly dts: number }[]) =>
        list.map(({ pts, dts }) => [
          Math.round((pts - (list[0]?.pts ?? 0)) / 1000),
          Math.round((dts - (list[0]?.dts ?? 0)) / 1000),
          Math.round((pts - dts) / 1000),
        ]);
      expect(units).toHaveLength(FRAMES);
      expect(offsets(units)).toEqual(offsets(expected));
      expect(new Set(units.map(({ pts, dts }) => pts - dts)).size).toBeGreaterThan(1);
    },
  );

  it.each(['b-frames.mp4', 'fragmented.mp4', 'b-frames.h264'])(
    'loops %s with times that go on: every picture is shown once, one interval apart',
    async (name) => {
      const { units } = await play({ path: inFolder(name) }, 3 * FRAMES);

      const shown = units.map((unit) => unit.pts).toSorted((a, b) => a - b);
      // The last pictures of the part that was read may not be there yet.
      for (const interval of intervals(shown).slice(0, -6))
        expect(Math.abs(interval - INTERVAL)).toBeLessThan(5);
      for (const interval of intervals(units.map((unit) => unit.dts))) {
        expect(Math.abs(interval - INTERVAL)).toBeLessThan(5);
      }
      for (const { pts, dts } of units) expect(pts).toBeGreaterThanOrEqual(dts);
      expect(rising(units.map((unit) => unit.dts))).toBe(true);
      expect(units[FRAMES]?.key).toBe(true);
    },
  );

  it('becomes Annex B with parameter sets before each key picture', async () => {
    const { units } = await play({ path: inFolder('b-frames.mp4'), loop: false }, 1000);

    const types = units.map((unit) => [...nalUnits(unit.data)].map(nalType));
    expect(units.flatMap((unit, i) => (unit.key ? i : []))).toEqual([0, 20]);
    for (const i of [0, 20]) {
      expect(types[i]).toEqual(expect.arrayContaining([NAL_TYPE.sps, NAL_TYPE.pps, NAL_TYPE.idr]));
      expect(types[i]?.[0]).toBe(NAL_TYPE.sps);
    }
    expect(types[1]).not.toContain(NAL_TYPE.idr);
  });

  it('shows the pictures that were put into it', async () => {
    const { units } = await play({ path: inFolder('synthetic.mp4') }, 2 * RAW_FRAMES);

    const decoded = decodeWithFfmpeg(Buffer.concat(units.map((unit) => unit.data)), {
      width: 160,
      height: 120,
    });

    expect(decoded.map((frame) => readTimeCode(frame)?.frameNumber)).toEqual(
      Array.from({ length: 2 * RAW_FRAMES }, (_, i) => i % RAW_FRAMES),
    );
    expect(new Set(intervals(units.map((unit) => unit.dts)))).toEqual(new Set([50_000]));
  });

  it('with another codec is refused with its name and the command that converts it', async () => {
    const path = inFolder("it's mpeg4.mp4");
    runFfmpeg([...TEST_PICTURES, '-c:v', 'mpeg4', '-y', path]);

    expect(await failure({ path })).toMatchObject({
      code: 'source/no-h264',
      message: expect.stringMatching(
        /mpeg4\.mp4 has .*, not H\.264\. Convert it: ffmpeg -i '.*it'\\''s mpeg4\.mp4' .*libx264/,
      ),
    });
  });

  it('without video is refused', async () => {
    const path = inFolder('tone.mp4');
    runFfmpeg(['-f', 'lavfi', '-i', 'sine=duration=1', '-c:a', 'aac', '-y', path]);

    expect(await failure({ path })).toMatchObject({
      code: 'source/no-h264',
      message: expect.stringContaining('no video track'),
    });
  });

  it('that was cut off in the middle plays what it has', async () => {
    const path = inFolder('cut.mp4');
    const whole = readFileSync(inFolder('fragmented.mp4'));
    writeFileSync(path, whole.subarray(0, Math.round(whole.byteLength * 0.8)));

    const { units } = await play({ path, loop: false }, 1000);

    expect(units.length).toBeGreaterThan(20);
    expect(units.length).toBeLessThan(FRAMES);
    expect(units[0]?.key).toBe(true);
  });
});
