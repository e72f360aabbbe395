import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { type Browser, openChromium } from '../support/chromium.ts';
import { type HarnessPage, openHarness } from '../support/harness/harness.ts';
import { type Pinhole, startPinhole } from '../support/pinhole.ts';
import { needs } from '../support/third-parties.ts';

const { describe, it } = needs('chromium');

describe('a server that browsers reach by two addresses', () => {
  let folder: string;
  let pinhole: Pinhole;
  let browser: Browser;
  let harness: HarnessPage;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pinhole-config-'));
    const config = join(folder, 'pinhole.yaml');
    await writeFile(
      config,
      'cameras: { test: "synthetic:640x360@30" }\nwebrtc: { hostAddresses: ["127.0.0.1", "::1"] }\n',
    );
    [pinhole, browser] = await Promise.all([startPinhole({ args: ['--config', config] }), openChromium()]);
    harness = await openHarness(browser, pinhole);
  });

  afterAll(async () => {
    await browser?.close();
    await pinhole?.dispose();
    await rm(folder, { recursive: true, force: true });
  });

  it('follows the browser to the path it likes better, and keeps its session', async () => {
    await harness.watch('both', { camera: 'test', transports: ['webrtc'] });
    const { frames, transports } = await harness.until('both', (watched) => watched.frames.length >= 360, {
      patienceMs: 40_000,
    });
    const sessions = await pinhole.sessions();

    expect((frames.at(-1)?.frameNumber ?? 0) - (frames[0]?.frameNumber ?? 0)).toBeLessThan(
      frames.length * 1.5,
    );
    expect(transports).toHaveLength(1);
    expect(sessions).toMatchObject([{ state: 'live', webrtc: { datagramsRefused: 0 } }]);
  });
});
