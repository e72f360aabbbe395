import { execFileSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { readTimeCode, type TimeCode } from '@pinhole/media/timecode';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { type Browser, openChromium } from '../support/chromium.ts';
import { quantile } from '../support/measure.ts';
import { laterFrame, paintedPicture } from '../support/painted-picture.ts';
import { type Pinhole, startPinhole } from '../support/pinhole.ts';
import { needs } from '../support/third-parties.ts';
import { type WatchedPages, watchPages } from '../support/watched-pages.ts';

const OUTPUT = resolve(import.meta.dirname, '../output/web');
const PHONE = { width: 360, height: 740 };
const DESKTOP = { width: 1280, height: 800 };
const PAST = '.viewer .past-picture';
const CONFIG = `
cameras:
  door: { source: 'synthetic:640x360@30', record: both }
  hall: { source: 'synthetic:640x480@15' }
recordings: { segmentSeconds: 5 }
`;

const { describe, it } = needs('chromium', 'ffmpeg');

describe('the past in the web app', () => {
  let pinhole: Pinhole;
  let browser: Browser;
  let page: Page;
  let pages: WatchedPages;
  let startedAt = 0;

  beforeAll(async () => {
    await mkdir(OUTPUT, { recursive: true });
    const config = join(tmpdir(), `pinhole-past-${process.pid}.yaml`);
    await writeFile(config, CONFIG);
    [pinhole, browser] = await Promise.all([startPinhole({ args: ['--config', config] }), openChromium()]);
    startedAt = Date.now();
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

  const button = (name: string | RegExp) => page.getByRole('button', { name, exact: true });
  const slider = () => page.getByRole('slider', { name: 'Recorded time' });

  /** Opens a camera, signed in, once so many seconds of it are past. */
  async function open(camera: string, { seconds = 12, token = pinhole.token } = {}): Promise<void> {
    await page.waitForTimeout(Math.max(0, startedAt + seconds * 1000 - Date.now()));
    await page.setViewportSize(DESKTOP);
    await page.goto('about:blank');
    await page.goto(`${pinhole.url}/#token=${token}`);
    await page.locator('a.tile').first().waitFor();
    await page.goto(`${pinhole.url}/#/camera/${camera}`);
    await laterFrame(page, '.viewer .picture');
  }

  /** The picture of the past, read off the page. */
  const painted = async (): Promise<TimeCode> =>
    (await paintedPicture(page, PAST))?.code ?? expect.fail('no picture');
  /** Waits until the picture of the past satisfies a condition. */
  async function paintedWhen(condition: (code: TimeCode) => boolean): Promise<TimeCode> {
    const deadline = Date.now() + 10_000;
    for (;;) {
      const code = (await paintedPicture(page, PAST))?.code;
      if (code && condition(code)) return code;
      if (Date.now() > deadline) throw new Error(`the past shows ${code?.frameNumber}`);
      await page.waitForTimeout(30);
    }
  }
  const ask = async (path: string): Promise<Record<string, never[]>> =>
    (await (await pinhole.ask(`/api/v1/cameras/${path}`)).json()) as never;
  /** Presses the timeline where a time is. */
  async function pressAt(atMs: number): Promise<void> {
    const box = (await slider().boundingBox()) ?? expect.fail('no timeline');
    const [from, to] = await slider().evaluate((element) => [
      Number(element.getAttribute('aria-valuemin')),
      Number(element.dataset['to']),
    ]);
    await page.mouse.click(
      box.x + (box.width * (atMs - (from ?? 0))) / ((to ?? 0) - (from ?? 0)),
      box.y + 20,
    );
  }
  const liveFrame = async (): Promise<number> =>
    (await paintedPicture(page, '.viewer .picture'))?.code?.frameNumber ?? Number.NaN;

  it('rewinds by a press, while the live picture goes on in a corner, and comes back', async () => {
    await open('door', { seconds: 14 });
    await slider().waitFor();
    const took: number[] = [];
    for (let i = 0; i < 20; i++) {
      const now = await liveFrame();
      took.push(await page.evaluate(rewoundAfterMs));
      const then = await laterFrame(page, PAST);

      expect(now - then).toBeGreaterThan(7 * 30);
      expect(now - then).toBeLessThan(11.5 * 30);
      const before = await liveFrame();
      expect(await laterFrame(page, PAST, then)).toBeGreaterThan(then);
      expect(await laterFrame(page, '.viewer .picture', before)).toBeGreaterThan(before);
      await page.keyboard.press('l');
      await page.locator('.past-view[data-on="false"]').waitFor({ state: 'attached' });
    }
    console.log(
      `press → first painted picture of 10 s ago: p50 ${quantile(took, 0.5).toFixed(0)} ms, p95 ${quantile(took, 0.95).toFixed(0)} ms, ${took.length} presses`,
    );
  });

  it('is scrubbed on the timeline: a press shows the picture of that time, to the frame', async () => {
    await open('door', { seconds: 18 });
    await slider().waitFor();
    for (let i = 0; i < 5; i++) await button('Show less time (+)').click();
    await button('Pause (Space)').click();
    for (const seconds of [9, 4, 12, 7]) {
      const at = Date.now() - seconds * 1000;
      await pressAt(at);
      const asked = Number(await slider().getAttribute('aria-valuenow'));

      // A pixel is some 50 ms here.
      expect(Math.abs(asked - at)).toBeLessThan(200);
      await paintedWhen(
        ({ captureTime }) => captureTime / 1000 <= asked + 2 && asked - captureTime / 1000 < 35,
      );
    }
    expect(await button('Play (Space)').count()).toBe(1);
  });

  it('is stepped through by pictures and key frames', async () => {
    await open('door', { seconds: 18 });
    await slider().waitFor();
    await page.keyboard.press('j');
    await laterFrame(page, PAST);
    await page.keyboard.press(' ');
    await page.waitForTimeout(300);
    const first = (await painted()).frameNumber;

    const seen: number[] = [];
    // More than a segment: borders of files are among them.
    for (let i = 1; i <= 40; i++) {
      await page.keyboard.press(',');
      seen.push((await paintedWhen(({ frameNumber }) => frameNumber <= first - i)).frameNumber);
    }
    expect(seen).toEqual(Array.from({ length: 40 }, (_, i) => first - 1 - i));
    await page.keyboard.press('.');
    await paintedWhen(({ frameNumber }) => frameNumber === first - 39);

    const { captureTime } = await painted();
    const around = `from=${captureTime / 1000 - 5_000}&to=${captureTime / 1000 + 5_000}`;
    const { keyFrames = [] } = await ask(`door/footage/key-frames?${around}`);
    const keys = keyFrames.map((time) => Date.parse(time));
    await page.keyboard.press('<');
    const before = keys.findLast((key) => key < captureTime / 1000 - 2) ?? expect.fail('no key frame');
    await paintedWhen((code) => Math.abs(code.captureTime / 1000 - before) < 3);
    await page.keyboard.press('>');
    const after = keys.find((key) => key > before + 2) ?? expect.fail('no key frame');
    await paintedWhen((code) => Math.abs(code.captureTime / 1000 - after) < 3);
  });

  it('of a camera that is not recorded is rewound from memory, and Record says why not', async () => {
    await open('hall', { seconds: 16 });
    await slider().waitFor();

    await page.keyboard.press('j');
    const then = await laterFrame(page, PAST);

    // The past runs as fast as now does: its distance stays, however late it is looked at.
    expect(Date.now() - (await painted()).captureTime / 1000).toBeGreaterThan(7000);
    expect(await laterFrame(page, PAST, then + 10)).toBeGreaterThan(then);
    expect(await button('Record').isDisabled()).toBe(true);
    await page.getByText('This camera is not recorded').first().waitFor();
    const { recordings } = await ask('hall/recordings');
    expect(recordings).toEqual([]);
  });

  it('catches up with now, and is live again', async () => {
    await open('door', { seconds: 18 });
    await slider().waitFor();
    await page.getByLabel('Speed').selectOption('8');
    await page.keyboard.press('j');
    await laterFrame(page, PAST);

    await page.getByText('This is live again.').waitFor();

    expect(await page.locator('.past-view[data-on="false"]').count()).toBe(1);
    await page.getByLabel('Speed').selectOption('1');
  });

  it('is exported as marked, from key frame to key frame, without a token in any address', async () => {
    await open('door', { seconds: 20 });
    await slider().waitFor();
    for (let i = 0; i < 5; i++) await button('Show less time (+)').click();
    await button('Pause (Space)').click();
    const path = join(OUTPUT, 'clip.mp4');
    const addresses: string[] = [];
    page.on('request', (request) => addresses.push(request.url()));

    await pressAt(Date.now() - 14_000);
    const from =
      (await paintedWhen(({ captureTime }) => captureTime < (Date.now() - 12_000) * 1000)).captureTime / 1000;
    await page.keyboard.press('[');
    await pressAt(Date.now() - 6_000);
    const to =
      (await paintedWhen(({ captureTime }) => captureTime > (from + 5_000) * 1000)).captureTime / 1000;
    await page.keyboard.press(']');
    await page.evaluate(() => Object.assign(window, { showSaveFilePicker: undefined }));
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      button('Download the clip').click(),
    ]);
    await download.saveAs(path);

    const keys = (
      (await ask(`door/footage/key-frames?from=${from - 5_000}&to=${to + 5_000}`))['keyFrames'] ?? []
    ).map((time) => Date.parse(time));
    const first = keys.findLast((key) => key <= from + 1) ?? Number.NaN;
    const end = keys.find((key) => key >= to - 1) ?? Number.NaN;
    const frames = probe(path);
    expect(download.suggestedFilename()).toMatch(/^door-.*Z?\.mp4$/);
    expect(frames[0]?.key_frame).toBe(1);
    // By time: a busy machine's camera leaves out pictures.
    const lasts = Number(frames.at(-1)?.pts_time) - Number(frames[0]?.pts_time);
    expect(lasts * 1000).toBeLessThan(end - first);
    expect(lasts * 1000).toBeGreaterThan(end - first - 150);
    expect(Math.abs(firstCode(path).captureTime / 1000 - first)).toBeLessThan(3);
    expect(addresses.filter((url) => url.includes(pinhole.token) || url.includes('token='))).toEqual([]);
    await page.getByText(/^Saved door-/).waitFor();
  });

  it('is recorded by a button, with who and since when', async () => {
    await open('door', { seconds: 20 });

    await button('Record').click();
    await page.getByText(/recording for admin since/).waitFor();
    expect(await page.locator('.record-button .record-dot').getAttribute('data-on')).toBe('true');
    await page.waitForTimeout(2_500);
    await page.keyboard.press('r');
    await page.getByText('Recording ended.').waitFor();
    await button('Record').waitFor();

    await button('Save the last 30 s').click();
    await page.getByText(/^Saved the last /).waitFor();
    const { recordings = [] } = await ask('door/recordings');
    expect(recordings.filter(({ onDemand }) => onDemand)).toHaveLength(2);
    await page.locator('.timeline-track .on-demand').first().waitFor({ state: 'attached' });
  });

  it('lists its recordings, to be downloaded and deleted', async () => {
    await open('door', { seconds: 22 });
    await button('List of recordings (V)').click();
    const list = page.getByRole('complementary', { name: 'List of recordings' });
    await list.getByRole('listitem').nth(3).waitFor();
    await page.evaluate(() => Object.assign(window, { showSaveFilePicker: undefined }));
    const oldest = list.getByRole('listitem').last();
    const name = (await oldest.getByRole('button', { name: /^Delete/ }).getAttribute('aria-label')) ?? '';
    const recording = name.replace('Delete ', '');

    const [download] = await Promise.all([
      page.waitForEvent('download'),
      oldest.getByRole('button', { name: /^Download/ }).click(),
    ]);
    const copy = join(OUTPUT, 'recording.mp4');
    await download.saveAs(copy);
    const original = await readFile(join(pinhole.dataFolder, 'recordings/door', recording));
    expect(Buffer.compare(await readFile(copy), original)).toBe(0);

    await oldest.getByRole('button', { name: /^Delete/ }).click();
    const dialog = page.getByRole('dialog', { name: 'Delete this recording?' });
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    expect((await ask('door/recordings'))['recordings']).toContainEqual(
      expect.objectContaining({ path: recording }),
    );
    await oldest.getByRole('button', { name: /^Delete/ }).click();
    await dialog.getByRole('button', { name: 'Delete' }).click();
    await page.getByText(/^Deleted 1 /).waitFor();
    expect((await ask('door/recordings'))['recordings']).not.toContainEqual(
      expect.objectContaining({ path: recording }),
    );
  });

  it('is nothing to those who may only look', async () => {
    await open('door', await pinhole.createToken({ cameras: ['door'], rights: ['view'] }));
    await page.keyboard.press('j');
    await page.keyboard.press(' ');
    await page.waitForTimeout(500);

    expect(await page.locator('.past, .past-view[data-on="true"], .record-button').count()).toBe(0);
    expect(pages.refusals).toEqual([]);
  });

  it('looks as it should, dark and light, on a desktop and on a phone', async () => {
    for (const colorScheme of ['dark', 'light'] as const) {
      await page.emulateMedia({ colorScheme });
      await open('door', { seconds: 20 });
      await slider().waitFor();
      for (let i = 0; i < 5; i++) await button('Show less time (+)').click();
      await page.screenshot({ path: join(OUTPUT, `past-live-${colorScheme}.png`) });
      await page.keyboard.press('j');
      await laterFrame(page, PAST);
      await button('Record').click();
      await page.keyboard.press('[');
      await page.waitForTimeout(2_500);
      await page.keyboard.press(']');
      await button('List of recordings (V)').click();
      const box = (await slider().boundingBox()) ?? expect.fail('no timeline');
      await page.mouse.move(box.x + box.width * 0.75, box.y + 20);
      await page.locator('.timeline-hover img').waitFor();
      await page.screenshot({ path: join(OUTPUT, `past-${colorScheme}.png`) });
      await page.setViewportSize(PHONE);
      await laterFrame(page, PAST);
      await page.screenshot({ path: join(OUTPUT, `phone-past-${colorScheme}.png`), fullPage: true });
      const excess = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      expect(excess).toBe(0);
      await page.setViewportSize(DESKTOP);
      await button('Choose a day').click();
      await page
        .getByRole('button', { name: /recorded$/ })
        .and(page.locator(':enabled'))
        .first()
        .waitFor();
      await page.screenshot({ path: join(OUTPUT, `past-days-${colorScheme}.png`) });
      await button('Close').click();
      await button('Stop recording').click();
      await button('Record').waitFor();
    }
  });
});

/** In the page: from the key to the first picture of the past on the screen. */
function rewoundAfterMs(): Promise<number> {
  const pressedAt = performance.now();
  dispatchEvent(new KeyboardEvent('keydown', { key: 'j' }));
  return new Promise((painted) => {
    document
      .querySelector<HTMLVideoElement>('.past-picture video')
      ?.requestVideoFrameCallback(() => painted(performance.now() - pressedAt));
  });
}

/** The pictures of a file, as ffprobe reads them. */
function probe(path: string): readonly { readonly key_frame: number; readonly pts_time: string }[] {
  const command = [
    '-v',
    'error',
    '-select_streams',
    'v',
    '-show_entries',
    'frame=key_frame,pts_time',
    '-of',
    'json',
    path,
  ];
  return (JSON.parse(String(execFileSync('ffprobe', command))) as { readonly frames: never[] }).frames;
}

/** What the first picture of a file says. */
function firstCode(path: string): TimeCode {
  const command = ['-v', 'error', '-i', path, '-frames:v', '1', '-f', 'rawvideo', '-pix_fmt', 'gray', '-'];
  const luma = new Uint8Array(execFileSync('ffmpeg', command, { maxBuffer: 1e7 }));
  return readTimeCode({ luma, width: 640, height: 360 }) ?? expect.fail('no time code');
}
