import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { type Browser, openChromium } from '../support/chromium.ts';
import { type HarnessPage, openHarness } from '../support/harness/harness.ts';
import { delayLine, delaysMs, longestStandMs } from '../support/measure.ts';
import { type Pinhole, startPinhole } from '../support/pinhole.ts';
import { needs } from '../support/third-parties.ts';
import { freshSlot } from '../support/ustreamer/ustreamer-run.ts';

const { describe } = needs('chromium');

describe('the synthetic camera in Chromium', () => {
  let pinhole: Pinhole;
  let browser: Browser;
  let harness: HarnessPage;
  const folder = mkdtempSync(join(tmpdir(), 'pinhole-live-'));

  beforeAll(async () => {
    const slot = freshSlot('h264');
    const config = join(folder, 'pinhole.yaml');
    writeFileSync(
      config,
      `cameras:
  test: { source: "synthetic:640x360@30", ustreamer: "${slot}" }
  slot: "ustreamer:${slot}"
`,
    );
    [pinhole, browser] = await Promise.all([startPinhole({ args: ['--config', config] }), openChromium()]);
    harness = await openHarness(browser, pinhole);
  });

  afterAll(async () => {
    await browser?.close();
    await pinhole?.dispose();
    rmSync(folder, { recursive: true });
  });

  const it = needs('chromium').it;

  it.each([
    ['webrtc', 'test', { transports: ['webrtc'] }, 'native'],
    ['websocket, WebCodecs', 'test', { transports: ['websocket'], players: ['webcodecs'] }, 'webcodecs'],
    ['websocket, MSE', 'test', { transports: ['websocket'], players: ['mse'] }, 'mse'],
    // Into shared memory, as µStreamer does it, and out of it again.
    ['webrtc, through a slot of µStreamer', 'slot', { transports: ['webrtc'] }, 'native'],
  ] as const)('moves, by %s', async (name, camera, options, player) => {
    await harness.watch(name, { camera, ...options });
    await harness.until(name, ({ states }) => states.some(({ kind }) => kind === 'live'));
    const frames = await harness.frames(name, 150);
    const { transports, latency, states } = await harness.report(name);
    await harness.stopWatching(name);

    const numbers = frames.map(({ frameNumber }) => frameNumber);
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
    expect(new Set(numbers).size).toBe(numbers.length);
    expect((numbers.at(-1) ?? 0) - (numbers[0] ?? 0)).toBeLessThan(numbers.length * 1.5);
    expect(longestStandMs(frames)).toBeLessThan(2000);
    // Two programs on one machine agree on the time to a few milliseconds.
    expect(Math.min(...delaysMs(frames))).toBeGreaterThan(-5);
    expect(transports).toMatchObject([{ player }]);
    expect(states.at(-1)?.kind).toBe('live');
    expect(latency).toBeDefined();
    console.log(`${delayLine(name, frames)}; the page says p50 ${latency?.p50Ms.toFixed(0)} ms`);
  });
});
