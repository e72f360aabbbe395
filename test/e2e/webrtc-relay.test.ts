import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { stringify } from 'yaml';
import { type Browser, openChromium } from '../support/chromium.ts';
import { openHarness } from '../support/harness/harness.ts';
import { type Pinhole, startPinhole } from '../support/pinhole.ts';
import { needs } from '../support/third-parties.ts';
import { startTurnServer, type TurnServer } from '../support/turn-server.ts';

const { describe, it } = needs('chromium', 'coturn');

const ADDRESS = '127.0.0.1';
const PATIENCE = { patienceMs: 30_000 };

/** Chromium sends no UDP then, as in a network that lets none pass. */
const WITHOUT_UDP = ['--webrtc-ip-handling-policy=disable_non_proxied_udp'];

describe('WebRTC over a relay', () => {
  let folder: string;
  let turn: TurnServer;
  let pinhole: Pinhole;
  let browser: Browser | undefined;

  beforeAll(async () => {
    [folder, turn] = await Promise.all([mkdtemp(join(tmpdir(), 'pinhole-relay-')), startTurnServer(ADDRESS)]);
    const file = join(folder, 'pinhole.yaml');
    const config = {
      cameras: { test: { source: 'synthetic:640x360@30' } },
      webrtc: { port: 0, tcp: false },
      iceServers: [{ urls: [`turn:${ADDRESS}:${turn.port}?transport=tcp`], secret: turn.secret }],
    };
    await writeFile(file, stringify(config));
    pinhole = await startPinhole({ args: ['--config', file] });
  });

  afterEach(() => browser?.close());
  afterAll(async () => {
    await pinhole.dispose();
    await turn.dispose();
    await rm(folder, { recursive: true, force: true });
  });

  it('is what a browser watches by where neither UDP nor our port passes, with a credential of its own', async () => {
    browser = await openChromium({ flags: WITHOUT_UDP });
    const harness = await openHarness(browser, pinhole);

    await harness.watch('relayed', { camera: 'test', transports: ['webrtc'] });
    const { frames, transports } = await harness.until(
      'relayed',
      (watched) => watched.frames.length >= 90,
      PATIENCE,
    );

    expect((frames.at(-1)?.frameNumber ?? 0) - (frames[0]?.frameNumber ?? 0)).toBeLessThan(
      frames.length * 1.5,
    );
    expect(transports).toMatchObject([{ transport: 'webrtc', player: 'native' }]);
    expect(turn.output()).toMatch(/user <\d{10}:\S+>: incoming packet CHANNEL_BIND processed, success/);
    expect(pinhole.output()).not.toContain(turn.secret);
  });
});
