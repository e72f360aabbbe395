import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { type Browser, openChromium } from '../support/chromium.ts';
import { expectMoving, frameNumbers } from '../support/frame-proof.ts';
import { type HarnessPage, openHarness } from '../support/harness/harness.ts';
import { openHideableChromium } from '../support/hideable-chromium.ts';
import { quantile } from '../support/measure.ts';
import { laterFrame } from '../support/painted-picture.ts';
import { type Pinhole, startPinhole } from '../support/pinhole.ts';
import { ScriptedJpegSource } from '../support/scripted-jpeg-camera.ts';
import { openTestServer, type TestServer } from '../support/test-server.ts';
import { needs } from '../support/third-parties.ts';
import { timeCodedPictures } from '../support/time-coded-pictures.ts';

const [WIDTH, HEIGHT] = [640, 360];
const RATE = 15;
const COUNT = 600;

const { describe, it } = needs('chromium', 'ffmpeg');

describe('a camera that makes JPEG, in Chromium', () => {
  let pictures: readonly Uint8Array[];
  let browser: Browser;
  let server: TestServer;
  let source: ScriptedJpegSource;
  let film: ReturnType<typeof setInterval>;
  /** When each picture was handed over, UTC microseconds, by its number. */
  let capturedAt: Map<number, number>;

  beforeAll(async () => {
    [pictures, browser] = await Promise.all([
      timeCodedPictures({ width: WIDTH, height: HEIGHT, count: COUNT }),
      openChromium(),
    ]);
  });

  afterAll(async () => {
    await browser?.close();
  });

  beforeEach(async () => {
    source = new ScriptedJpegSource();
    capturedAt = new Map();
    server = await openTestServer({ cameras: { yard: 'synthetic' } }, { openSource: () => source });
    let next = 0;
    film = setInterval(() => {
      const number = next++ % COUNT;
      const data = pictures[number];
      if (data && source.running)
        capturedAt.set(number, source.picture(data, { width: WIDTH, height: HEIGHT }));
    }, 1000 / RATE);
  });

  afterEach(async () => {
    clearInterval(film);
    await server.close();
  });

  const watched = async (chromium = browser): Promise<HarnessPage> =>
    await openHarness(chromium, { url: server.url, token: server.adminToken });

  it('is watched by its own pictures, with their true delay, and no encoder runs', async () => {
    const harness = await watched();

    await harness.watch('player', { camera: 'yard', transports: ['websocket'], players: ['jpeg'] });
    const { frames, transports, states, latency, stats } = await harness.until(
      'player',
      (report) => report.frames.length >= 60 && report.latency !== undefined,
    );
    await harness.page.close();

    expect(transports).toMatchObject([{ transport: 'websocket', player: 'jpeg' }]);
    expectMoving(frames);
    expect(states.at(-1)?.kind).toBe('live');
    expect(stats).toMatchObject({ codec: 'jpeg', width: WIDTH, height: HEIGHT, decoder: 'JPEG' });
    const delays = frames.map(
      ({ frameNumber, paintedAt }) => paintedAt - (capturedAt.get(frameNumber) ?? 0) / 1000,
    );
    expect(Math.abs((latency?.p50Ms ?? 0) - quantile(delays, 0.5))).toBeLessThan(40);
    console.log(`JPEG by WebSocket: capture→paint p50 ${quantile(delays, 0.5).toFixed(0)} ms`);
    expect(source.wishes.flat()).not.toContain('units');
  });

  it('shows a new size at once', async () => {
    const small = await timeCodedPictures({ width: 320, height: 180, count: 100, firstFrame: COUNT });
    const harness = await watched();
    await harness.watch('player', { camera: 'yard', transports: ['websocket'], players: ['jpeg'] });
    await harness.until('player', ({ frames }) => frames.length >= 20);

    pictures = [...small, ...small, ...small, ...small, ...small, ...small];
    const { frames, transports, states } = await harness.until(
      'player',
      (report) => report.frames.filter(({ width }) => width === 320).length >= 20,
    );
    await harness.page.close();

    expect(frames.some(({ height }) => height === 180)).toBe(true);
    expect(transports).toHaveLength(1);
    expect(states.at(-1)?.kind).toBe('live');
    pictures = await timeCodedPictures({ width: WIDTH, height: HEIGHT, count: COUNT });
  });

  it('goes on after the page was hidden, with the newest picture', async () => {
    const tabs = await openHideableChromium();
    try {
      const harness = await watched(tabs);
      await harness.watch('player', { camera: 'yard', transports: ['websocket'], players: ['jpeg'] });
      const before = await harness.until('player', ({ frames }) => frames.length >= 20);
      const other = await tabs.newPage();
      await other.bringToFront();
      await harness.page.waitForFunction(() => document.visibilityState === 'hidden');
      await new Promise((later) => setTimeout(later, 5_000));
      await harness.report('player'); // forgets what was painted until it was hidden
      await harness.page.bringToFront();
      const after = await harness.until('player', ({ frames }) => frames.length >= 30);

      const last = before.frames.at(-1)?.frameNumber ?? 0;
      expect(after.frames[1]?.frameNumber).toBeGreaterThan(last + 3 * RATE);
      expect(frameNumbers(after.frames)).toEqual(frameNumbers(after.frames).toSorted((a, b) => a - b));
      expect(after.transports).toHaveLength(1);
      expect(after.states.at(-1)?.kind).toBe('live');
    } finally {
      await tabs.close();
    }
  });

  it('is shown by the web app as it is, unless somebody asks for WebRTC', async () => {
    const page = await browser.newPage();
    const picture = async (): Promise<number> => await laterFrame(page, 'a.tile .picture');
    await page.goto(`${server.url}/#token=${server.adminToken}`);
    await picture();
    const wanted = source.wishes.flat();
    source.wishes.length = 0;

    await page.goto(`${server.url}/?transport=webrtc#token=${server.adminToken}`);
    await expect.poll(() => source.wishes.flat(), { timeout: 10_000 }).toContain('units');
    await page.close();

    expect(new Set(wanted)).toEqual(new Set(['pictures']));
  });

  it('is a moving picture in a plain <img>, each shown when it came', async () => {
    const page = await browser.newPage();
    await page.goto(`${server.url}/health`);

    await page.evaluate((src) => {
      const image = document.createElement('img');
      image.src = src;
      document.body.replaceChildren(image);
    }, `/cameras/yard/stream.mjpeg?token=${server.adminToken}`);
    const seen = [await laterFrame(page, 'body')];
    while (seen.length < 10) seen.push(await laterFrame(page, 'body', seen.at(-1)));
    const ageMs = Date.now() - (capturedAt.get(seen.at(-1) ?? 0) ?? 0) / 1000;
    await page.close();

    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    // One that waited for the next one's arrival would be older by a whole interval.
    console.log(`<img>: newest picture seen ${ageMs.toFixed(0)} ms after it was captured`);
    expect(ageMs).toBeLessThan(2_000);
  });
});

needs('chromium', 'node-av').describe('JPEG as the last way to an H.264 camera, in Chromium', () => {
  let pinhole: Pinhole;
  let browser: Browser;

  beforeAll(async () => {
    [pinhole, browser] = await Promise.all([
      startPinhole({ args: ['--camera', `test=synthetic:${WIDTH}x${HEIGHT}@30`] }),
      openChromium(),
    ]);
  });

  afterAll(async () => {
    await browser?.close();
    await pinhole?.dispose();
  });

  async function open(script: () => void): Promise<HarnessPage> {
    const newPage = async (): Promise<Page> => {
      const page = await browser.newPage();
      await page.addInitScript(script);
      return page;
    };
    return await openHarness({ ...browser, newPage }, pinhole);
  }

  needs('chromium', 'node-av').it(
    'is taken by a browser that has neither WebRTC nor WebCodecs nor MSE, and says so',
    async () => {
      const harness = await open(() => {
        for (const name of ['RTCPeerConnection', 'VideoDecoder', 'MediaSource', 'ManagedMediaSource']) {
          Reflect.deleteProperty(window, name);
        }
      });

      await harness.watch('player', { camera: 'test', element: true });
      const { frames, transports, states, stats, latency } = await harness.until(
        'player',
        (report) => report.frames.length >= 40 && report.latency !== undefined,
        { patienceMs: 30_000 },
      );
      const words = await harness.page.evaluate(
        () => document.querySelector('pinhole-camera')?.shadowRoot?.querySelector('.transport')?.textContent,
      );
      await harness.page.close();

      expect(transports).toMatchObject([
        { transport: 'websocket', player: 'jpeg', reason: 'This browser has no WebRTC.' },
      ]);
      expect(words).toBe('WebSocket · JPEG');
      const numbers = frameNumbers(frames);
      expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
      // Ten of thirty.
      expect(((numbers.at(-1) ?? 0) - (numbers[0] ?? 0)) / (numbers.length - 1)).toBeLessThan(6);
      const delays = frames.map(({ captureTime, paintedAt }) => paintedAt - captureTime / 1000);
      expect(Math.abs((latency?.p50Ms ?? 0) - quantile(delays, 0.5))).toBeLessThan(60);
      expect(stats?.codec).toBe('jpeg');
      expect(states.at(-1)?.kind).toBe('live');
      console.log(`JPEG made of H.264: capture→paint p50 ${quantile(delays, 0.5).toFixed(0)} ms`);
    },
  );
});
