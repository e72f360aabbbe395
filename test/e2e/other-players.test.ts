import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { readTimeCode, type TimeCode } from '@pinhole/media/timecode';
import { afterAll, beforeAll, expect } from 'vitest';
import { bundled } from '../support/bundle.ts';
import { type Browser, openChromium } from '../support/chromium.ts';
import { laterFrame } from '../support/painted-picture.ts';
import { type Pinhole, startPinhole } from '../support/pinhole.ts';
import type { OtherPlayer, OtherPlayers } from '../support/players/page.ts';
import { needs } from '../support/third-parties.ts';

const WIDTH = 640;
const HEIGHT = 360;
const LUMA_BYTES = WIDTH * HEIGHT;
const PATIENCE = { timeout: 30_000 };

const run = promisify(execFile);
let pinhole: Pinhole;

beforeAll(async () => {
  pinhole = await startPinhole({ args: ['--camera', `door=synthetic:${WIDTH}x${HEIGHT}@30`] });
});

afterAll(async () => {
  await pinhole?.dispose();
});

/** Names of the transports of those who watch now. */
const viewers = async (): Promise<string[]> => (await pinhole.sessions()).map(({ transport }) => transport);

/** Pictures that were left out for players that did not keep up. */
async function leftOut(): Promise<number> {
  const text = await (await pinhole.ask('/metrics')).text();
  const drops = text.matchAll(/^pinhole_camera_drops_total\{camera="door",cause="viewer-[\w-]+"\} (\d+)$/gm);
  return [...drops].reduce((sum, [, count]) => sum + Number(count), 0);
}

needs('chromium').describe('WHEP players of other people', () => {
  let browser: Browser;
  let script: string;

  beforeAll(async () => {
    [browser, script] = await Promise.all([
      openChromium(),
      bundled(join(import.meta.dirname, '../support/players/page.ts')),
    ]);
  });

  afterAll(async () => {
    await browser?.close();
  });

  const { it } = needs('chromium');

  it.each([
    ['@eyevinn/webrtc-player', 'eyevinn'],
    ['whip-whep', 'whipWhep'],
  ] satisfies [string, OtherPlayer][])(
    '%s plays with a Bearer token, and takes its leave',
    async (_name, player) => {
      const page = await browser.newPage();
      await page.goto(`${pinhole.url}/health`);
      await page.evaluate(script);
      const address = { url: `${pinhole.url}/whep/door`, token: pinhole.token };

      await page.evaluate(
        ([name, at]) => (window as never as { otherPlayers: OtherPlayers }).otherPlayers.play(name, at),
        [player, address] as const,
      );
      const numbers = [await laterFrame(page, 'body')];
      while (numbers.length < 20) numbers.push(await laterFrame(page, 'body', numbers.at(-1)));
      const during = await viewers();
      await page.evaluate(() => (window as never as { otherPlayers: OtherPlayers }).otherPlayers.stop());
      await expect.poll(viewers, PATIENCE).toEqual([]);
      await page.close();

      expect(during).toEqual(['webrtc']);
    },
  );
});

needs('ffmpeg').describe('FFmpeg', () => {
  const { it } = needs('ffmpeg');
  const input = (path: string): string[] => [
    '-v',
    'error',
    '-i',
    `${pinhole.url}/cameras/door/${path}?token=${pinhole.token}`,
  ];

  /** The time codes of the first pictures that ffmpeg decodes. */
  async function decoded(path: string, count: number): Promise<(TimeCode | undefined)[]> {
    const output = [
      '-frames:v',
      String(count),
      '-fps_mode',
      'passthrough',
      '-pix_fmt',
      'gray',
      // Else times are rounded to frames, of which two may come within one on a busy machine.
      '-enc_time_base',
      '1:90000',
      '-f',
      'rawvideo',
    ];
    const { stdout, stderr } = await run('ffmpeg', [...input(path), ...output, 'pipe:1'], {
      encoding: 'buffer',
      maxBuffer: (count + 1) * LUMA_BYTES,
      timeout: 60_000,
    });
    expect(String(stderr)).toBe('');
    expect(stdout.length).toBe(count * LUMA_BYTES);
    return Array.from({ length: count }, (_, i) =>
      readTimeCode({
        luma: new Uint8Array(stdout.subarray(i * LUMA_BYTES, (i + 1) * LUMA_BYTES)),
        width: WIDTH,
        height: HEIGHT,
      }),
    );
  }

  it.each(['stream.mp4', 'stream.h264'])('decodes every picture of %s in order', async (path) => {
    const before = await leftOut();
    const numbers = (await decoded(path, 60)).map((code) => code?.frameNumber ?? Number.NaN);
    await expect.poll(viewers, PATIENCE).toEqual([]);

    const steps = numbers.slice(1).map((number, i) => number - (numbers[i] ?? 0));
    expect(Math.min(...steps)).toBe(1);
    // On a busy machine FFmpeg falls behind; what it misses then is what the server knows that it left out.
    const missing = steps.reduce((sum, step) => sum + step - 1, 0);
    expect(missing).toBeLessThanOrEqual((await leftOut()) - before);
  });

  it('finds in stream.mp4 what is said of the camera', async () => {
    const entries = 'stream=codec_name,profile,width,height,has_b_frames,avg_frame_rate';
    const { stdout } = await run(
      'ffprobe',
      [
        ...input('stream.mp4').slice(0, 2),
        '-show_entries',
        entries,
        '-of',
        'json',
        ...input('stream.mp4').slice(3),
      ],
      { timeout: 30_000 },
    );

    expect(JSON.parse(stdout)).toMatchObject({
      streams: [
        {
          codec_name: 'h264',
          profile: 'Constrained Baseline',
          width: WIDTH,
          height: HEIGHT,
          has_b_frames: 0,
        },
      ],
    });
  });

  it('decodes snapshot.jpg, which is as new as it says', async () => {
    const response = await fetch(`${pinhole.url}/cameras/door/snapshot.jpg?token=${pinhole.token}`);
    const jpeg = new Uint8Array(await response.arrayBuffer());
    const capturedAt = Date.parse(response.headers.get('x-captured-at') ?? '');
    const [code] = await decoded('snapshot.jpg', 1);

    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('image/jpeg');
    expect([...jpeg.subarray(0, 3)]).toEqual([0xff, 0xd8, 0xff]);
    expect(code).toBeDefined();
    expect((code?.captureTime ?? 0) / 1000).toBeGreaterThanOrEqual(capturedAt);
    expect(Math.abs(Date.now() - capturedAt)).toBeLessThan(30_000);
  });
});
