import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { type Browser, openChromium } from '../support/chromium.ts';
import { openHarness } from '../support/harness/harness.ts';
import { paintedPicture } from '../support/painted-picture.ts';
import { type Pinhole, startPinhole } from '../support/pinhole.ts';
import { filmAsFieldsPagesDo, watchAsFieldsPagesDo } from '../support/room-pages.ts';
import { needs } from '../support/third-parties.ts';
import { timeCodedPictures } from '../support/time-coded-pictures.ts';

const { it } = needs('chromium', 'ffmpeg');

const CONFIG = `
cameras:
  front: synthetic:640x360@15
  yard: "room:cctv/yard-cam"
rooms:
  mode: compatible
  cameras:
    front: cctv/front-door
`;

describe('pages of the field in rooms', () => {
  let folder: string;
  let pinhole: Pinhole;
  let browser: Browser;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pinhole-rooms-'));
    const [config, film] = [join(folder, 'pinhole.yaml'), join(folder, 'webcam.mjpeg')];
    const pictures = await timeCodedPictures({ width: 640, height: 360, count: 100 });
    await Promise.all([writeFile(config, CONFIG, { mode: 0o600 }), writeFile(film, Buffer.concat(pictures))]);
    const webcam = [
      '--use-fake-device-for-media-stream',
      '--use-fake-ui-for-media-stream',
      `--use-file-for-fake-video-capture=${film}`,
    ];
    [pinhole, browser] = await Promise.all([
      startPinhole({ args: ['--config', config] }),
      openChromium({ flags: webcam }),
    ]);
  });

  afterAll(async () => {
    await browser?.close();
    await pinhole?.dispose();
    if (folder) await rm(folder, { recursive: true });
  });

  /** A page of this server's own origin with nothing in it. */
  const openPage = async (): Promise<Page> => {
    const page = await browser.newPage();
    await page.goto(`${pinhole.url}/health`);
    return page;
  };

  const viewers = async (): Promise<number> => (await pinhole.sessions()).length;

  it('one that watches sees a camera of this server, picture by picture, and leaves', async () => {
    const page = await openPage();
    await watchAsFieldsPagesDo(page, { room: 'cctv', cameraId: 'front-door' });

    const seen = async () => (await paintedPicture(page, '#video'))?.code;
    await expect.poll(seen, { timeout: 10_000 }).toBeDefined();
    const first = await seen();
    await expect
      .poll(async () => ((await seen())?.frameNumber ?? 0) - (first?.frameNumber ?? 0), {
        timeout: 10_000,
      })
      .toBeGreaterThan(15);
    // The camera's clock is this machine's.
    expect(Date.now() - Number((await seen())?.captureTime) / 1000).toBeLessThan(5000);
    expect(await viewers()).toBe(1);

    await page.close();
    await expect.poll(viewers, { timeout: 10_000 }).toBe(0);
  });

  it('one that films is a camera of this server, seen over WHEP', async () => {
    const film = await openPage();
    await filmAsFieldsPagesDo(film, { room: 'cctv', cameraId: 'yard-cam' });
    const harness = await openHarness(browser, pinhole);

    await harness.watch('yard', { camera: 'yard', transports: ['webrtc'] });
    const frames = await harness.frames('yard', 30);
    await harness.stopWatching('yard');

    const numbers = frames.map(({ frameNumber }) => frameNumber);
    const steps = numbers.slice(1).map((number, index) => (number - (numbers[index] ?? 0) + 100) % 100);
    expect(frames.at(-1)).toMatchObject({ width: 640, height: 360 });
    // The film of the webcam has a hundred pictures, over and over.
    expect(steps.every((step) => step > 0 && step < 50)).toBe(true);
    await film.close();
  });
});
