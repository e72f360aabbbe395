import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { ROOT, readPage } from '../docs/markdown.ts';
import { bundled } from '../support/bundle.ts';
import { type Browser, openChromium } from '../support/chromium.ts';
import { type HarnessPage, openHarness, type SeenFrame, type Watched } from '../support/harness/harness.ts';
import { type JanusStream, startJanusStream } from '../support/janus-stream.ts';
import { startPinhole } from '../support/pinhole.ts';
import { needs } from '../support/third-parties.ts';

const { describe, it } = needs('chromium', 'janus', 'ffmpeg');

const SECRET = 'open-sesame';
/** Of the clip that is played over and over. */
const CLIP_FRAMES = 300;

/** By how much the numbers on the pictures rise. */
const stepsOf = (frames: readonly SeenFrame[]): number[] =>
  frames
    .slice(1)
    .map(({ frameNumber }, at) => (frameNumber - (frames[at]?.frameNumber ?? 0) + CLIP_FRAMES) % CLIP_FRAMES);

describe('a stream of a real Janus in Chromium', () => {
  const pages = createServer((_request, response) => {
    response
      .setHeader('content-type', 'text/html')
      .end('<!doctype html><title>page</title><div id="camera"></div>');
  });
  let stream: JanusStream;
  let browser: Browser;
  let harness: HarnessPage;
  let url: string;

  beforeAll(async () => {
    pages.listen(0, '127.0.0.1');
    await once(pages, 'listening');
    [stream, browser] = await Promise.all([startJanusStream({ secret: SECRET }), openChromium()]);
    url = `http://127.0.0.1:${(pages.address() as AddressInfo).port}`;
    harness = await openHarness(browser, { url, token: '' });
  });

  afterAll(async () => {
    await browser?.close();
    await stream?.dispose();
    pages.close();
  });

  const watch = (name: string, url: string, change: { secret?: string; plugin?: string; id?: number } = {}) =>
    harness.watch(name, {
      camera: '',
      janus: {
        url,
        plugin: change.plugin ?? stream.plugin,
        watch: { request: 'watch', id: change.id ?? stream.id },
        secret: change.secret ?? SECRET,
      },
    });
  const last = ({ states }: Watched) => states.at(-1);

  it('shows its pictures over WebSocket and over HTTP, tells so, and comes back when Janus was killed and restarted', async () => {
    const ways = { socket: stream.janus.webSocketUrl, http: stream.janus.httpUrl };
    for (const [name, url] of Object.entries(ways)) await watch(name, url);

    for (const name of Object.keys(ways)) {
      const { frames, unreadable, transports } = await harness.until(
        name,
        (watched) =>
          watched.frames.length >= 45 && last(watched)?.kind === 'live' && watched.stats !== undefined,
      );
      const steps = stepsOf(frames);
      // None comes twice, none comes back: that would be a step of nearly a whole clip.
      expect(steps.filter((step) => step === 0 || step > CLIP_FRAMES / 2)).toEqual([]);
      expect(unreadable).toBeLessThan(frames.length / 10);
      expect(transports).toMatchObject([{ transport: 'janus', player: 'native' }]);
      const { stats } = await harness.until(
        name,
        (watched) => (watched.stats?.framesPerSecond.painted ?? 0) > 5,
      );
      expect(stats).toMatchObject({ transport: 'janus', codec: 'avc1.42e01f', width: 320, height: 180 });
    }

    // Nobody looks: Janus sends nothing; on the same session it is asked again when somebody does.
    await harness.look('socket', 'elsewhere');
    await expect.poll(async () => (await harness.report('socket')).frames.length, { interval: 500 }).toBe(0);
    await harness.look('socket', 'it');
    const again = await harness.until('socket', (watched) => watched.frames.length >= 10);
    expect(again.transports).toHaveLength(1);

    await stream.kill();
    for (const name of Object.keys(ways)) {
      const told = (watched: Watched): string | undefined => {
        const state = last(watched);
        return state?.kind === 'reconnecting' ? state.reason : undefined;
      };
      await harness.until(
        name,
        (watched) => told(watched)?.includes('No Janus answers at 127.0.0.1') === true,
      );
    }
    await stream.restart();
    for (const name of Object.keys(ways)) {
      const back = await harness.until(
        name,
        (watched) => watched.frames.length >= 15 && last(watched)?.kind === 'live',
      );
      expect(back.transports.length).toBeGreaterThan(1);
      await harness.stopWatching(name);
    }
  });

  it('plays by what the page about it shows, as it stands', async () => {
    const blocks = readPage('docs/janus-client.md').blocks.filter(
      ({ language }) => language === 'typescript',
    );
    const { webSocketUrl, httpUrl } = stream.janus;
    const watch = `plugin: '${stream.plugin}', watch: { request: 'watch', id: 1 }, secret: '${SECRET}'`;
    const cache = join(ROOT, 'test/docs/.cache');
    await mkdir(cache, { recursive: true });
    const folder = await mkdtemp(join(cache, 'janus-'));
    try {
      expect(blocks).toHaveLength(2);
      for (const [index, { text }] of blocks.entries()) {
        const script = join(folder, `block-${index}.ts`);
        const here = text
          .replace("url: 'wss://kvm.example/janus/ws'", `url: '${webSocketUrl}', ${watch}`)
          .replace('https://media.example:8089/janus', httpUrl)
          .replace(
            "plugin: 'janus.plugin.streaming',",
            `plugin: 'janus.plugin.streaming', secret: '${SECRET}',`,
          )
          .replace("iceServers: [{ urls: 'stun:stun.example:3478' }],", '');
        expect(here).not.toContain('.example');
        await writeFile(script, here);
        const page = await browser.newPage();
        await page.goto(url);
        await page.evaluate(await bundled(script));
        const width = () => page.evaluate(() => document.querySelector('video')?.videoWidth ?? 0);
        await expect.poll(width, { timeout: 20_000 }).toBe(320);
        await page.close();
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('is a camera of the program, whose viewers see the same by WHEP', async () => {
    const source = `janus+${stream.janus.webSocketUrl}/?plugin=${stream.plugin}&id=${stream.id}&secret=${SECRET}`;
    const pinhole = await startPinhole({ args: ['--camera', `kvm=${source}`] });
    try {
      const viewer = await openHarness(browser, pinhole);
      await viewer.watch('kvm', { camera: 'kvm', transports: ['webrtc'] });
      const { frames, unreadable } = await viewer.until('kvm', (watched) => watched.frames.length >= 30);
      await viewer.page.close();

      const steps = stepsOf(frames);
      expect(steps.filter((step) => step === 0 || step > CLIP_FRAMES / 2)).toEqual([]);
      expect(unreadable).toBeLessThan(frames.length / 10);
      expect(pinhole.output()).not.toContain(SECRET);
    } finally {
      await pinhole.dispose();
    }
  });

  it.each([
    ['a wrong secret', { secret: 'close-sesame' }, 'refused', 'Unauthorized request'],
    [
      'a plugin that is not there',
      { plugin: 'janus.plugin.nope' },
      'refused',
      "No such plugin 'janus.plugin.nope'",
    ],
    ['a stream that is not there', { id: 99 }, 'reconnecting', 'No such mountpoint/stream 99'],
  ])('says %s in words', async (name, change, kind, words) => {
    await watch(name, stream.janus.webSocketUrl, change);
    const told = await harness.until(name, (watched) => last(watched)?.kind === kind);
    await harness.stopWatching(name);

    expect(last(told)).toMatchObject({ reason: expect.stringContaining(words) });
    expect(JSON.stringify(told.states)).not.toMatch(/(?:open|close)-sesame/);
  });
});
