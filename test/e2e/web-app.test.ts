import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { readTimeCode } from '@pinhole/media/timecode';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { type Browser, openChromium } from '../support/chromium.ts';
import { laterFrame, paintedPicture } from '../support/painted-picture.ts';
import { type Pinhole, startPinhole } from '../support/pinhole.ts';
import { needs, thirdParty } from '../support/third-parties.ts';
import { type WatchedPages, watchPages } from '../support/watched-pages.ts';

const OUTPUT = resolve(import.meta.dirname, '../output/web');
const PHONE = { width: 360, height: 740 };
const DESKTOP = { width: 1280, height: 800 };

const { describe, it } = needs('chromium');

describe('the web app in Chromium', () => {
  let pinhole: Pinhole;
  let browser: Browser;
  let page: Page;
  let pages: WatchedPages;

  beforeAll(async () => {
    await mkdir(OUTPUT, { recursive: true });
    const cameras = [
      'door=synthetic:640x360@30',
      'hall=synthetic:640x480@15',
      `away=rtsp://viewer:secret@127.0.0.1:${await closedPort()}/stream`,
    ];
    [pinhole, browser] = await Promise.all([
      startPinhole({ args: cameras.flatMap((camera) => ['--camera', camera]) }),
      openChromium(),
    ]);
    pages = await watchPages(browser.context, pinhole.url);
    page = await browser.newPage();
    page.setDefaultTimeout(10_000);
  });

  afterEach(() => {
    expect(pages.errors).toEqual([]);
    expect(pages.foreign).toEqual([]);
    expect(pages.violations).toEqual([]);
    pages.clear();
  });

  afterAll(async () => {
    await browser?.close();
    await pinhole?.dispose();
  });

  /** Opens the app anew, signed in. */
  async function signIn(fragment = ''): Promise<void> {
    await page.setViewportSize(DESKTOP);
    await page.goto('about:blank');
    await page.goto(`${pinhole.url}/#token=${pinhole.token}`);
    await tile('door').waitFor();
    if (fragment !== '') await page.goto(`${pinhole.url}/${fragment}`);
  }

  const tile = (camera: string) => page.locator(`a.tile[aria-label="Open ${camera}"]`);
  const tileSelector = (camera: string): string => `a.tile[aria-label="Open ${camera}"] .picture`;
  const button = (name: string | RegExp) => page.getByRole('button', { name });

  describe('the link', () => {
    it('signs in, and its token leaves the address bar', async () => {
      await page.goto(`${pinhole.url}/#token=${pinhole.token}`);
      await tile('door').waitFor();

      expect(page.url()).toBe(`${pinhole.url}/`);
      expect(await page.content()).not.toContain(pinhole.token);
      await page.reload();
      await tile('door').waitFor();
    });

    it('of a wrong token leads to the sign-in page, in words; pasting a good one signs in', async () => {
      await page.goto('about:blank');
      await page.goto(`${pinhole.url}/#token=pin_ThisOneIsWrongThisOneIsWrongThisOneIsWrong`);
      const alert = page.getByRole('alert');

      await alert.waitFor();
      const refused = await alert.textContent();
      await page.getByLabel('Link or token').fill('not a link');
      await button('Watch').click();
      const nonsense = await alert.textContent();
      await page.screenshot({ path: join(OUTPUT, 'sign-in.png') });
      await page.getByLabel('Link or token').fill(`  ${pinhole.url}/#token=${pinhole.token} `);
      await button('Watch').click();
      await tile('door').waitFor();

      expect(refused).toMatch(/token/i);
      expect(nonsense).toContain('There is no token in this');
      expect(page.url()).toBe(`${pinhole.url}/`);
      expect(pages.refusals.filter((refusal) => !refusal.endsWith('away'))).toEqual([
        '401 GET /api/v1/cameras',
      ]);
    });

    it('may be a token alone, and a person can sign out again', async () => {
      await signIn();
      await button('Sign out of this browser').click();
      await page.getByLabel('Link or token').fill(pinhole.token);
      await page.keyboard.press('Enter');
      await tile('door').waitFor();

      expect(await page.evaluate(() => localStorage.length)).toBe(1);
    });
  });

  describe('the grid', () => {
    it('shows live pictures with their delay in milliseconds', async () => {
      await signIn();

      for (const camera of ['door', 'hall']) {
        const first = await laterFrame(page, tileSelector(camera));
        expect(await laterFrame(page, tileSelector(camera), first)).toBeGreaterThan(first);
        await tile(camera).locator('[data-state="live"]').waitFor();
        const latency = tile(camera).locator('.latency');
        await latency.waitFor();
        expect(await latency.textContent()).toMatch(/^\d{1,4} ms$/);
        console.log(`${camera}: ${await latency.textContent()}`);
      }
      expect(await paintedPicture(page, tileSelector('hall'))).toMatchObject({ width: 640, height: 480 });
    });

    it('says in words that a camera is offline, and keeps its password', async () => {
      await signIn();
      const notice = tile('away').locator('.notice');

      await notice.getByText('Camera offline').waitFor();

      expect(await notice.textContent()).toMatch(/The camera is offline: .*(refused|connect)/i);
      expect(await page.content()).not.toContain('secret');
      expect(await tile('away').locator('.pill').textContent()).toContain('Offline');
      expect(await tile('away').locator('.latency').count()).toBe(0);
    });

    it('opens a camera by click and by number, and comes back by Escape', async () => {
      await signIn();
      await tile('hall').click();
      await page.getByRole('heading', { name: 'hall' }).waitFor();
      expect(page.url()).toBe(`${pinhole.url}/#/camera/hall`);
      await laterFrame(page, '.viewer .picture');

      await page.keyboard.press('Escape');
      await laterFrame(page, tileSelector('door'));
      await page.keyboard.press('1');
      await page.getByRole('heading', { name: 'door' }).waitFor();
      await laterFrame(page, '.viewer .picture');
      await page.keyboard.press('ArrowRight');
      await page.getByRole('heading', { name: 'hall' }).waitFor();
      await page.keyboard.press('ArrowLeft');
      await page.getByRole('heading', { name: 'door' }).waitFor();
      await page.getByRole('link', { name: 'All cameras' }).click();
      await tile('door').waitFor();
    });
  });

  describe('a camera', () => {
    it('has statistics with a chart that fills', async () => {
      await signIn('#/camera/door');
      await laterFrame(page, '.viewer .picture');
      await page.keyboard.press('i');
      const panel = page.getByRole('complementary', { name: 'Delay and statistics' });

      await panel.getByText('Carried by').waitFor();
      await panel.getByText('Delay, median').waitFor();
      await page.waitForTimeout(3_000); // a line needs a few seconds to be seen
      const rows = Object.fromEntries(await panel.locator('dl').evaluate(pairs));
      const colours = await panel.locator('.chart canvas').evaluate(coloursOf);

      expect(rows['Carried by']).toMatch(/^(WebRTC, video element|WebSocket, WebCodecs)$/);
      expect(rows['Codec']).toMatch(/^avc1\./);
      expect(rows['Picture']).toBe('640 × 360');
      expect(rows['Delay, median']).toMatch(/^\d+ ms$/);
      expect(Number.parseFloat(rows['Frames painted'] ?? '')).toBeGreaterThan(10);
      expect(colours).toBeGreaterThan(3);
      expect(await button('Delay and statistics (I)').getAttribute('aria-pressed')).toBe('true');
    });

    it('saves a snapshot that is the picture on the page', async () => {
      await signIn('#/camera/door');
      const before = await laterFrame(page, '.viewer .picture');
      const path = join(OUTPUT, 'snapshot.jpg');

      const [download] = await Promise.all([
        page.waitForEvent('download'),
        button('Save a snapshot (S)').click(),
      ]);
      await download.saveAs(path);
      const code = thirdParty('ffmpeg') === undefined ? undefined : timeCodeOf(path, 640, 360);

      expect(download.suggestedFilename()).toMatch(/^door-.*\.jpg$/);
      await page.getByText(/^Saved door-/).waitFor();
      if (code !== undefined) expect(code.frameNumber).toBeGreaterThanOrEqual(before);
    });

    it('fills the screen and leaves it by button and by key', async () => {
      await signIn('#/camera/door');
      await laterFrame(page, '.viewer .picture');
      const isFull = () => document.fullscreenElement?.classList.contains('viewer') === true;

      await button('Full screen (F)').click();
      await page.waitForFunction(isFull);
      await laterFrame(page, '.viewer .picture');
      await page.keyboard.press('f');
      await page.waitForFunction(() => document.fullscreenElement === null);
    });

    it('explains its keys in a dialog', async () => {
      await signIn('#/camera/door');
      const dialog = page.getByRole('dialog', { name: 'Keys' });

      await button('Keys (?)').click();
      await dialog.getByText('Full screen').waitFor();
      await page.screenshot({ path: join(OUTPUT, 'keys.png') });
      await dialog.getByRole('button', { name: 'Close' }).click();
      await dialog.waitFor({ state: 'hidden' });
      await page.keyboard.press('?');
      await dialog.waitFor();
      await page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'hidden' });

      expect(page.url()).toBe(`${pinhole.url}/#/camera/door`);
    });

    it.each(['nobody', '%zz'])('that is not there (%s) is said to be so, with a way back', async (id) => {
      await signIn(`#/camera/${id}`);

      await page.getByRole('heading', { name: `No camera “${id}”` }).waitFor();
      await page.getByRole('link', { name: 'All cameras' }).click();
      await tile('door').waitFor();
    });
  });

  describe('the look', () => {
    it.each(['dark', 'light'] as const)(
      'is %s where the system is, and can be changed',
      async (colorScheme) => {
        await page.emulateMedia({ colorScheme });
        await signIn();
        await page.evaluate(() => localStorage.removeItem('pinhole.theme'));
        await page.reload();
        await laterFrame(page, tileSelector('door'));
        await tile('door').locator('.latency').waitFor();
        const luminance = (): Promise<number> => page.evaluate(backgroundLuminance);

        const before = await luminance();
        await page.screenshot({ path: join(OUTPUT, `grid-${colorScheme}.png`) });
        await button('Dark or light').click();
        const after = await luminance();
        await button('Dark or light').click();
        await tile('door').click();
        await laterFrame(page, '.viewer .picture');
        await page.keyboard.press('i');
        await page.getByText('Delay, median').waitFor();
        await page.screenshot({ path: join(OUTPUT, `camera-${colorScheme}.png`) });

        expect(before < 0.5).toBe(colorScheme === 'dark');
        expect(after < 0.5).toBe(colorScheme !== 'dark');
      },
    );

    it('fits a phone: pictures as wide as it is, and no scrolling sideways', async () => {
      await signIn();
      await page.setViewportSize(PHONE);
      const excess = (): Promise<number> =>
        page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

      await laterFrame(page, tileSelector('door'));
      expect(await excess()).toBe(0);
      await page.screenshot({ path: join(OUTPUT, 'phone-grid.png'), fullPage: true });
      await tile('door').click();
      await laterFrame(page, '.viewer .picture');
      expect(await excess()).toBe(0);
      await button('Delay and statistics (I)').click();
      await page.getByText('Delay, median').waitFor();
      expect(await excess()).toBe(0);
      expect(await page.locator('.viewer .picture').boundingBox()).toMatchObject({
        x: 0,
        width: PHONE.width,
      });
      await page.screenshot({ path: join(OUTPUT, 'phone-camera.png'), fullPage: true });
      await page.getByRole('link', { name: 'All cameras' }).click();
      await button('Sign out of this browser').click();
      await page.getByLabel('Link or token').waitFor();
      expect(await excess()).toBe(0);
    });
  });
});

/** A port of this machine on which nobody listens. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 1;
}

/** Decodes a JPEG by ffmpeg and reads its time code. @throws {Error} when it is none of that size. */
function timeCodeOf(path: string, width: number, height: number): { readonly frameNumber: number } {
  const decode = ['-v', 'error', '-i', path, '-pix_fmt', 'gray', '-f', 'rawvideo', 'pipe:1'];
  const luma = new Uint8Array(execFileSync('ffmpeg', decode, { maxBuffer: 2 ** 26 }));
  const code = luma.length === width * height ? readTimeCode({ luma, width, height }) : undefined;
  if (!code) throw new Error(`${path}: ${luma.length} samples, no time code of ${width}×${height}`);
  return code;
}

/** Runs in the page: the pairs of a description list. */
function pairs(list: Element): [string, string][] {
  return [...list.querySelectorAll('dt')].map((term) => [
    term.textContent ?? '',
    term.nextElementSibling?.textContent ?? '',
  ]);
}

/** Runs in the page: how many colours a canvas has. */
function coloursOf(canvas: Element): number {
  if (!(canvas instanceof HTMLCanvasElement)) return 0;
  const { data } = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height) ?? { data: [] };
  return new Set(new Uint32Array(Uint8ClampedArray.from(data).buffer)).size;
}

/** Runs in the page: how light its background is, 0…1. */
function backgroundLuminance(): number {
  const canvas = new OffscreenCanvas(1, 1).getContext('2d');
  if (!canvas) return Number.NaN;
  canvas.fillStyle = getComputedStyle(document.body).backgroundColor;
  canvas.fillRect(0, 0, 1, 1);
  const [red = 0, green = 0, blue = 0] = canvas.getImageData(0, 0, 1, 1).data;
  return (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255;
}
