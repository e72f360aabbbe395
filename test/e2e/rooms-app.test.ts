import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { bundled } from '../support/bundle.ts';
import { type Browser, openChromium } from '../support/chromium.ts';
import { MACHINE, type NodeRoomCamera, openNodeRoomCamera } from '../support/node-room-camera.ts';
import { laterFrame, paintedPicture } from '../support/painted-picture.ts';
import { type Pinhole, startPinhole } from '../support/pinhole.ts';
import { RoomPeer } from '../support/room-peer.ts';
import { openTestServer } from '../support/test-server.ts';
import { needs } from '../support/third-parties.ts';
import { type WatchedPages, watchPages } from '../support/watched-pages.ts';

const OUTPUT = resolve(import.meta.dirname, '../output/web');
const PHONE = { width: 390, height: 800 };
const DESKTOP = { width: 1280, height: 800 };
const PATIENCE = { timeout: 45_000 };
/** What a browser says of a server that is away. */
const SERVER_AWAY = /WebSocket connection to .* failed/;

const { describe, it } = needs('chromium');

describe("the web app's rooms and camera pages in Chromium", () => {
  let folder: string;
  let pinhole: Pinhole;
  let browser: Browser;
  let pages: WatchedPages;
  /** In the room. */
  let viewer: Page;
  /** Is a camera; its pictures tell their number. */
  let phone: Page;
  const cameras: NodeRoomCamera[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pinhole-rooms-app-'));
    await mkdir(OUTPUT, { recursive: true });
    const config = join(folder, 'rooms.yaml');
    await writeFile(
      config,
      `cameras: { front: "synthetic:640x360@15" }\nrooms: { mode: strict, cameras: { front: house/front } }\n`,
      { mode: 0o600 },
    );
    [pinhole, browser] = await Promise.all([
      startPinhole({ args: ['--config', config] }),
      openChromium({
        flags: ['--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream=device-count=4'],
      }),
    ]);
    pages = await watchPages(browser.context, pinhole.url);
    viewer = await openPage();
    phone = await browser.newPage();
    await phone.addInitScript(
      await bundled(join(import.meta.dirname, '../support/rooms-page/canvas-camera.ts')),
    );
    await signIn(phone);
    // A server, a browser and a bundle, and whatever else the machine does meanwhile.
  }, 120_000);

  afterEach(() => {
    expect(pages.errors.filter((error) => !SERVER_AWAY.test(error))).toEqual([]);
    expect(pages.foreign).toEqual([]);
    expect(pages.violations).toEqual([]);
    pages.clear();
  });

  afterAll(async () => {
    await Promise.all(cameras.map((camera) => camera.close()));
    await browser?.close();
    await pinhole?.dispose();
    await rm(folder, { recursive: true });
  });

  async function signIn(page: Page): Promise<void> {
    page.setDefaultTimeout(45_000);
    await page.goto(`${pinhole.url}/#token=${pinhole.token}`);
    await page.getByRole('link', { name: 'Rooms' }).waitFor();
  }

  async function openPage(): Promise<Page> {
    const page = await browser.newPage();
    await signIn(page);
    return page;
  }

  const tile = (cameraId: string) => viewer.locator(`.room-tile[data-camera=${JSON.stringify(cameraId)}]`);
  const pictureOf = (cameraId: string): string =>
    `.room-tile[data-camera=${JSON.stringify(cameraId)}] .picture`;
  const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
  const counter = async (page: Page, name: string): Promise<number> =>
    Number(await page.locator(`[data-counter="${name}"]`).textContent());
  const until = async (cameraId: string, view: string): Promise<void> =>
    await viewer.locator(`.room-tile[data-camera="${cameraId}"][data-view="${view}"]`).waitFor();

  async function moves(cameraId: string): Promise<void> {
    const first = await laterFrame(viewer, pictureOf(cameraId));
    expect(await laterFrame(viewer, pictureOf(cameraId), first)).toBeGreaterThan(first);
  }

  /** Of pictures that tell no number. */
  async function changes(cameraId: string): Promise<void> {
    const before = await checksum(viewer, cameraId);
    await expect.poll(() => checksum(viewer, cameraId), PATIENCE).not.toBe(before);
  }

  async function shoot(page: Page, name: string): Promise<void> {
    for (const theme of ['dark', 'light'] as const) {
      await page.emulateMedia({ colorScheme: theme });
      await page.setViewportSize(DESKTOP);
      await page.screenshot({ path: join(OUTPUT, `${name}-${theme}.png`) });
      await page.setViewportSize(PHONE);
      await page.screenshot({ path: join(OUTPUT, `${name}-phone-${theme}.png`), fullPage: true });
    }
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.setViewportSize(DESKTOP);
  }

  it('a server without rooms shows no way to them, and says at their address what turns them on', async () => {
    const without = await openTestServer();
    const page = await browser.newPage();
    try {
      await page.goto(`${without.url}/#token=${without.adminToken}`);
      await page.locator('a.tile').first().waitFor();
      expect(await page.getByRole('link', { name: 'Rooms' }).count()).toBe(0);

      for (const address of ['#/rooms', '#/rooms/cctv', '#/publish']) {
        await page.goto(`${without.url}/${address}`);
        await page.getByText('This server has no rooms').waitFor();
      }
      expect(await page.locator('pre').textContent()).toBe('rooms:\n  mode: strict');
      await shoot(page, 'rooms-off');
    } finally {
      await page.close();
      await without.close();
      pages.clear(); // another server than the one that is watched for
    }
  });

  it('this device goes on air, and another tab of the app sees it move, with its true delay', async () => {
    await viewer.getByRole('link', { name: 'Rooms' }).click();
    await viewer.getByLabel('Room').fill('cctv');
    await shoot(viewer, 'rooms-door');
    await button(viewer, 'Enter').click();
    await viewer.getByText('No camera is in this room yet').waitFor();
    await shoot(viewer, 'rooms-empty');

    await phone.getByRole('link', { name: 'Be a camera' }).click();
    await phone.getByLabel('Camera id').fill('phone');
    await button(phone, 'Go on air').click();
    await phone.getByText('On air').waitFor();
    await button(viewer, 'Watch phone').click();
    await moves('phone');

    await tile('phone')
      .locator('.latency', { hasText: /^(< )?\d+ ms$/ })
      .waitFor();
    const delay = numberIn(await tile('phone').locator('.latency').textContent());
    console.log(`capture to paint from tab to tab: ${delay} ms`);
    expect(delay).toBeLessThan(5000);
    await expect.poll(() => counter(phone, 'viewers'), PATIENCE).toBe(1);
    await expect.poll(() => counter(viewer, 'streams'), PATIENCE).toBe(1);
    expect(await counter(viewer, 'cameras')).toBe(1);
    expect(await counter(viewer, 'others')).toBe(1);
    expect(viewer.url()).toBe(`${pinhole.url}/#/rooms/cctv`);
    await shoot(phone, 'publish-on-air');
  });

  it('many cameras are watched at once, those of other programs too, with their figures', async () => {
    for (const cameraId of ['door', 'hall'])
      cameras.push(
        await openNodeRoomCamera({ url: pinhole.url, cameraId, token: pinhole.token, node: MACHINE }),
      );
    await expect.poll(() => counter(viewer, 'cameras'), PATIENCE).toBe(3);
    await viewer.keyboard.press('a');
    for (const cameraId of ['phone', 'door', 'hall']) await moves(cameraId);
    await expect.poll(() => counter(viewer, 'streams'), PATIENCE).toBe(3);

    await viewer.keyboard.press('i');
    await expect
      .poll(async () => await tile('door').locator('.figures').textContent(), PATIENCE)
      .toMatch(/H264.*640 × 360.*\d+ a second.*buffer \d+ ms.*round trip \d+ ms/);
    expect(await paintedPicture(viewer, pictureOf('door'))).toMatchObject({ width: 640, height: 360 });
    await expect
      .poll(() => viewer.locator('li[data-camera="door"]').textContent(), PATIENCE)
      .toContain('1 viewer');
    await shoot(viewer, 'rooms');
    await viewer.keyboard.press('i');
    await tile('hall').hover();
    await button(viewer, 'Stop hall').click();
    await expect.poll(() => tile('hall').count(), PATIENCE).toBe(0);
    await expect.poll(() => cameras[1]?.client.viewerCount, PATIENCE).toBe(0);
  });

  it('a camera whose gate is closed says so to who watches and who asks, and comes back by itself', async () => {
    await phone.keyboard.press('s');
    await until('phone', 'rejected: stopped');
    const held = await paintedPicture(viewer, pictureOf('phone'));
    expect(held?.code).toBeDefined();
    expect(await tile('phone').getAttribute('data-stale')).toBe('true');
    expect(await tile('phone').locator('.notice').textContent()).toMatch(
      /Somebody stopped this camera[\s\S]*The picture is from/,
    );
    await expect
      .poll(() => viewer.locator('li[data-camera="phone"]').textContent(), PATIENCE)
      .toContain('stopped');
    await expect.poll(() => counter(phone, 'viewers'), PATIENCE).toBe(0);

    // Somebody who asks only now.
    await tile('phone').hover();
    await button(viewer, 'Stop phone').click();
    await button(viewer, 'Watch phone').click();
    await until('phone', 'rejected: stopped');
    expect(await tile('phone').locator('.notice').textContent()).toMatch(/comes by itself/);
    await shoot(viewer, 'rooms-stopped');

    await phone.keyboard.press('s');
    await until('phone', 'live');
    await moves('phone');
    await expect.poll(() => counter(phone, 'viewers'), PATIENCE).toBe(1);
  });

  it('who leaves is counted out, and comes back by the name of the room', async () => {
    await viewer.keyboard.press('Escape');
    await viewer.getByRole('heading', { name: 'Enter a room' }).waitFor();
    await expect.poll(() => counter(phone, 'viewers'), PATIENCE).toBe(0);
    expect(await viewer.getByLabel('Room').inputValue()).toBe('cctv');

    await button(viewer, 'Enter').click();
    await expect.poll(() => counter(viewer, 'cameras'), PATIENCE).toBe(3);
    await viewer.locator('li[data-camera="phone"]').getByRole('button').click();
    await moves('phone');
    await button(phone, 'Leave').click();
    await until('phone', 'left');

    await expect.poll(() => tile('phone').getAttribute('data-stale'), PATIENCE).toBe('true');
    await button(phone, 'Go on air').click();
    await until('phone', 'live');
    await moves('phone');
  });

  it('the server restarts: the page says so, pictures go on, and everything is there again', async () => {
    await button(viewer, 'Watch door').click();
    const before = await laterFrame(viewer, pictureOf('door'));
    await pinhole.stop('SIGKILL');
    for (const page of [viewer, phone]) await page.locator('[data-link="reconnecting"]').waitFor();
    await shoot(viewer, 'rooms-reconnecting');
    const meanwhile = await laterFrame(viewer, pictureOf('door'), before);
    pinhole = await pinhole.restart();

    for (const page of [viewer, phone]) await page.locator('[data-link="joined"]').waitFor();
    await expect.poll(() => counter(viewer, 'cameras'), PATIENCE).toBe(3);
    await laterFrame(viewer, pictureOf('door'), meanwhile);
    await moves('phone');
    expect(await viewer.getByRole('log').textContent()).toContain('The connection to the server is lost');
  });

  it('a camera that knows only JPEG is shown too', async () => {
    const board = await RoomPeer.open(`${pinhole.url}/`, { token: pinhole.token });
    await board.join({
      room: 'cctv',
      deviceType: 'camera',
      cameraId: 'board',
      capabilities: { codecs: ['jpeg'], transports: ['mjpeg'] },
    });
    const pictures = await jpegs(viewer);
    await button(viewer, 'Watch board').click();
    await board.take('viewerRequest');
    let sent = 0;
    const sending = setInterval(() => board.raw(pictures[sent++ % 2] ?? new Uint8Array()), 100);

    try {
      await until('board', 'live');
      const shade = (): Promise<number> =>
        viewer.locator(`${pictureOf('board')} img`).evaluate((image: HTMLImageElement) => {
          const probe = new OffscreenCanvas(1, 1).getContext('2d');
          probe?.drawImage(image, 0, 0);
          return (probe?.getImageData(0, 0, 1, 1).data[0] ?? 0) > 128 ? 1 : 0;
        });
      const seen = new Set<number>();
      await expect
        .poll(async () => {
          seen.add(await shade());
          return seen.size;
        }, PATIENCE)
        .toBe(2);
    } finally {
      clearInterval(sending);
    }
    await board.leave();
    await until('board', 'left');
  });

  it('a camera of this server shows its picture in a room too, with its true delay', async () => {
    await viewer.goto(`${pinhole.url}/#/rooms/house`);
    await button(viewer, 'Watch front').click();
    await moves('front');
    const delay = tile('front').locator('.latency', { hasText: /^(< )?\d+ ms$/ });
    await delay.waitFor();
    const shown = await paintedPicture(viewer, pictureOf('front'));

    // What the picture says itself, read a moment after it was painted.
    const readMs = Date.now() - Number(shown?.code?.captureTime ?? 0) / 1000;
    const delayMs = numberIn(await delay.textContent());
    console.log(
      `capture to paint of the server's camera: ${delayMs} ms; when read: ${Math.round(readMs)} ms`,
    );
    expect(delayMs).toBeGreaterThan(0);
    expect(delayMs).toBeLessThan(readMs + 1000);
  });

  it('names and reasons of others are text, whatever they say', async () => {
    const markup = '<img src=x onerror="window.harmed=1">';
    const room = '<b>room</b>&token=no/#"';
    const peer = await RoomPeer.open(`${pinhole.url}/`, { token: pinhole.token });
    await peer.join({
      room,
      deviceType: 'camera',
      cameraId: markup,
      name: '<script>window.harmed=2</script>',
    });
    await viewer.goto(`${pinhole.url}/#/rooms/${encodeURIComponent(room)}`);
    await viewer.getByRole('heading', { name: room }).waitFor();
    await viewer.locator('.room-cameras button').click();
    const { viewerId } = await peer.take('viewerRequest');
    peer.say({ type: 'rejectStream', viewerId, reason: '<i onclick="window.harmed=3">no</i>' });
    await viewer.getByText('Rejected: <i onclick="window.harmed=3">no</i>').first().waitFor();
    await peer.leave();
    await viewer.getByText(`Camera “${markup}” left.`).waitFor();

    expect(await viewer.locator('.room img, .room i, .room b, .room script').count()).toBe(0);
    await viewer.keyboard.press('Escape');
    await viewer.getByRole('link', { name: room }).or(viewer.getByLabel('Room')).first().waitFor();
    expect(await viewer.locator('.door b').count()).toBe(0);
    expect(await viewer.evaluate(() => 'harmed' in window)).toBe(false);
  });

  it('the other camera, the microphone and a camera that is unplugged need no other connection', async () => {
    const page = await browser.newPage();
    await page.addInitScript(() => {
      const made: RTCPeerConnection[] = [];
      Object.assign(window, { made });
      window.RTCPeerConnection = class extends RTCPeerConnection {
        constructor(configuration?: RTCConfiguration) {
          super(configuration);
          made.push(this);
        }
      };
    });
    await signIn(page);
    await page.goto(`${pinhole.url}/#/publish`);
    await page.getByText('Only you see this').waitFor();
    await page.evaluate(() => (window as unknown as { made: unknown[] }).made.splice(0));
    await page.getByLabel('Microphone').selectOption({ index: 1 });
    await page.getByLabel('Room').fill('cctv');
    await page.getByLabel('Camera id').fill('laptop');
    await button(page, 'Go on air').click();
    await viewer.goto(`${pinhole.url}/#/rooms/cctv`);
    await button(viewer, 'Watch laptop').click();
    await until('laptop', 'live');
    await expect.poll(() => counter(page, 'viewers'), PATIENCE).toBe(1);
    const hears = button(viewer, 'Hear laptop');
    await tile('laptop').hover();
    await hears.click();
    const sent = () =>
      page.evaluate(async () => {
        const [connection] = (window as unknown as { made: RTCPeerConnection[] }).made;
        const senders = connection?.getSenders() ?? [];
        const video = senders.find(({ track }) => track?.kind === 'video')?.track;
        const audio = senders.find(({ track }) => track?.kind === 'audio')?.track;
        return {
          connections: (window as unknown as { made: unknown[] }).made.length,
          device: video?.getSettings().deviceId,
          heard: audio?.enabled,
        };
      });
    const first = await sent();
    expect(first).toMatchObject({ connections: 1, heard: true });
    await page.keyboard.press('m');
    expect(await sent()).toMatchObject({ heard: false });
    await page.keyboard.press('m');
    // The second and third of Chromium's are of formats that it does not encode.
    await page.locator('.pickers select').first().selectOption({ label: 'fake_device_3' });
    await expect.poll(async () => (await sent()).device, PATIENCE).not.toBe(first.device);
    await changes('laptop');
    await page.keyboard.press('c');
    await expect.poll(async () => (await sent()).device, PATIENCE).toBe(first.device);
    await changes('laptop');
    expect(await sent()).toMatchObject({ connections: 1, heard: true });
    await shoot(page, 'publish-sound');

    // What a browser says when somebody pulls the plug.
    await page.evaluate(() => {
      const [connection] = (window as unknown as { made: RTCPeerConnection[] }).made;
      const track = connection?.getSenders().find((sender) => sender.track?.kind === 'video')?.track;
      track?.stop();
      track?.dispatchEvent(new Event('ended'));
    });
    await page.getByText('The camera is gone').waitFor();
    await until('laptop', 'rejected: stopped');
    await button(page, 'Try again').click();
    await button(page, 'Start sending').click();
    await until('laptop', 'live');
    await page.close();
  });

  it('a camera that may not be opened is explained with what to do', async () => {
    const page = await browser.newPage();
    await page.addInitScript(() => {
      const refuse = (): Promise<never> =>
        Promise.reject(new DOMException('Permission denied', 'NotAllowedError'));
      Object.defineProperty(navigator.mediaDevices, 'getUserMedia', { value: refuse });
    });
    await signIn(page);
    await page.goto(`${pinhole.url}/#/publish`);
    await page.getByText('This page may not use the camera.').waitFor();
    expect(await page.getByText('Press the lock or camera beside the address').count()).toBe(1);
    expect(await button(page, 'Go on air').isDisabled()).toBe(true);
    await shoot(page, 'publish-refused');
    await page.close();
  });
});

/** Of words such as `63 ms` and `< 17 ms`. */
const numberIn = (words: string | null): number => Number(/\d+/.exec(words ?? '')?.[0]);

/** A black picture and a white one. */
async function jpegs(page: Page): Promise<readonly Uint8Array[]> {
  const made = await page.evaluate(async () => {
    const pictures: number[][] = [];
    for (const colour of ['#000', '#fff']) {
      const canvas = new OffscreenCanvas(320, 240);
      const context = canvas.getContext('2d');
      if (!context) continue;
      context.fillStyle = colour;
      context.fillRect(0, 0, 320, 240);
      const blob = await canvas.convertToBlob({ type: 'image/jpeg' });
      pictures.push([...new Uint8Array(await blob.arrayBuffer())]);
    }
    return pictures;
  });
  return made.map((bytes) => Uint8Array.from(bytes));
}

/** A number that tells one picture from the next. */
const checksum = (page: Page, cameraId: string): Promise<number> =>
  page.locator(`.room-tile[data-camera="${cameraId}"] video`).evaluate((video: HTMLVideoElement) => {
    const probe = new OffscreenCanvas(160, 90).getContext('2d');
    probe?.drawImage(video, 0, 0, 160, 90);
    let sum = 0;
    for (const [index, value] of (probe?.getImageData(0, 0, 160, 90).data ?? []).entries())
      sum = (sum + value * (index % 251)) % 1_000_003;
    return sum;
  });
