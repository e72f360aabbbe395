import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { type Browser, openChromium } from '../support/chromium.ts';
import { type Pinhole, startPinhole } from '../support/pinhole.ts';
import { needs } from '../support/third-parties.ts';
import { WITHOUT_UDP, watchByWebRtc } from '../support/without-udp.ts';

const { describe, it } = needs('chromium');

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
    await watchByWebRtc(browser, pinhole);

    expect(await sessions()).toMatchObject({
      sessions: [{ state: 'live', webrtc: { path: 'host/tcp', sendFailures: 0 } }],
    });
    expect(await ask('/metrics')).toMatch(
      /^pinhole_webrtc_port_tcp_connections_total\{became="claimed"\} [1-9]/m,
    );
  });
});
