import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { type Browser, openChromium } from '../support/chromium.ts';
import { type Pinhole, startPinhole } from '../support/pinhole.ts';
import { needs } from '../support/third-parties.ts';
import { startTurnServer, type TurnServer } from '../support/turn-server.ts';
import { WITHOUT_UDP, watchByWebRtc } from '../support/without-udp.ts';

const { describe, it } = needs('chromium', 'coturn');

const ADDRESS = '127.0.0.1';

describe('WebRTC over a relay', () => {
  let turn: TurnServer;
  let pinhole: Pinhole;
  let browser: Browser | undefined;

  beforeAll(async () => {
    turn = await startTurnServer(ADDRESS);
    pinhole = await startPinhole({
      config: {
        cameras: { test: { source: 'synthetic:640x360@30' } },
        webrtc: { port: 0, tcp: false },
        iceServers: [{ urls: [`turn:${ADDRESS}:${turn.port}?transport=tcp`], secret: turn.secret }],
      },
    });
  });

  afterEach(() => browser?.close());
  afterAll(async () => {
    await pinhole.dispose();
    await turn.dispose();
  });

  it('is what a browser watches by where neither UDP nor our port passes, with a credential of its own', async () => {
    browser = await openChromium({ flags: WITHOUT_UDP });
    await watchByWebRtc(browser, pinhole);

    expect(turn.output()).toMatch(/user <\d{10}:\S+>: incoming packet CHANNEL_BIND processed, success/);
    expect(pinhole.output()).not.toContain(turn.secret);
  });
});
