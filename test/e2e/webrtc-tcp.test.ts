import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { type Browser, openChromium } from '../support/chromium.ts';
import { openHarness } from '../support/harness/harness.ts';
import { type Pinhole, startPinhole } from '../support/pinhole.ts';
import { needs } from '../support/third-parties.ts';

const { describe, it } = needs('chromium');

const PATIENCE = { patienceMs: 30_000 };

/** Chromium sends no UDP then, as in a network that lets none pass. */
const WITHOUT_UDP = ['--webrtc-ip-handling-policy=disable_non_proxied_udp'];

describe('WebRTC over TCP', () => {
  let pinhole: Pinhole;
  let browser: Browser | undefined;

  beforeAll(async () => {
    pinhole = await startPinhole({ args: ['--camera', 'test=synthetic:640x360@30'] });
  });

  afterEach(() => browser?.close());
  afterAll(() => pinhole.dispose());

  async function ask(path: string): Promise<string> {
    const headers = { authorization: `Bearer ${pinhole.token}` };
    return await (await fetch(`${pinhole.url}${path}`, { headers })).text();
  }

  const sessions = async (): Promise<unknown> => JSON.parse(await ask('/api/v1/sessions')) as unknown;

  it('is what a browser watches by that UDP does not reach, at the same port', async () => {
    browser = await openChromium({ flags: WITHOUT_UDP });
    const harness = await openHarness(browser, pinhole);

    await harness.watch('tcp', { camera: 'test', transports: ['webrtc'] });
    const { frames, transports } = await harness.until(
      'tcp',
      (watched) => watched.frames.length >= 90,
      PATIENCE,
    );

    expect((frames.at(-1)?.frameNumber ?? 0) - (frames[0]?.frameNumber ?? 0)).toBeLessThan(
      frames.length * 1.5,
    );
    expect(transports).toMatchObject([{ transport: 'webrtc', player: 'native' }]);
    expect(await sessions()).toMatchObject({
      sessions: [{ state: 'live', webrtc: { path: 'host/tcp', sendFailures: 0 } }],
    });
    expect(await ask('/metrics')).toMatch(
      /^pinhole_webrtc_port_tcp_connections_total\{became="claimed"\} [1-9]/m,
    );
  });
});
