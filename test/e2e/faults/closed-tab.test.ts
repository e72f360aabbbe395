import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect } from 'vitest';
import { CENSUS_ENV, Census, childrenOf, type Holdings, holdingsLine } from '../../support/census.ts';
import { type Browser, openChromium } from '../../support/chromium.ts';
import { type HarnessPage, openHarness } from '../../support/harness/harness.ts';
import { type Pinhole, startPinhole } from '../../support/pinhole.ts';
import { SteadyViewer } from '../../support/steady-viewer.ts';
import { needs } from '../../support/third-parties.ts';

/** Silence is noticed after 10 s, and looked for a few times a second. */
const SILENT_MS = 13_000;
const POLITE_MS = 3_000;

const { describe, it } = needs('chromium');

describe('a tab that is closed', () => {
  let pinhole: Pinhole;
  let census: Census;
  let baseline: Holdings;
  let unharmed: SteadyViewer;

  beforeAll(async () => {
    pinhole = await startPinhole({ args: ['--camera', 'test=synthetic:640x360@30'], env: CENSUS_ENV });
    census = new Census(pinhole);
    baseline = await census.take();
    unharmed = await SteadyViewer.open('test', pinhole);
  });

  afterAll(async () => {
    await pinhole?.dispose();
  });

  /** Transports of all sessions but that of the viewer who stays. */
  async function pages(): Promise<readonly string[]> {
    const transports = (await pinhole.sessions()).map(({ transport }) => transport);
    return transports.toSpliced(transports.indexOf('websocket'), 1).toSorted();
  }

  /** A browser whose page watches by both transports. */
  async function watching(): Promise<{ browser: Browser; harness: HarnessPage; pid: number }> {
    const before = await childrenOf(process.pid);
    const browser = await openChromium();
    const [pid = Number.NaN] = (await childrenOf(process.pid)).filter((child) => !before.includes(child));
    expect(await readFile(`/proc/${pid}/cmdline`, 'latin1')).toContain('chromium');
    const harness = await openHarness(browser, pinhole);
    for (const transport of ['webrtc', 'websocket'] as const) {
      await harness.watch(transport, { camera: 'test', transports: [transport] });
      await harness.frames(transport, 10);
    }
    expect(await pages()).toEqual(['webrtc', 'websocket']);
    unharmed.take();
    return { browser, harness, pid };
  }

  /** Waits until the server knows of no page any more. @returns how long that took */
  async function untilGone(timeout: number): Promise<number> {
    const since = Date.now();
    await expect.poll(pages, { timeout, interval: 50 }).toEqual([]);
    const tookMs = Date.now() - since;
    await unharmed.expectUnharmed();
    return tookMs;
  }

  it('politely says so: its sessions end at once', async () => {
    const { browser, harness } = await watching();

    await harness.page.close({ runBeforeUnload: true });

    console.log(`page closed: sessions gone after ${await untilGone(POLITE_MS)} ms`);
    await browser.close();
  });

  it('without a word, as its browser was killed: its sessions end when nothing was heard for 10 s', async () => {
    const { browser, pid } = await watching();

    process.kill(-pid, 'SIGKILL');

    console.log(`browser killed: sessions gone after ${await untilGone(SILENT_MS)} ms`);
    const metrics = await (await pinhole.ask('/metrics')).text();
    expect(metrics).toMatch(/^pinhole_sessions_ended_total\{cause="(?:silent|timeout)"\} 1$/m);
    await browser.close();
  });

  it('leaves nothing behind', async () => {
    await unharmed.close();

    const after = await census.untilBackTo(baseline, { patienceMs: 30_000 });

    expect(after.sockets).toBeLessThanOrEqual(baseline.sockets);
    console.log(holdingsLine('closed tabs', baseline, after));
  });
});
