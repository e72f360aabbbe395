import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect } from 'vitest';
import { CENSUS_ENV, Census, type Holdings, holdingsLine } from '../../support/census.ts';
import { type Browser, openChromium } from '../../support/chromium.ts';
import { type HarnessPage, openHarness } from '../../support/harness/harness.ts';
import { LossyProxy } from '../../support/lossy-proxy.ts';
import { arrivalsOf, expectOutage, firstFrameAfter } from '../../support/outage.ts';
import { type Pinhole, startPinhole } from '../../support/pinhole.ts';
import { SteadyViewer } from '../../support/steady-viewer.ts';
import { needs } from '../../support/third-parties.ts';
import { expectUnharmed } from '../../support/unharmed.ts';

const { describe, it } = needs('chromium');

/** A picture that stands for longer is frozen. */
const FROZEN_MS = 1_000;

/** Viewers behind a bad network beside one behind a good one. */
describe('a bad network', () => {
  const VIEWERS = {
    'by webrtc': { transports: ['webrtc'] },
    'by websocket': { transports: ['websocket'] },
    'by both': {},
  } as const;
  let pinhole: Pinhole;
  let census: Census;
  let baseline: Holdings;
  let proxy: LossyProxy;
  let browser: Browser;
  let bad: HarnessPage;
  let unharmed: SteadyViewer;

  beforeAll(async () => {
    [pinhole, browser] = await Promise.all([
      startPinhole({ args: ['--camera', 'test=synthetic:640x360@30'], env: CENSUS_ENV }),
      openChromium(),
    ]);
    census = new Census(pinhole);
    baseline = await census.take();
    proxy = await new LossyProxy(pinhole.port).open();
    bad = await openHarness(browser, { ...pinhole, url: proxy.url });
    await proxy.takeAnswersOf(bad.page);
    for (const [name, options] of Object.entries(VIEWERS)) {
      await bad.watch(name, { camera: 'test', element: true, ...options });
      await bad.until(name, ({ states }) => states.at(-1)?.kind === 'live');
    }
    await bad.until('by both', ({ transports }) => transports.at(-1)?.transport === 'webrtc');
    unharmed = await SteadyViewer.open('test', pinhole);
  });

  afterAll(async () => {
    await browser?.close();
    await proxy?.close();
    await pinhole?.dispose();
  });

  /** What the server knows of its WebRTC viewers, added up. */
  async function repairs(): Promise<{ nacks: number; resent: number }> {
    const sessions = await pinhole.sessions();
    const sum = (value: (webrtc: { nacksReceived: number; packetsResent: number }) => number): number =>
      sessions.reduce((total, { webrtc }) => total + (webrtc ? value(webrtc) : 0), 0);
    return { nacks: sum((webrtc) => webrtc.nacksReceived), resent: sum((webrtc) => webrtc.packetsResent) };
  }

  it('that stands still for 5 s: frozen by the network, in words, then live without a reload', async () => {
    unharmed.take();
    const faultAt = Date.now();
    proxy.impair({ stalled: true });
    await sleep(5_000);
    proxy.impair({});
    const overAt = Date.now();

    for (const name of Object.keys(VIEWERS)) {
      const seen = await bad.until(
        name,
        ({ frames, states }) =>
          firstFrameAfter(frames, overAt) !== undefined && states.at(-1)?.kind === 'live',
      );
      // Old pictures that a stream brings late are progress too: they show that the network is back.
      const back = seen.frames.find(({ paintedAt }) => paintedAt > overAt);
      const { marks } = expectOutage(seen, { name: `stalled for 5 s, ${name}`, faultAt, back });
      const frozen = marks.find(({ stale }) => stale);
      expect(frozen).toMatchObject({ kind: 'frozen', code: 'frozen/network' });
      expect(frozen?.words).toMatch(/Frozen at .*No pictures arrive over the network/);
      expect(marks.map(({ code }) => code)).not.toContain('frozen/camera');
    }
    await unharmed.expectUnharmed();
  });

  /** Who sends by WebRTC, by the server's own account. */
  async function senders(): Promise<string> {
    const headers = { authorization: `Bearer ${pinhole.token}` };
    const response = await fetch(`${pinhole.url}/metrics`, { headers });
    return (await response.text())
      .split('\n')
      .filter((line) => line.startsWith('pinhole_webrtc_fanout{'))
      .join();
  }

  it.each([0.02, 0.05])(
    'that loses %f of all packets, 50 ms away: the picture moves on, repaired',
    async (loss) => {
      expect(await senders()).toMatch(/^pinhole_webrtc_fanout\{by="native"\} [1-9]/);
      const before = await repairs();
      proxy.impair({ loss, delayMs: 50 });
      await sleep(1_000);
      for (const name of Object.keys(VIEWERS)) await bad.report(name);
      const startAt = Date.now();
      await sleep(5_000);

      for (const name of Object.keys(VIEWERS)) {
        const { frames, marks } = await bad.report(name);
        const longest = expectUnharmed(arrivalsOf(frames), { forMs: Date.now() - startAt, share: 0.4 });
        expect(marks.filter(({ at, stale }) => at > startAt && stale)).toEqual([]);
        if (name === 'by webrtc') expect(longest).toBeLessThan(FROZEN_MS);
        console.log(
          `loss ${loss * 100} %, ${name}: ${frames.length} frames, longest stand ${longest.toFixed(0)} ms`,
        );
      }
      const after = await repairs();
      const { dropped, passed } = proxy.counters;
      console.log(
        `dropped ${dropped} of ${dropped + passed} datagrams; ${JSON.stringify({ before, after })}`,
      );
      proxy.impair({});
      expect(dropped).toBeGreaterThan(0);
      expect(after.nacks).toBeGreaterThan(before.nacks);
      expect(after.resent).toBeGreaterThan(before.resent);
    },
  );

  it('leaves nothing behind', async () => {
    await Promise.all([browser.close(), unharmed.close()]);
    await proxy.close();

    const after = await census.untilBackTo(baseline, { patienceMs: 30_000 });

    expect(after.sockets).toBeLessThanOrEqual(baseline.sockets);
    console.log(holdingsLine('bad network', baseline, after));
  });
});
