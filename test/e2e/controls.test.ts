import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, vi } from 'vitest';
import { type Browser, openChromium } from '../support/chromium.ts';
import { laterFrame, paintedPicture } from '../support/painted-picture.ts';
import { type Pinhole, startPinhole } from '../support/pinhole.ts';
import { needs } from '../support/third-parties.ts';
import { type WatchedPages, watchPages } from '../support/watched-pages.ts';

const OUTPUT = resolve(import.meta.dirname, '../output/web');
const PICTURE = '.viewer .picture';
const DESKTOP = { width: 1280, height: 800 };
const PHONE = { width: 390, height: 844 };

const { describe, it } = needs('chromium');

describe('controls in two pages', () => {
  let pinhole: Pinhole;
  let browser: Browser;
  let pages: WatchedPages;
  let one: Page;
  let other: Page;

  beforeAll(async () => {
    await mkdir(OUTPUT, { recursive: true });
    [pinhole, browser] = await Promise.all([
      startPinhole({
        args: ['--camera', 'door=synthetic:640x360@30', '--camera', 'hall=synthetic:640x360@15'],
      }),
      openChromium(),
    ]);
    pages = await watchPages(browser.context, pinhole.url);
    one = await browser.newPage();
    // This one has no WebRTC: its picture is a canvas, and its messages go by WebSocket.
    other = await browser.newPage();
    await other.addInitScript(() => Reflect.deleteProperty(globalThis, 'RTCPeerConnection'));
    for (const page of [one, other]) {
      page.setDefaultTimeout(10_000);
      await openCamera(page, pinhole.token);
      await page.keyboard.press('c');
      await control(page, 'brightness').waitFor();
    }
  });

  afterEach(async () => {
    expect(pages.errors).toEqual([]);
    expect(pages.violations).toEqual([]);
    await rest('POST', 'controls/reset', {});
    await rest('POST', 'controls/keep');
  });

  afterAll(async () => {
    await browser?.close();
    await pinhole?.dispose();
  });

  async function openCamera(page: Page, token: string, camera = 'door'): Promise<void> {
    await page.goto(`${pinhole.url}/#token=${token}`);
    await page.locator(`a.tile[aria-label="Open ${camera}"]`).click();
    await laterFrame(page, PICTURE);
  }

  const rest = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const reply = await pinhole.ask(`/api/v1/cameras/door/${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    expect(reply.status).toBeLessThan(300);
    return reply.status === 204 ? undefined : await reply.json();
  };

  const control = (page: Page, id: string) => page.locator(`#control-${id}`);
  const number = (page: Page, id: string) => page.locator(`[data-control="${id}"] .number input`);

  /** Mean brightness of the lower half of what is painted, 0 to 255. */
  const brightnessOf = (page: Page): Promise<number> =>
    page.evaluate((place) => {
      const all = document.querySelectorAll<HTMLVideoElement | HTMLCanvasElement>(
        `${place} :is(video, canvas)`,
      );
      const picture = all[all.length - 1];
      const probe = new OffscreenCanvas(64, 36).getContext('2d');
      if (!picture || !probe) return 0;
      probe.drawImage(picture, 0, 0, 64, 36);
      const { data } = probe.getImageData(0, 18, 64, 18);
      return data.reduce((sum, value, i) => (i % 4 === 1 ? sum + value : sum), 0) / (data.length / 4);
    }, PICTURE);

  it('a change in one shows in the other, and in both pictures', async () => {
    const before = await Promise.all([one, other].map(brightnessOf));

    await number(one, 'brightness').fill('45');
    await number(one, 'brightness').press('Enter');

    await vi.waitFor(async () => expect(await number(other, 'brightness').inputValue()).toBe('45'), 5000);
    expect(await control(other, 'brightness').inputValue()).toBe('45');
    for (const [i, page] of [one, other].entries())
      await vi.waitFor(
        async () => expect(await brightnessOf(page)).toBeGreaterThan((before[i] ?? 0) + 25),
        5000,
      );
    await control(other, 'pattern').selectOption('plain');
    await vi.waitFor(async () => expect(await control(one, 'pattern').inputValue()).toBe('plain'), 5000);
  });

  it('a slider is moved with the keyboard, and goes back to its default', async () => {
    await control(other, 'brightness').focus();
    for (let i = 0; i < 5; i++) await other.keyboard.press('ArrowRight');

    await vi.waitFor(async () => expect(await number(one, 'brightness').inputValue()).toBe('5'), 5000);
    await one.getByRole('button', { name: 'Brightness: back to the default' }).click();

    await vi.waitFor(async () => expect(await number(other, 'brightness').inputValue()).toBe('0'), 5000);
    await one.getByRole('button', { name: 'Brightness: back to the default' }).waitFor({ state: 'detached' });
  });

  it('what cannot be changed is greyed, with the reason', async () => {
    await control(one, 'pattern').selectOption('bars');

    for (const page of [one, other]) {
      await page.getByText('Colour bars are a reference and keep their levels').waitFor();
      expect(await control(page, 'brightness').isDisabled()).toBe(true);
      expect(await number(page, 'brightness').isDisabled()).toBe(true);
    }
    await one.screenshot({ path: join(OUTPUT, 'controls-dark.png') });
  });

  it('what the server refuses is said in words beside the control', async () => {
    await number(one, 'brightness').fill('900');
    await number(one, 'brightness').press('Enter');

    const alert = one.locator('[data-control="brightness"] [role="alert"]');
    await alert.waitFor();
    expect(await alert.textContent()).toBe('brightness 900: use a whole number from -50 to 50');
    await vi.waitFor(async () => expect(await number(one, 'brightness').inputValue()).toBe('0'));
    await number(one, 'brightness').fill('1');
    await number(one, 'brightness').press('Enter');
    await alert.waitFor({ state: 'detached' });
  });

  it('a risky change is taken back after ten seconds, in the picture too', async () => {
    await control(one, 'size').selectOption('320x180');

    for (const page of [one, other]) {
      await page.getByLabel('Keep the change?').waitFor();
      await vi.waitFor(
        async () => expect(await paintedPicture(page, PICTURE)).toMatchObject({ width: 320 }),
        5000,
      );
      await laterFrame(page, PICTURE, await laterFrame(page, PICTURE));
    }
    expect(await other.getByLabel('Keep the change?').textContent()).toMatch(
      /Picture size goes back in \d+ s/,
    );
    await one.screenshot({ path: join(OUTPUT, 'controls-unkept.png') });
    const asked = Date.now();
    for (const page of [one, other])
      await page.getByLabel('Keep the change?').waitFor({ state: 'detached', timeout: 15_000 });
    for (const page of [one, other]) {
      await vi.waitFor(
        async () => expect(await paintedPicture(page, PICTURE)).toMatchObject({ width: 640 }),
        5000,
      );
      expect(await control(page, 'size').inputValue()).toBe('640x360');
    }
    expect(Date.now() - asked).toBeLessThan(12_000);
  });

  it('a risky change stays when somebody in the other page keeps it', async () => {
    await control(one, 'size').selectOption('320x180');
    await other.getByRole('button', { name: 'Keep' }).click();
    await one.getByLabel('Keep the change?').waitFor({ state: 'detached' });

    await new Promise((later) => setTimeout(later, 11_000));

    expect(await paintedPicture(one, PICTURE)).toMatchObject({ width: 320 });
    await rest('PUT', 'controls/size', { value: '640x360', keep: true });
  });

  it('presets are saved, applied, and removed', async () => {
    await number(one, 'brightness').fill('-30');
    await number(one, 'brightness').press('Enter');
    await vi.waitFor(async () => expect(await number(other, 'brightness').inputValue()).toBe('-30'), 5000);
    await one.getByLabel('Name of the preset').fill('Night');
    await one.getByRole('button', { name: 'Save', exact: true }).click();
    const apply = one.getByRole('button', { name: 'Night', exact: true });
    await apply.waitFor();
    await one.getByRole('button', { name: 'Reset all' }).click();
    await vi.waitFor(async () => expect(await number(other, 'brightness').inputValue()).toBe('0'), 5000);

    await apply.click();

    await vi.waitFor(async () => expect(await number(other, 'brightness').inputValue()).toBe('-30'), 5000);
    await one.getByLabel('At start').check();
    await vi.waitFor(async () =>
      expect(await rest('GET', 'presets')).toMatchObject({ presets: [{ name: 'Night', atStart: true }] }),
    );
    await one.getByRole('button', { name: 'Remove Night' }).click();
    await apply.waitFor({ state: 'detached' });
  });

  it('a token that may only watch sees no controls', async () => {
    const { token } = await pinhole.createToken({ cameras: ['door'], rights: ['view'] });
    const guests = await openChromium();
    const guest = await guests.newPage();
    await openCamera(guest, token);
    await control(one, 'size').selectOption('320x180');
    await vi.waitFor(
      async () => expect(await paintedPicture(guest, PICTURE)).toMatchObject({ width: 320 }),
      5000,
    );

    await guest.keyboard.press('c');
    await new Promise((later) => setTimeout(later, 1500));

    expect(await guest.getByRole('button', { name: /Camera controls/ }).count()).toBe(0);
    expect(await guest.locator('.controls').count()).toBe(0);
    expect(await guest.getByLabel('Keep the change?').count()).toBe(0);
    await guests.close();
    await rest('POST', 'controls/revert');
  });

  it('lie over the picture as lines and marks, for this camera, until they are switched off', async () => {
    for (const [page, name] of [
      [one, 'native'],
      [other, 'canvas'],
    ] as const) {
      await page.keyboard.press('o');
      await page.getByLabel('Centre cross').check();
      await page.getByLabel('Grid of thirds').check();
      await page.getByLabel('Mark what is sharp').check();
      await page.getByLabel('Thickness').fill('4');
      await page.locator('#overlay-colour').fill('#00ff00');
      await vi.waitFor(async () => expect(await markedShare(page)).toBeGreaterThan(0.005), 5000);
      expect(await markedShare(page)).toBeLessThan(0.3);
      expect(await page.locator('.overlays svg').getAttribute('stroke-width')).toBe('4');
      await page.screenshot({ path: join(OUTPUT, `overlays-${name}.png`) });
      await page.reload();
      await laterFrame(page, PICTURE);
      expect(await page.locator('.overlays path').count()).toBe(2);
      await page.keyboard.press('ArrowRight');
      await page.getByRole('heading', { name: 'hall' }).waitFor();
      expect(await page.locator('.overlays > *').count()).toBe(0);
      await page.keyboard.press('ArrowLeft');
      await page.locator('.overlays svg').waitFor();
      await page.keyboard.press('o');
      for (const label of ['Centre cross', 'Grid of thirds', 'Mark what is sharp'])
        await page.getByLabel(label).uncheck();
      expect(await page.locator('.overlays > *').count()).toBe(0);
      await page.keyboard.press('Escape');
    }
  });

  /** Share of the picture's points that are marked as sharp. */
  const markedShare = (page: Page): Promise<number> =>
    page.evaluate(() => {
      const marks = document.querySelector<HTMLCanvasElement>('canvas.peaking');
      if (!marks || marks.width < 100) return 0;
      const probe = new OffscreenCanvas(marks.width, marks.height).getContext('2d');
      if (!probe) return 0;
      return new Promise<number>((found) => {
        // What WebGL drew is there until the page was painted.
        requestAnimationFrame(() => {
          probe.drawImage(marks, 0, 0);
          const { data } = probe.getImageData(0, 0, marks.width, marks.height);
          let marked = 0;
          for (let i = 3; i < data.length; i += 4) if ((data[i] ?? 0) > 0) marked++;
          found(marked / (data.length / 4));
        });
      });
    });

  it('can be used on a phone, and in the light', async () => {
    await one.setViewportSize(PHONE);
    await one.emulateMedia({ colorScheme: 'light' });
    await one.keyboard.press('c');
    await control(one, 'fps').waitFor();

    const wider = await one.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(wider).toBeLessThanOrEqual(0);
    await control(one, 'size').selectOption('320x180');
    await one.getByLabel('Keep the change?').waitFor();
    await one.screenshot({ path: join(OUTPUT, 'controls-phone-light.png'), fullPage: true });
    await one.getByRole('button', { name: 'Take back' }).click();
    await one.getByLabel('Keep the change?').waitFor({ state: 'detached' });
    await one.setViewportSize(DESKTOP);
    await one.screenshot({ path: join(OUTPUT, 'controls-light.png') });
    await one.emulateMedia({ colorScheme: 'dark' });
  });
});
