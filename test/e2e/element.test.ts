import { afterAll, beforeAll, expect } from 'vitest';
import { type Browser, openChromium } from '../support/chromium.ts';
import { expectMoving } from '../support/frame-proof.ts';
import { type HarnessPage, openHarness, type SeenFrame } from '../support/harness/harness.ts';
import { type Pinhole, startPinhole } from '../support/pinhole.ts';
import { needs } from '../support/third-parties.ts';

const SIZES = { door: '640×360', hall: '320×240' };

const { describe, it } = needs('chromium');

describe('<pinhole-camera> in Chromium', () => {
  let pinhole: Pinhole;
  let browser: Browser;
  let harness: HarnessPage;

  beforeAll(async () => {
    [pinhole, browser] = await Promise.all([
      startPinhole({
        args: ['--camera', 'door=synthetic:640x360@30', '--camera', 'hall=synthetic:320x240@30'],
      }),
      openChromium(),
    ]);
    harness = await openHarness(browser, pinhole);
  });

  afterAll(async () => {
    await browser?.close();
    await pinhole?.dispose();
  });

  const sizes = (frames: readonly SeenFrame[]): string[] => [
    ...new Set(frames.map(({ width, height }) => `${width}×${height}`)),
  ];
  /** How many watch, as the server counts. */
  const viewers = async (): Promise<number> => (await pinhole.sessions()).length;

  it('shows a live picture with its state, delay and transport in words', async () => {
    await harness.watch('element', { camera: 'door', element: true });

    const frames = await harness.frames('element', 90);
    const element = harness.page.locator('pinhole-camera');
    const said = (): Promise<string> => element.evaluate((one) => one.shadowRoot?.textContent ?? '');
    await expect.poll(said, { timeout: 5_000 }).toMatch(/\d+ ms/);
    const words = await said();

    expectMoving(frames);
    expect(sizes(frames)).toEqual([SIZES.door]);
    expect(words).toMatch(/live/i);
    expect(words).toMatch(/WebRTC/);
    expect(await element.getAttribute('state')).toBe('live');
    expect(await element.getAttribute('stale')).toBeNull();
  });

  it('shows another camera when its attribute says so', async () => {
    await harness.page
      .locator('pinhole-camera')
      .evaluate((element) => element.setAttribute('camera', 'hall'));

    const { frames } = await harness.until('element', ({ frames: seen }) => seen.at(-1)?.width === 320);
    const later = await harness.frames('element', 30);

    expect(sizes(frames).at(-1)).toBe(SIZES.hall);
    expect(sizes(later)).toEqual([SIZES.hall]);
    expectMoving(later);
    await expect.poll(viewers, { timeout: 5_000 }).toBe(1);
  });

  it('stops while it is scrolled out of sight, and goes on with the newest picture', async () => {
    const element = harness.page.locator('pinhole-camera');
    await element.evaluate((one) => {
      document.body.style.height = '5000px';
      one.parentElement?.scrollIntoView();
      window.scrollTo(0, 4_000);
    });
    await harness.page.waitForTimeout(1_000);
    const before = (await harness.report('element')).frames.at(-1)?.frameNumber ?? 0;
    await harness.page.waitForTimeout(2_000);
    const meanwhile = (await harness.report('element')).frames;

    await harness.page.evaluate(() => window.scrollTo(0, 0));
    const after = await harness.frames('element', 30);

    expect(meanwhile).toEqual([]);
    expectMoving(after);
    expect(after[0]?.frameNumber).toBeGreaterThan(before + 30);
    await expect.poll(() => element.getAttribute('state'), { timeout: 5_000 }).toBe('live');
  });

  it('takes a snapshot, and says goodbye to the server when it is taken off the page', async () => {
    const element = harness.page.locator('pinhole-camera');
    const snapshot = await element.evaluate(async (one) => {
      const blob = await (one as HTMLElementTagNameMap['pinhole-camera']).snapshot();
      const picture = blob && (await createImageBitmap(blob));
      return { type: blob?.type, width: picture?.width, height: picture?.height };
    });
    const watching = await viewers();

    await harness.stopWatching('element');

    expect(snapshot).toEqual({ type: 'image/jpeg', width: 320, height: 240 });
    expect(watching).toBe(1);
    await expect.poll(viewers, { timeout: 3_000 }).toBe(0);
  });
});
