import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ViewerClient } from '@pinhole/client/rooms';
import { readTimeCode } from '@pinhole/media/timecode';
import type { NodeMediaStream, NodeReceivedTrack, ReceivedUnit } from '@pinhole/rooms-node';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { serveRoomsPage } from '../../examples/rooms-page/serve.ts';
import { bundled } from '../support/bundle.ts';
import { type Browser, openChromium } from '../support/chromium.ts';
import { runFfmpeg } from '../support/decode-with-ffmpeg.ts';
import { MACHINE, type NodeRoomCamera, openNodeRoomCamera } from '../support/node-room-camera.ts';
import { laterFrame } from '../support/painted-picture.ts';
import { type Pinhole, startPinhole } from '../support/pinhole.ts';
import { RoomPeer } from '../support/room-peer.ts';
import { needs } from '../support/third-parties.ts';

const { describe, it } = needs('chromium', 'ffmpeg');

const PATIENCE = { timeout: 30_000 };
const pictureOf = (cameraId: string): string => `figure[data-camera="${cameraId}"]`;

describe('rooms, in a browser and in Node', () => {
  let folder: string;
  let site: Server;
  let pinhole: Pinhole;
  let browser: Browser;
  let page: Page;
  let origin: string;
  const cameras: NodeRoomCamera[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pinhole-rooms-'));
    site = await serveRoomsPage(0);
    origin = `http://localhost:${(site.address() as AddressInfo).port}`;
    const config = join(folder, 'rooms.yaml');
    await writeFile(config, `rooms: { mode: compatible }\norigins: ["${origin}"]\n`, { mode: 0o600 });
    [pinhole, browser] = await Promise.all([startPinhole({ args: ['--config', config] }), openChromium()]);
    page = await browser.newPage();
    await page.addInitScript(
      await bundled(join(import.meta.dirname, '../support/rooms-page/canvas-camera.ts')),
    );
    await page.goto(`${origin}/?server=${encodeURIComponent(pinhole.url.replace('http', 'ws'))}`);
  });

  afterEach(async () => {
    for (const camera of cameras.splice(0)) await camera.close();
  });

  afterAll(async () => {
    await browser?.close();
    await pinhole?.dispose();
    site?.close();
    site?.closeAllConnections();
    if (site) await once(site, 'close');
    await rm(folder, { recursive: true });
  });

  async function openCamera(cameraId: string): Promise<void> {
    cameras.push(await openNodeRoomCamera({ url: pinhole.url, cameraId, node: MACHINE }));
  }

  const press = (section: string, name: string): Promise<void> =>
    page.locator(`#${section}`).getByRole('button', { name, exact: true }).click();
  const viewerSays = (): Promise<string | null> => page.locator('#viewer [role=status]').textContent();
  const logged = async (words: string): Promise<number> =>
    (await page.locator('#log li').allInnerTexts()).filter((line) => line.includes(words)).length;

  async function view(cameraId: string): Promise<void> {
    await page.locator('#viewer li', { hasText: cameraId }).getByRole('button').click();
  }

  it('two cameras in Node are seen in the page at once, and come back after the server does', async () => {
    await Promise.all([openCamera('door'), openCamera('hall')]);
    await press('viewer', 'Join');
    await expect.poll(viewerSays, PATIENCE).toBe('In room cctv; cameras: 2.');
    await view('door');
    await view('hall');
    const [door, hall] = [
      await laterFrame(page, pictureOf('door')),
      await laterFrame(page, pictureOf('hall')),
    ];
    await laterFrame(page, pictureOf('door'), door);
    await laterFrame(page, pictureOf('hall'), hall);

    await pinhole.stop('SIGKILL');
    await expect.poll(viewerSays, PATIENCE).toContain('The connection is lost');
    pinhole = await pinhole.restart();

    await expect.poll(() => logged('pictures of door'), PATIENCE).toBe(2);
    await expect.poll(() => logged('pictures of hall'), PATIENCE).toBe(2);
    const after = await laterFrame(page, pictureOf('door'), door);
    await laterFrame(page, pictureOf('door'), after);
    await page.locator(pictureOf('hall')).getByText('Stop').click();
    await expect.poll(() => page.locator('figure').count(), PATIENCE).toBe(1);
    await press('viewer', 'Leave');
    await expect.poll(viewerSays).toBe('Not in a room.');
  });

  it('a camera in the page is seen in Node, and comes back after the server does', async () => {
    await press('camera', 'Register');
    const cameraSays = () => page.locator('#camera [role=status]').textContent();
    await expect.poll(cameraSays, PATIENCE).toBe('Camera webcam: streaming, viewers: 0.');
    const viewer = new ViewerClient<NodeMediaStream<NodeReceivedTrack>>({
      ...MACHINE,
      serverUrl: pinhole.url.replace('http', 'ws'),
      reconnect: { minDelayMs: 200, maxDelayMs: 1000 },
    });
    const streams: NodeMediaStream<NodeReceivedTrack>[] = [];
    viewer.on('streamReceived', (stream) => streams.push(stream));
    await viewer.connect();
    await viewer.joinRoom('cctv');

    const first = numbersIn(await pictures(await viewer.requestStream('webcam'), 45));
    await expect.poll(cameraSays, PATIENCE).toBe('Camera webcam: streaming, viewers: 1.');
    await pinhole.stop('SIGKILL');
    await expect.poll(() => viewer.isConnected, PATIENCE).toBe(false);
    pinhole = await pinhole.restart();
    await expect.poll(() => streams.length, PATIENCE).toBe(2);
    const [, again] = streams;
    if (again === undefined) throw new Error('no second stream');
    const second = numbersIn(await pictures(again, 45));
    await viewer.close();
    await press('camera', 'Stop streaming');
    await expect.poll(cameraSays, PATIENCE).toBe('Camera webcam: stopped, viewers: 0.');
    await press('camera', 'Leave');

    for (const numbers of [first, second]) {
      expect(numbers.length).toBeGreaterThan(15);
      expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
      expect(new Set(numbers).size).toBe(numbers.length);
    }
    expect(second[0]).toBeGreaterThan(first.at(-1) ?? 0);
  });

  it('what other members are called is text in the page, whatever it says', async () => {
    const ids = [
      '<img src=x onerror="window.harmed=1">',
      '<script>window.harmed=1</script>',
      '"><b>bold</b>',
    ];
    const peers = await Promise.all(ids.map(() => RoomPeer.open(`${pinhole.url}/`)));
    for (const [index, peer] of peers.entries())
      await peer.join({ room: 'cctv', deviceType: 'camera', cameraId: ids[index] });
    await press('viewer', 'Join');
    await expect.poll(viewerSays, PATIENCE).toBe('In room cctv; cameras: 3.');
    const shown = await page.locator('#viewer li').allInnerTexts();
    for (const id of ids) await view(id);
    for (const peer of peers) {
      const { viewerId } = await peer.take('viewerRequest');
      peer.say({ type: 'rejectStream', viewerId, reason: '<img src=x onerror="window.harmed=2">' });
    }
    await expect.poll(() => logged('refused: <img'), PATIENCE).toBe(3);

    expect(shown.map((text) => text.replace(/\s*View$/, '')).toSorted()).toEqual(ids.toSorted());
    expect(await page.locator('img, b, #viewer script, #log script').count()).toBe(0);
    expect(await page.evaluate(() => 'harmed' in window)).toBe(false);
    await Promise.all(peers.map((peer) => peer.leave()));
    await press('viewer', 'Leave');
  });
});

/** So many pictures of a stream, from a key picture on. */
async function pictures(
  stream: NodeMediaStream<NodeReceivedTrack>,
  count: number,
): Promise<readonly ReceivedUnit[]> {
  const [track] = stream.getTracks();
  if (track === undefined) throw new Error('a stream without a track');
  return await new Promise((resolve) => {
    const units: ReceivedUnit[] = [];
    const stop = track.subscribe((unit) => {
      units.push(unit);
      if (units.length < count) return;
      stop();
      resolve(units);
    });
  });
}

/** The numbers that decoded pictures show; a browser begins with few bits, and those may be unreadable. */
function numbersIn(units: readonly ReceivedUnit[]): readonly number[] {
  const [width, height] = [640, 360];
  // A browser changes its picture's size with the bit rate; of its full range of levels ffmpeg warns.
  const output = `-vf scale=${width}:${height} -fps_mode passthrough -pix_fmt gray -f rawvideo pipe:1`;
  const raw = runFfmpeg(
    ['-v', 'error', '-f', 'h264', '-i', 'pipe:0', ...output.split(' ')],
    Buffer.concat(units.map(({ data }) => data)),
  );
  return Array.from({ length: raw.byteLength / (width * height) }, (_, index) => {
    const luma = raw.subarray(index * width * height, (index + 1) * width * height);
    return readTimeCode({ luma, width, height })?.frameNumber ?? [];
  }).flat();
}
