import { afterAll, beforeAll, expect } from 'vitest';
import { type Browser, openChromium } from '../support/chromium.ts';
import { expectMoving } from '../support/frame-proof.ts';
import { type HarnessPage, openHarness, type Watched } from '../support/harness/harness.ts';
import { type Pinhole, startPinhole } from '../support/pinhole.ts';
import { type RtspServer, startRtspServer } from '../support/rtsp-server.ts';
import { needs } from '../support/third-parties.ts';
import { joinedClip, timeCodedClip } from '../support/time-coded-clip.ts';

const SECONDS = 60;
const WAYS = {
  webrtc: { transports: ['webrtc'] },
  webcodecs: { transports: ['websocket'], players: ['webcodecs'] },
  mse: { transports: ['websocket'], players: ['mse'] },
} as const;
/** The size changes with picture 150. */
const CHANGES_SIZE = [
  { width: 640, height: 360, seconds: 5 },
  { width: 480, height: 270, seconds: 20, firstFrame: 150 },
];
type Way = keyof typeof WAYS;
const ALL_WAYS = Object.keys(WAYS) as Way[];

const { describe, it } = needs('chromium', 'ffmpeg', 'gst-rtsp-server');

describe('pictures of x264 in Chromium', () => {
  let rtsp: RtspServer;
  let pinhole: Pinhole;
  let browser: Browser;
  let harness: HarnessPage;

  beforeAll(async () => {
    const clips = {
      high: await timeCodedClip({ seconds: SECONDS, profile: 'high' }),
      main: await timeCodedClip({ seconds: SECONDS, profile: 'main' }),
      b: await timeCodedClip({ seconds: SECONDS, bFrames: 2 }),
      gop: await timeCodedClip({ seconds: SECONDS, gop: 300 }),
      size: await joinedClip(CHANGES_SIZE, { format: 'mp4' }),
    };
    const byteStream = await joinedClip(CHANGES_SIZE, { format: 'h264' });
    const names = Object.keys(clips) as (keyof typeof clips)[];
    rtsp = await startRtspServer({
      mounts: Object.fromEntries(names.map((name) => [`/${name}`, { file: clips[name] }])),
    });
    const cameras = names.flatMap((name) => [
      `file-${name}=file:${name === 'size' ? byteStream : clips[name]}`,
      `rtsp-${name}=${rtsp.url(`/${name}`)}`,
    ]);
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

  /** Watches a camera in several ways at once until `condition` holds for each; stops watching. */
  async function watched(
    camera: string,
    ways: readonly Way[],
    condition: (watched: Watched) => boolean,
  ): Promise<Partial<Record<Way, Watched>>> {
    const seen = await Promise.all(
      ways.map(async (way) => {
        await harness.watch(way, { camera, ...WAYS[way] });
        return [way, await harness.until(way, condition)] as const;
      }),
    );
    await Promise.all(ways.map((way) => harness.stopWatching(way)));
    for (const [way, { firstFrameMs, frames }] of seen)
      console.log(
        `${camera}, ${way}: first frame after ${firstFrameMs?.toFixed(0)} ms, ${frames.length} frames`,
      );
    return Object.fromEntries(seen);
  }

  describe.each(['file', 'rtsp'])('from %s', (source) => {
    it.each([
      ['High profile', 'high', 'avc1.64'],
      ['Main profile', 'main', 'avc1.4d'],
      ['a key frame every 10 s', 'gop', 'avc1.64'],
    ])('%s moves, by WebRTC, WebCodecs and MSE', async (_name, clip, codec) => {
      const seen = await watched(
        `${source}-${clip}`,
        ALL_WAYS,
        ({ frames, stats }) => frames.length >= 100 && stats !== undefined,
      );

      for (const way of ALL_WAYS) {
        expectMoving(seen[way]?.frames ?? []);
        expect(seen[way]?.transports).toHaveLength(1);
        expect(seen[way]?.states.at(-1)?.kind).toBe('live');
      }
      expect(seen.webcodecs?.stats?.codec).toMatch(codec);
    });

    it('a stream with B-frames is refused by WebRTC with the setting of the camera that helps', async () => {
      const camera = `${source}-b`;
      await harness.watch('refused', { camera, transports: ['webrtc'] });

      const { states, frames } = await harness.until('refused', (player) =>
        player.states.some(({ kind }) => kind === 'refused'),
      );
      const problem = await harness.page.evaluate(postOffer, [`/whep/${camera}`, pinhole.token] as const);
      await harness.stopWatching('refused');

      expect(frames).toEqual([]);
      expect(states.at(-1)).toMatchObject({ kind: 'refused', code: 'webrtc/b-frames' });
      expect(states.at(-1)?.reason).toMatch(/B-frames.*set B-frames to 0.*settings of the camera/);
      expect(problem.status).toBe(422);
      expect(problem.type).toMatch(/^application\/problem\+json/);
      expect(JSON.parse(problem.body)).toMatchObject({
        code: 'webrtc/b-frames',
        detail: states.at(-1)?.reason,
        alternative: `/live/${camera}`,
      });
    });

    it('a stream with B-frames plays by WebSocket in display order, with the reason why not by WebRTC', async () => {
      const camera = `${source}-b`;
      await harness.watch('any', { camera });

      const seen = await watched(camera, ['webcodecs', 'mse'], ({ frames }) => frames.length >= 100);
      const any = await harness.until('any', ({ frames }) => frames.length >= 100);
      await harness.stopWatching('any');

      expectMoving(seen.mse?.frames ?? []);
      expectMoving(seen.webcodecs?.frames ?? []);
      expectMoving(any.frames);
      expect(any.transports).toEqual([
        expect.objectContaining({ transport: 'websocket', reason: expect.stringContaining('B-frames') }),
      ]);
    });

    it('a picture that changes its size is painted in the new one without starting anew', async () => {
      const seen = await watched(
        `${source}-size`,
        ALL_WAYS,
        ({ frames }) => (frames.at(-1)?.frameNumber ?? 0) > 200,
      );

      for (const way of ALL_WAYS) {
        const frames = seen[way]?.frames ?? [];
        expectMoving(frames);
        // A video element tells its new size a moment after it shows the first picture of that size.
        const told = frames.filter(({ frameNumber }) => frameNumber < 150 || frameNumber >= 155);
        expect(told.map(({ width, height }) => `${width}×${height}`)).toEqual(
          told.map(({ frameNumber }) => (frameNumber < 150 ? '640×360' : '480×270')),
        );
        expect(frames[0]?.frameNumber).toBeLessThan(150);
        expect(seen[way]?.transports).toHaveLength(1);
      }
    });
  });
});

/** Runs in the page: posts a viewer's offer and reads what comes back. */
async function postOffer([url, token]: readonly [string, string]): Promise<{
  status: number;
  type: string;
  body: string;
}> {
  const connection = new RTCPeerConnection();
  connection.addTransceiver('video', { direction: 'recvonly' });
  const { sdp = '' } = await connection.createOffer();
  connection.close();
  const headers = { 'content-type': 'application/sdp', authorization: `Bearer ${token}` };
  const response = await fetch(url, { method: 'POST', headers, body: sdp });
  return {
    status: response.status,
    type: response.headers.get('content-type') ?? '',
    body: await response.text(),
  };
}
