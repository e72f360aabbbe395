import { afterAll, beforeAll, expect } from 'vitest';
import { type Browser, openChromium } from '../support/chromium.ts';
import { expectMoving } from '../support/frame-proof.ts';
import { type HarnessPage, openHarness, type SeenFrame, type Watched } from '../support/harness/harness.ts';
import { delaysMs, quantile } from '../support/measure.ts';
import { type Pinhole, startPinhole } from '../support/pinhole.ts';
import { type RtspServer, startRtspServer } from '../support/rtsp-server.ts';
import { needs } from '../support/third-parties.ts';
import { timeCodedClip } from '../support/time-coded-clip.ts';

const FRAMES_PER_SECOND = 30;
const GOP = 10 * FRAMES_PER_SECOND;
/** Where in the GOP viewers join: far behind its key frame, and far enough before the next. */
const MID_GOP = { from: 100, to: 230 };
/** Against hanging only; what is good is a tenth of it. */
const FIRST_FRAME_MS = 3_000;
/** A viewer that waits for the next key frame, or plays the GOP from its beginning, is behind by more than this. */
const LIVE_EDGE_FRAMES = 60;
const WAYS: readonly (readonly [
  string,
  Pick<Parameters<HarnessPage['watch']>[1], 'transports' | 'players'>,
])[] = [
  ['WebRTC', { transports: ['webrtc'] }],
  ['WebSocket and WebCodecs', { transports: ['websocket'], players: ['webcodecs'] }],
  ['WebSocket and MSE', { transports: ['websocket'], players: ['mse'] }],
];
const JOINERS = ['second', 'third', 'fourth'];

const { describe, it } = needs('chromium', 'ffmpeg', 'gst-rtsp-server');

describe('viewers that join in the middle of a GOP of 10 s', () => {
  let rtsp: RtspServer;
  let pinhole: Pinhole;
  let browser: Browser;
  let harness: HarnessPage;

  beforeAll(async () => {
    const clip = await timeCodedClip({ seconds: 60, gop: GOP });
    rtsp = await startRtspServer({ mounts: { '/clip': { file: clip } } });
    const cameras = [
      `file=file:${clip}`,
      `rtsp=${rtsp.url('/clip')}`,
      `synthetic=synthetic:640x360@30?gop=${GOP}`,
    ];
    [pinhole, browser] = await Promise.all([
      startPinhole({ args: cameras.flatMap((camera) => ['--camera', camera]) }),
      openChromium(),
    ]);
    harness = await openHarness(browser, pinhole);
  });

  afterAll(async () => {
    await browser?.close();
    await pinhole?.dispose();
    await rtsp?.stop();
  });

  /** The number of the picture that the first viewer sees, once that is in the middle of a GOP. */
  async function midGop(seen: SeenFrame[]): Promise<number> {
    const { frames } = await harness.until('first', (watched) => {
      const inGop = (watched.frames.at(-1)?.frameNumber ?? 0) % GOP;
      return inGop >= MID_GOP.from && inGop <= MID_GOP.to;
    });
    seen.push(...frames);
    return frames.at(-1)?.frameNumber ?? 0;
  }

  async function join(
    camera: string,
    [way, options]: (typeof WAYS)[number],
  ): Promise<{
    joiners: (Watched & { readonly joinedAt: number })[];
    first: readonly SeenFrame[];
  }> {
    const first: SeenFrame[] = [];
    const joinedAt: number[] = [];
    await harness.watch('first', { camera, transports: ['websocket'], players: ['webcodecs'] });
    for (const joiner of JOINERS) {
      joinedAt.push(await midGop(first));
      await harness.watch(joiner, { camera, ...options });
    }
    const joined = await Promise.all(
      JOINERS.map((joiner) => harness.until(joiner, ({ frames }) => frames.length >= 60)),
    );
    first.push(...(await harness.report('first')).frames);
    await Promise.all(['first', ...JOINERS].map((name) => harness.stopWatching(name)));
    const times = joined.map(({ firstFrameMs }) => firstFrameMs?.toFixed(0)).join(', ');
    console.log(`${camera}, ${way}: first frames after ${times} ms`);
    return { joiners: joined.map((watched, i) => ({ ...watched, joinedAt: joinedAt[i] ?? 0 })), first };
  }

  describe.each(['file', 'rtsp'])('of a camera that makes no key frame on request: %s', (camera) => {
    it.each(WAYS)('have a picture of that GOP, and then the newest, by %s', async (...way) => {
      const { joiners, first } = await join(camera, way);

      for (const { frames, firstFrameMs, joinedAt, transports } of joiners) {
        expect(firstFrameMs).toBeLessThan(FIRST_FRAME_MS);
        expect(Math.floor((frames[0]?.frameNumber ?? 0) / GOP)).toBe(Math.floor(joinedAt / GOP));
        expectMoving(frames);
        expect(framesBehind(frames, first)).toBeLessThan(LIVE_EDGE_FRAMES);
        expect(transports).toHaveLength(1);
      }
    });
  });

  describe('of a camera that makes key frames on request', () => {
    it.each(WAYS)('have a picture at once, and no delay, by %s', async (...way) => {
      const { joiners, first } = await join('synthetic', way);

      for (const { frames, firstFrameMs, transports } of joiners) {
        expect(firstFrameMs).toBeLessThan(FIRST_FRAME_MS);
        expectMoving(frames);
        expect(framesBehind(frames, first)).toBeLessThan(LIVE_EDGE_FRAMES);
        const delayMs = quantile(delaysMs(frames.slice(-30)), 0.5);
        expect(delayMs).toBeGreaterThan(0);
        expect(delayMs).toBeLessThan((LIVE_EDGE_FRAMES * 1000) / FRAMES_PER_SECOND);
        expect(transports).toHaveLength(1);
      }
    });
  });
});

/** How far the last of `frames` is behind what the first viewer saw at that time. */
function framesBehind(frames: readonly SeenFrame[], first: readonly SeenFrame[]): number {
  const last = frames.at(-1);
  const newest = first.filter(({ paintedAt }) => paintedAt <= (last?.paintedAt ?? 0)).at(-1);
  if (!last || !newest) throw new Error('nothing to compare');
  return newest.frameNumber - last.frameNumber;
}
