import { afterAll, beforeAll, expect } from 'vitest';
import { type Browser, openChromium } from '../support/chromium.ts';
import { type HarnessPage, openHarness } from '../support/harness/harness.ts';
import { type Pinhole, startPinhole } from '../support/pinhole.ts';
import { needs } from '../support/third-parties.ts';

const { describe, it } = needs('chromium');

/** Chromium sends no UDP then, as in a network that lets none pass. */
const WITHOUT_UDP = ['--webrtc-ip-handling-policy=disable_non_proxied_udp'];

describe('a browser that UDP does not reach', () => {
  let pinhole: Pinhole;
  let browser: Browser;
  let harness: HarnessPage;

  beforeAll(async () => {
    [pinhole, browser] = await Promise.all([
      startPinhole({ args: ['--camera', 'test=synthetic:640x360@30'] }),
      openChromium({ flags: WITHOUT_UDP }),
    ]);
    harness = await openHarness(browser, pinhole);
  });

  afterAll(async () => {
    await browser?.close();
    await pinhole?.dispose();
  });

  it('watches by WebRTC over TCP, at the same port', async () => {
    await harness.watch('tcp', { camera: 'test', transports: ['webrtc'] });
    const { frames, transports } = await harness.until('tcp', (watched) => watched.frames.length >= 90, {
      patienceMs: 30_000,
    });
    const { sessions } = (await (
      await fetch(`${pinhole.url}/api/v1/sessions`, { headers: { authorization: `Bearer ${pinhole.token}` } })
    ).json()) as { readonly sessions: readonly unknown[] };
    const metrics = await (
      await fetch(`${pinhole.url}/metrics`, { headers: { authorization: `Bearer ${pinhole.token}` } })
    ).text();

    expect((frames.at(-1)?.frameNumber ?? 0) - (frames[0]?.frameNumber ?? 0)).toBeLessThan(
      frames.length * 1.5,
    );
    expect(transports).toMatchObject([{ transport: 'webrtc', player: 'native' }]);
    expect(sessions).toMatchObject([{ state: 'live', webrtc: { path: 'host/tcp', sendFailures: 0 } }]);
    expect(metrics).toMatch(/^pinhole_webrtc_port_tcp_connections_total\{became="claimed"\} [1-9]/m);
  });
});
