import { mkdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { micros } from '@pinhole/core';
import { SlotPublisher } from '@pinhole/outputs/ustreamer';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { type Browser, openChromium } from '../support/chromium.ts';
import { paintedPicture } from '../support/painted-picture.ts';
import { type Pinhole, startPinhole } from '../support/pinhole.ts';
import { needs } from '../support/third-parties.ts';
import { timeCodedPictures } from '../support/time-coded-pictures.ts';
import {
  freshSlot,
  removeSlots,
  startUstreamer,
  type Ustreamer,
} from '../support/ustreamer/ustreamer-run.ts';
import { type WatchedPages, watchPages } from '../support/watched-pages.ts';

const OUTPUT = resolve(import.meta.dirname, '../output/web');
const PICTURE = '.viewer .picture';
const PHONE = { width: 390, height: 844 };
const DESKTOP = { width: 1280, height: 800 };
const [WIDTH, HEIGHT, RATE] = [640, 360, 15];

const { describe, it } = needs('chromium', 'ffmpeg', 'ustreamer', 'node-av');

describe('the page of a KVM camera, on a slot that the real µStreamer and then a writer of ours fills', () => {
  const slot = freshSlot('jpeg');
  let pictures: readonly Uint8Array[];
  let real: Ustreamer;
  let writer: SlotPublisher | undefined;
  let film: ReturnType<typeof setInterval>;
  let pinhole: Pinhole;
  let browser: Browser;
  let pages: WatchedPages;
  let page: Page;
  /** Shows an H.264 camera, and finds no network path for WebRTC. */
  let walled: Page;

  beforeAll(async () => {
    await mkdir(OUTPUT, { recursive: true });
    [pictures, real, browser, pinhole] = await Promise.all([
      timeCodedPictures({ width: WIDTH, height: HEIGHT, count: 300, below: 'card' }),
      startUstreamer({ sink: slot, removal: 'never' }),
      openChromium({ viewport: DESKTOP }),
      startPinhole({
        args: ['--camera', `kvm=ustreamer:${slot}`, '--camera', 'other=synthetic:320x180@10'],
      }),
    ]);
    pages = await watchPages(browser.context, pinhole.url);
    [page, walled] = await Promise.all([browser.newPage(), browser.newPage()]);
    for (const each of [page, walled]) {
      each.setDefaultTimeout(15_000);
      await each.addInitScript(relayOnlyWhileWalled);
    }
    // It takes its time to find that there is no path, beside the other tests.
    await walled.addInitScript(() => Object.assign(window, { walled: true }));
    await walled.goto(`${pinhole.url}/#token=${pinhole.token}`);
    await walled.locator('a.tile[aria-label="Open other"]').click();
  });

  afterEach(() => {
    expect(pages.errors).toEqual([]);
    expect(pages.violations).toEqual([]);
  });

  afterAll(async () => {
    clearInterval(film);
    await browser?.close();
    await pinhole?.dispose();
    writer?.close();
    await real?.stop();
    removeSlots([slot]);
  });

  /** From now on the slot has moving pictures; without a signal, one of them a second, as a placeholder. */
  function show(signal: 'signal' | 'no signal'): void {
    writer ??= SlotPublisher.open(
      { name: slot, kind: 'jpeg', layout: 'A2', mode: 0o660, removal: 'never' },
      { now: utcNow },
    );
    const to = writer;
    const online = signal === 'signal';
    let next = 0;
    clearInterval(film);
    film = setInterval(
      () => {
        const data = pictures[next++ % pictures.length];
        if (data)
          to.publish({
            data,
            width: WIDTH,
            height: HEIGHT,
            captureTime: utcNow(),
            key: true,
            gop: 0,
            online,
          });
      },
      1000 / (online ? RATE : 1),
    );
  }

  const pill = () => page.locator('.viewer .pill').first();
  const viewButton = () => page.locator('.view-button');
  const menu = () => page.getByRole('dialog', { name: 'Mode and view' });
  const choose = async (name: string): Promise<void> => {
    if (!(await menu().isVisible())) await viewButton().click();
    await menu().getByText(name, { exact: true }).click();
  };
  const pictureNumber = async (): Promise<number | undefined> =>
    (await paintedPicture(page, PICTURE))?.code?.frameNumber;

  /** Waits until three other time codes were painted. */
  async function moves(): Promise<void> {
    const seen = new Set<number>();
    const look = async (): Promise<number> => {
      const number = await pictureNumber();
      if (number !== undefined) seen.add(number);
      return seen.size;
    };
    await expect.poll(look, { interval: 60, timeout: 20_000 }).toBeGreaterThan(3);
  }

  const shoot = async (name: string): Promise<void> => {
    await page.screenshot({ path: join(OUTPUT, `kvm-${name}.png`) });
  };

  it('says that there is no signal while µStreamer shows its placeholder, in the grid and alone', async () => {
    await page.goto(`${pinhole.url}/#token=${pinhole.token}`);
    const tile = page.locator('a.tile[aria-label="Open kvm"]');
    await tile.locator('.pill[data-state="no-signal"]').waitFor();
    await tile.click();

    await page.locator('.viewer .pill[data-state="no-signal"]').waitFor();
    expect(await page.locator('.viewer .notice strong').textContent()).toBe('No signal from the host');
    expect(await page.locator('.viewer .notice').textContent()).toMatch(/switched on.*cable/);
    await expect.poll(() => page.title()).toMatch(/^No signal · kvm/);
    await expect.poll(async () => (await paintedPicture(page, PICTURE))?.width).toBe(640);
    await shoot('no-signal');
    await page.setViewportSize(PHONE);
    await shoot('phone-no-signal');
    await page.setViewportSize(DESKTOP);
  });

  it('shows the picture at once when the signal comes, and says so when it goes', async () => {
    await real.stop();
    show('signal');
    await page.getByText('No signal from the host').waitFor({ state: 'detached' });
    await moves();
    expect(await pill().getAttribute('data-state')).toMatch(/live|lagging/);

    show('no signal');
    await page.getByText('No signal from the host').waitFor();
    show('signal');
    await page.getByText('No signal from the host').waitFor({ state: 'detached' });
    await moves();
  });

  it('plays by the mode that is clicked, without a moment without a picture', async () => {
    await page.evaluate(watchForGaps, PICTURE);
    await viewButton().click();
    await shoot('menu');
    for (const [mode, shown, element] of [
      ['WebSocket', 'WebSocket', 'canvas'],
      ['MJPEG', 'MJPEG', 'canvas'],
      ['WebRTC', 'WebRTC', 'video'],
      ['Automatic', 'MJPEG', 'canvas'],
    ] as const) {
      await choose(mode);
      await expect.poll(() => page.locator('.view-way').textContent(), { timeout: 20_000 }).toBe(shown);
      await moves();
      expect(
        await page
          .locator(`${PICTURE} > *`)
          .last()
          .evaluate((shownBy) => shownBy.localName),
      ).toBe(element);
      expect(await menu().getByRole('radio', { name: mode }).isChecked()).toBe(true);
    }
    await page.keyboard.press('Escape');

    expect(await menu().isVisible()).toBe(false);
    expect(await page.evaluate(() => (window as unknown as { gaps: number }).gaps)).toBe(0);
    await expect.poll(() => page.title()).toBe(`kvm · MJPEG · ${WIDTH}×${HEIGHT} · Pinhole`);
  });

  it('says why a mode does not come, plays on meanwhile, and says when it is back', async () => {
    await page.evaluate(() => Object.assign(window, { walled: true }));
    await choose('WebRTC');
    await expect
      .poll(() => menu().locator('.view-why').textContent(), { timeout: 20_000 })
      .toMatch(/^WebRTC: .*(Next try in|tried again).* It plays by MJPEG\.$/);
    await moves();
    await shoot('fallback');
    await page.evaluate(() => Object.assign(window, { walled: false }));
    await menu().getByRole('button', { name: 'Connect anew' }).click();

    await expect.poll(() => page.locator('.view-way').textContent(), { timeout: 20_000 }).toBe('WebRTC');
    await moves();
  });

  it('says why Automatic fell back, climbs back to WebRTC by itself, and says so', async () => {
    const way = walled.locator('.view-way');
    await expect.poll(() => way.textContent(), { timeout: 30_000 }).toBe('⚠ WebSocket');
    expect(await walled.locator('.view-button').getAttribute('title')).toMatch(
      /^WebRTC: no path by UDP.* It plays by WebSocket\.$/,
    );

    await walled.evaluate(() => {
      Object.assign(window, { walled: false });
      dispatchEvent(new Event('online')); // as a phone that is in the Wi-Fi again
    });
    await walled.getByText('WebRTC works again: the picture comes by it.').waitFor();
    expect(await way.textContent()).toBe('WebRTC');
  });

  it('has a slider for JPEG that is made of H.264, which acts on who watches', async () => {
    await walled.keyboard.press('m');
    await walled.getByText('MJPEG', { exact: true }).click();
    await expect.poll(() => walled.locator('.view-way').textContent(), { timeout: 20_000 }).toBe('MJPEG');
    await walled.keyboard.press('Escape');
    await expect
      .poll(() => walled.locator('.view-figures').textContent(), { timeout: 20_000 })
      .toMatch(/^([2-9]|1\d) fps/);
    const quality = walled.getByRole('textbox', { name: /^Quality of MJPEG/ });
    if (!(await quality.isVisible())) await walled.keyboard.press('c');
    await quality.fill('100');
    await quality.press('Enter');
    // Figures are of a second, and the first of them of less.
    const seen: number[] = [];
    await expect
      .poll(async () => seen.push(await kilobitsAPicture(walled)), { timeout: 20_000, interval: 500 })
      .toBe(8);
    await quality.fill('5');
    await quality.press('Enter');

    // Half of so small a picture is its tables.
    await expect
      .poll(() => kilobitsAPicture(walled), { timeout: 20_000 })
      .toBeLessThan(Math.max(...seen.filter(Number.isFinite)) * 0.7);
    await walled.close();
  });

  it('keeps mode and view for this camera in this browser', async () => {
    await choose('WebSocket');
    await choose('90°');
    await page.reload();

    await expect.poll(() => page.locator('.view-way').textContent(), { timeout: 20_000 }).toBe('WebSocket');
    expect(await page.locator('.viewer .live-view').getAttribute('data-turn')).toBe('90');
    await choose('0°');
  });

  it.each([
    ['90°', '90'],
    ['180°', '180'],
    ['270°', '270'],
    ['Mirrored', '270 mirrored'],
    ['0°', '0 mirrored'],
  ])('turned by %s it is so on the page and in the snapshot', async (name, orientation) => {
    await choose(name);
    await page.keyboard.press('Escape');
    const picture = pictures[0] ?? new Uint8Array();
    await expect.poll(async () => await orientationOf(await shotOf(page), picture, page)).toBe(orientation);
    if (orientation === '90') await shoot('turned');

    const saved = page.waitForEvent('download');
    await page.keyboard.press('s');
    const file = await readFile(await (await saved).path());
    expect(await orientationOf(file, picture, page)).toBe(orientation);
    const box = await page.locator('.viewer .live-view').boundingBox();
    const shape = /90|270/.test(orientation) ? HEIGHT / WIDTH : WIDTH / HEIGHT;
    expect((box?.width ?? 1) / (box?.height ?? 1)).toBeCloseTo(shape, 1);
  });

  it('has sliders for the H.264 that is made here, which act on who watches', async () => {
    await choose('Mirrored');
    await choose('WebSocket');
    await page.keyboard.press('Escape');
    await expect.poll(() => kbps(page), { timeout: 20_000 }).toBeGreaterThan(400);
    await page.keyboard.press('c');
    const panel = page.getByRole('complementary', { name: 'Camera controls' });
    expect(await panel.locator('legend').first().textContent()).toBe('Stream');
    await shoot('controls');
    await page.evaluate(watchForGaps, PICTURE);
    await panel.getByRole('textbox', { name: /^Bit rate/ }).fill('100');
    await page.keyboard.press('Enter');
    await panel.getByRole('textbox', { name: /^Key frame/ }).fill('20');
    await page.keyboard.press('Enter');

    await expect.poll(() => kbps(page), { timeout: 20_000 }).toBeLessThan(200);
    await moves();
    await panel.getByRole('textbox', { name: /^Frames a second/ }).fill('5');
    await page.keyboard.press('Enter');
    await expect
      .poll(() => page.locator('.view-figures').textContent(), { timeout: 20_000 })
      .toMatch(/^[1-6] fps/);
    expect(await page.evaluate(() => (window as unknown as { gaps: number }).gaps)).toBe(0);
    expect(await panel.locator('.unit').first().textContent()).toBe('kbit/s');
    await page.keyboard.press('c');
  });

  it('fits a phone, dark and light, with targets for thumbs', async () => {
    await page.setViewportSize(PHONE);
    await shoot('phone');
    await viewButton().click();
    await shoot('phone-menu');
    const targets = page.locator(
      ['.view-button', '.toolbar .icon-button', '.view-choice', '.view-end button'].join(),
    );
    for (const target of await targets.all())
      expect((await target.boundingBox())?.height).toBeGreaterThanOrEqual(40);
    const sheet = await menu().boundingBox();
    expect((sheet?.x ?? -1) >= 0 && (sheet?.x ?? 0) + (sheet?.width ?? 999) <= PHONE.width).toBe(true);
    await page.emulateMedia({ colorScheme: 'light' });
    await shoot('phone-menu-light');
    await page.keyboard.press('Escape');
    await page.setViewportSize(DESKTOP);
    await viewButton().click();
    await shoot('menu-light');
    await choose('Original, 1:1');
    await page.keyboard.press('Escape');
    const box = await page.locator('.viewer .live-view').boundingBox();
    expect([box?.width, box?.height]).toEqual([WIDTH, HEIGHT]);
    await shoot('original-light');
  });
});

const utcNow = () => micros(Math.round((performance.timeOrigin + performance.now()) * 1000));

/** Kilobits a second, as the bar says. */
async function kbps(page: Page): Promise<number> {
  const words = (await page.locator('.view-figures').textContent()) ?? '';
  const [, number, unit] = /([\d.]+) (k|M)bit/.exec(words) ?? [];
  return Number(number) * (unit === 'M' ? 1000 : 1);
}

/** Kilobits of one picture: what a second has depends on how busy the machine is. */
async function kilobitsAPicture(page: Page): Promise<number> {
  const words = (await page.locator('.view-figures').textContent()) ?? '';
  return (await kbps(page)) / Number(/^\d+/.exec(words)?.[0]);
}

const shotOf = async (page: Page): Promise<Uint8Array> =>
  await page.locator('.viewer .live-view').screenshot();

/** Which of the eight ways of turning and mirroring the picture looks like `seen` best: `90`, `0 mirrored`. */
async function orientationOf(seen: Uint8Array, picture: Uint8Array, page: Page): Promise<string> {
  return await page.evaluate(
    async (files) => {
      const [shot, plain] = await Promise.all(
        files.map(async (file) => await createImageBitmap(new Blob([Uint8Array.from(file)]))),
      );
      const side = 32;
      const probe = new OffscreenCanvas(side, side).getContext('2d', { willReadFrequently: true });
      if (!shot || !plain || !probe) return 'nothing';
      const pixels = (image: ImageBitmap): Uint8ClampedArray => {
        probe.drawImage(image, -side / 2, -side / 2, side, side);
        // Without the edges, where words are.
        return probe.getImageData(4, 8, side - 8, side - 16).data;
      };
      probe.setTransform(1, 0, 0, 1, side / 2, side / 2);
      const like = pixels(shot);
      let best = { difference: Number.POSITIVE_INFINITY, name: 'nothing' };
      for (const mirrored of [false, true]) {
        for (const turn of [0, 90, 180, 270]) {
          const angle = (turn * Math.PI) / 180;
          const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
          const flip = mirrored ? -1 : 1;
          probe.setTransform(cos * flip, sin * flip, -sin, cos, side / 2, side / 2);
          const difference = pixels(plain).reduce(
            (sum, value, i) => sum + Math.abs(value - (like[i] ?? 0)),
            0,
          );
          if (difference < best.difference)
            best = { difference, name: `${turn}${mirrored ? ' mirrored' : ''}` };
        }
      }
      return best.name;
    },
    [[...seen], [...picture]],
  );
}

/** Runs in the page: counts the frames in which no picture is on the screen, as `window.gaps`. */
function watchForGaps(place: string): void {
  const counted = window as unknown as { gaps: number };
  counted.gaps = 0;
  requestAnimationFrame(function look() {
    requestAnimationFrame(look);
    const shown = document.querySelector(place)?.lastElementChild;
    const width =
      shown instanceof HTMLVideoElement ? shown.videoWidth : (shown as HTMLCanvasElement | null)?.width;
    if (!width) counted.gaps++;
  });
}

/** Runs in the page: connections find no path, as behind a wall against UDP, while `window.walled` is true. */
function relayOnlyWhileWalled(): void {
  const walled = window as unknown as { walled?: boolean; RTCPeerConnection: typeof RTCPeerConnection };
  const Open = walled.RTCPeerConnection;
  walled.RTCPeerConnection = class extends Open {
    constructor(configuration?: RTCConfiguration) {
      super(walled.walled ? { ...configuration, iceTransportPolicy: 'relay' } : configuration);
    }
  };
}
