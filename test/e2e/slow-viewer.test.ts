import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { type Browser, openChromium } from '../support/chromium.ts';
import { type HarnessPage, openHarness, type SeenFrame, type Watched } from '../support/harness/harness.ts';
import { LossyProxy } from '../support/lossy-proxy.ts';
import { type Pinhole, startPinhole } from '../support/pinhole.ts';
import { needs } from '../support/third-parties.ts';
import { timeCodedClip } from '../support/time-coded-clip.ts';

const { describe, it } = needs('chromium', 'ffmpeg');

/** Key pictures twice a second: none is waited for long, on a busy machine either. */
const CLIP = { seconds: 10, profile: 'baseline', gop: 15, format: 'mp4' } as const;
const MAIN = { ...CLIP, width: 640, height: 360, bitrateKbps: 4000 };
const SUB = { ...CLIP, width: 320, height: 180, bitrateKbps: 500 };
const LIMIT = { link: { bitsPerSecond: 1_500_000, queueMs: 2000 } };

/** Keeps the page's connections, for their statistics. */
function keepConnections(): void {
  const Native = RTCPeerConnection;
  const connections: RTCPeerConnection[] = [];
  Object.assign(window, {
    connections,
    RTCPeerConnection: class extends Native {
      constructor(configuration?: RTCConfiguration) {
        super(configuration);
        connections.push(this);
      }
    },
  });
}

/** What Chromium counted of the pictures that it received. */
const received = (page: Page): Promise<Record<string, number>> =>
  page.evaluate(async () => {
    const { connections } = window as never as { connections: RTCPeerConnection[] };
    const stats = await connections.at(-1)?.getStats();
    return [...(stats?.values() ?? [])].find(({ type, kind }) => type === 'inbound-rtp' && kind === 'video');
  });

/** The longest time on the page without a new picture, in milliseconds. */
const longestStand = (frames: readonly SeenFrame[]): number =>
  Math.max(...frames.slice(1).map(({ paintedAt }, i) => paintedAt - (frames[i]?.paintedAt ?? paintedAt)));

/** How much later than the earliest of `among` pictures were painted, of a clip that is played over and over. */
function ages(frames: readonly SeenFrame[], among: readonly SeenFrame[]): number[] {
  const period = CLIP.seconds * 1000;
  const [first] = among;
  const phaseOf = ({ paintedAt, captureTime }: SeenFrame): number => {
    const phase = paintedAt - captureTime / 1000 - (first ? first.paintedAt - first.captureTime / 1000 : 0);
    return phase - Math.round(phase / period) * period;
  };
  const least = Math.min(...among.map(phaseOf));
  return frames.map((frame) => phaseOf(frame) - least);
}

const isMain = ({ width }: SeenFrame): boolean => width === MAIN.width;

describe('a viewer behind a network', () => {
  let folder: string;
  let pinhole: Pinhole;
  let proxy: LossyProxy;
  let browser: Browser;
  let viewer: HarnessPage;

  beforeAll(async () => {
    const [main, sub] = await Promise.all([timeCodedClip(MAIN), timeCodedClip(SUB)]);
    const cameras = { both: { source: `file:${main}`, sub: `file:${sub}` }, alone: `file:${main}` };
    folder = await mkdtemp(join(tmpdir(), 'pinhole-slow-'));
    const config = join(folder, 'pinhole.yaml');
    await writeFile(config, JSON.stringify({ cameras }));
    [pinhole, browser] = await Promise.all([startPinhole({ args: ['--config', config] }), openChromium()]);
    proxy = await new LossyProxy(pinhole.port).open();
    viewer = await openHarness(browser, { ...pinhole, url: proxy.url });
    await viewer.page.evaluate(keepConnections);
    await proxy.takeAnswersOf(viewer.page);
  });

  afterEach(() => proxy.impair({}));
  afterAll(async () => {
    await browser?.close();
    await proxy?.close();
    await pinhole?.dispose();
    await rm(folder, { recursive: true, force: true });
  });

  /** What the server says of a camera's viewer. */
  const sent = async (camera = 'both'): Promise<Record<string, unknown>> => {
    const { sessions } = (await (await pinhole.ask('/api/v1/sessions')).json()) as {
      sessions: readonly { readonly camera: string; readonly webrtc?: Record<string, unknown> }[];
    };
    return sessions.find((session) => session.camera === camera)?.webrtc ?? {};
  };

  const delivery = ({ stats }: Watched): string =>
    stats?.delivery ? `${stats.delivery.stream}, ${stats.delivery.pictures}` : 'main, all';

  it('that loses packets gets them again in a stream of their own', async () => {
    await viewer.watch('it', { camera: 'both', transports: ['webrtc'] });
    await viewer.until('it', ({ states }) => states.at(-1)?.kind === 'live');
    proxy.impair({ loss: 0.03, delayMs: 20 });
    const before = await viewer.report('it');

    await expect
      .poll(async () => (await received(viewer.page))['retransmittedPacketsReceived'], { timeout: 15_000 })
      .toBeGreaterThan(5);

    proxy.impair({});
    const counted = await received(viewer.page);
    expect(counted['nackCount']).toBeGreaterThan(0);
    expect(counted['retransmittedBytesReceived']).toBeGreaterThan(1000);
    expect(await sent()).toMatchObject({ delivery: { stream: 'main', pictures: 'all' }, deliverySteps: 0 });
    expect(before.stats?.delivery).toBeUndefined();
    expect(before.stats?.deliveryCounts).toBeUndefined();
  });

  it('that carries too little gets the sub stream, fresh and without a stand, and comes back', async () => {
    const good = (await viewer.frames('it', 30)).filter(isMain);
    proxy.impair(LIMIT);
    const limitedAt = Date.now();

    const isLongSub = ({ frames }: Watched): boolean => frames.filter((frame) => !isMain(frame)).length > 100;
    const { frames } = await viewer.until('it', isLongSub);

    const small = frames.filter((frame) => !isMain(frame));
    const late = Math.max(...ages(small, small));
    console.log(
      `sub stream after ${((small[0]?.paintedAt ?? 0) - limitedAt).toFixed(0)} ms, longest stand ` +
        `${longestStand(small).toFixed(0)} ms, latest by ${late.toFixed(0)} ms; ${JSON.stringify(await sent())}`,
    );
    // What was under way when it took over drains at first.
    expect(longestStand(small.slice(15))).toBeLessThan(1000);
    expect(Math.max(...ages(small.slice(30), small))).toBeLessThan(1000);

    proxy.impair({});
    const back = await viewer.until(
      'it',
      (watched) => delivery(watched) === 'main, all' && watched.frames.slice(-15).every(isMain),
      { patienceMs: 30_000 },
    );
    const again = back.frames.filter(isMain).slice(-10);
    expect(Math.max(...ages(again, good))).toBeLessThan(1000);
    expect(await sent()).toMatchObject({ delivery: { stream: 'main', pictures: 'all' } });
    // Down and up by a step and a switch each.
    expect(back.stats?.deliveryCounts?.changes).toBeGreaterThanOrEqual(4);
    expect(back.stats?.deliveryCounts?.leftOut).toBeGreaterThan(0);
  });

  it('that carries too little gets key pictures, not old ones, where there is no sub stream', async () => {
    await viewer.stopWatching('it');
    await viewer.watch('alone', { camera: 'alone', transports: ['webrtc'] });
    const good = await viewer.frames('alone', 45);
    proxy.impair(LIMIT);

    await viewer.until('alone', (watched) => delivery(watched) === 'main, keys');
    await sleep(2000);
    await viewer.report('alone');
    await sleep(4000);

    const { frames } = await viewer.report('alone');
    console.log(
      `${frames.length} frames, longest stand ${longestStand(frames).toFixed(0)} ms, oldest ${Math.max(...ages(frames, good)).toFixed(0)} ms; ${JSON.stringify(await sent('alone'))}`,
    );
    expect(frames.length).toBeGreaterThanOrEqual(3);
    expect(Math.max(...ages(frames, good))).toBeLessThan(2000);
    expect(await sent('alone')).toMatchObject({ framesDroppedWaitingForKey: expect.any(Number) });
  });
});
