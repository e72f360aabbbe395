import { afterAll, beforeAll, expect } from 'vitest';
import { type Browser, openChromium } from '../../support/chromium.ts';
import { type HarnessPage, openHarness } from '../../support/harness/harness.ts';
import { expectOutage, firstFrameAfter, type Outage } from '../../support/outage.ts';
import { type Pinhole, startPinhole } from '../../support/pinhole.ts';
import { needs } from '../../support/third-parties.ts';

const { describe, it } = needs('chromium');

describe('a server that goes away', () => {
  const VIEWERS = {
    'by webrtc': { transports: ['webrtc'] },
    'by websocket': { transports: ['websocket'] },
    'by both': {},
  } as const;
  let pinhole: Pinhole;
  let browser: Browser;
  let harness: HarnessPage;

  beforeAll(async () => {
    [pinhole, browser] = await Promise.all([
      startPinhole({ args: ['--camera', 'test=synthetic:640x360@30'] }),
      openChromium(),
    ]);
    harness = await openHarness(browser, pinhole);
    await harness.page.evaluate(() => Object.assign(window, { notReloaded: true }));
    for (const [name, options] of Object.entries(VIEWERS)) {
      await harness.watch(name, { camera: 'test', element: true, ...options });
      await harness.frames(name, 30);
    }
  });

  afterAll(async () => {
    await browser?.close();
    await pinhole?.dispose();
  });

  /** Takes the server away, waits until every page says so, brings it back and waits for the pictures. */
  async function suffer(name: string, fault: () => Promise<void>): Promise<readonly Outage[]> {
    const faultAt = Date.now();
    await fault();
    for (const viewer of Object.keys(VIEWERS))
      await harness.until(viewer, ({ marks }) => marks.at(-1)?.kind === 'reconnecting');
    pinhole = await pinhole.restart();
    const upAt = Date.now();

    const outages = await Promise.all(
      Object.keys(VIEWERS).map(async (viewer) => {
        const seen = await harness.until(
          viewer,
          ({ frames }) => firstFrameAfter(frames, upAt) !== undefined,
          {
            patienceMs: 30_000,
          },
        );
        const back = firstFrameAfter(seen.frames, upAt - 2_000);
        const outage = expectOutage(seen, { name: `${name}, ${viewer}`, faultAt, back });
        console.log(
          `${name}, ${viewer}: picture ${Math.round((back?.paintedAt ?? 0) - upAt)} ms after the start`,
        );
        return outage;
      }),
    );

    expect(await harness.page.evaluate(() => 'notReloaded' in window)).toBe(true);
    for (const viewer of Object.keys(VIEWERS)) {
      const { marks } = await harness.until(viewer, ({ states }) => states.at(-1)?.kind === 'live');
      expect(marks.at(-1)?.stale).toBe(false);
    }
    return outages;
  }

  it('killed and started again: the page says so within a moment, then is live again by itself', async () => {
    const outages = await suffer('server killed', async () => {
      expect(await pinhole.stop('SIGKILL')).toBeNull();
    });

    for (const { marks } of outages) {
      const told = marks.filter(({ kind }) => kind === 'reconnecting');
      expect(told.length).toBeGreaterThan(0);
      for (const { reason } of told)
        expect(reason).toMatch(/The (server cannot be reached|connection .* broke)/);
    }
  });

  it('stopped by SIGTERM: ends with 0, and the page is told before', async () => {
    const outages = await suffer('server stopped', async () => {
      expect(await pinhole.stop('SIGTERM')).toBe(0);
    });

    for (const { marks } of outages) {
      const [told] = marks.filter(({ kind }) => kind === 'reconnecting');
      expect(told?.reason).toMatch(/the server stops|server closed the connection|server cannot be reached/);
    }
    const byWebSocket = outages[1]?.marks.map(({ words }) => words).join();
    expect(byWebSocket).toMatch(/the server stops; try again in a moment/i);
  });
});
