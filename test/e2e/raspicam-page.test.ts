import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';
import { bundled } from '../support/bundle.ts';
import { type Browser, openChromium } from '../support/chromium.ts';
import { expectMoving, frameNumbers } from '../support/frame-proof.ts';
import type { SeenFrame } from '../support/harness/harness.ts';
import { openHideableChromium } from '../support/hideable-chromium.ts';
import { delayLine } from '../support/measure.ts';
import { type Pinhole, startPinhole } from '../support/pinhole.ts';
import type { RaspicamReport } from '../support/raspicam/page.ts';
import { needs } from '../support/third-parties.ts';

const { describe, it } = needs('chromium');

describe("raspicam's page, with jMuxer from npm", () => {
  let pinhole: Pinhole;
  let browser: Browser;
  let script: string;

  beforeAll(async () => {
    [pinhole, browser, script] = await Promise.all([
      startPinhole({ args: ['--camera', 'pi=synthetic:640x360@30', '--anonymous', 'view'] }),
      openChromium(),
      bundled(join(import.meta.dirname, '../support/raspicam/page.ts')),
    ]);
  });

  afterAll(async () => {
    await browser?.close();
    await pinhole?.dispose();
  });

  async function open(chromium: Browser = browser): Promise<Page> {
    const page = await chromium.newPage();
    await page.goto(`${pinhole.url}/health`);
    await page.evaluate(script);
    return page;
  }

  const report = (page: Page): Promise<RaspicamReport> =>
    page.evaluate(() => (window as never as { raspicamReport: () => RaspicamReport }).raspicamReport());

  /** Painted frames until there are so many. */
  async function frames(page: Page, count: number): Promise<{ seen: SeenFrame[]; last: RaspicamReport }> {
    const seen: SeenFrame[] = [];
    const deadline = Date.now() + 20_000;
    for (;;) {
      const last = await report(page);
      seen.push(...last.frames);
      if (seen.length >= count) return { seen, last };
      if (Date.now() > deadline)
        throw new Error(`${seen.length} frames of ${count}; ${last.messages} messages`);
      await new Promise((later) => setTimeout(later, 100));
    }
  }

  it('plays /ws/ as it stands, and a second page that comes late does too', async () => {
    const first = await open();
    const early = await frames(first, 90);
    const second = await open();
    const late = await frames(second, 90);
    await first.bringToFront(); // Chromium calls back for what is painted on top only
    await report(first);
    const both = await frames(first, 60);
    await Promise.all([first.close(), second.close()]);

    expect(early.last.textMessages).toBe(0);
    expectMoving(early.seen);
    expectMoving(late.seen);
    expectMoving(both.seen);
    console.log(delayLine('raspicam page', early.seen));
    console.log(
      `${delayLine('the late one', late.seen)}, first after ${late.last.firstFrameMs?.toFixed(0)} ms`,
    );
  });

  it('goes on after it was hidden', async () => {
    const tabs = await openHideableChromium();
    try {
      const page = await open(tabs);
      const before = await frames(page, 60);
      const other = await tabs.newPage();
      await other.bringToFront();
      await page.waitForFunction(() => document.visibilityState === 'hidden');
      await new Promise((later) => setTimeout(later, 4_000));
      await report(page); // forgets what was painted until it was hidden
      await page.bringToFront();
      const after = await frames(page, 90);

      const numbers = frameNumbers(after.seen.slice(-60));
      expect(numbers[0]).toBeGreaterThan((before.seen.at(-1)?.frameNumber ?? 0) + 60);
      expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
    } finally {
      await tabs.close();
    }
  });
});
