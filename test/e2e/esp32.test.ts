import { afterAll, beforeAll, expect } from 'vitest';
import { childrenOf } from '../support/census.ts';
import { type Browser, openChromium } from '../support/chromium.ts';
import { Esp32Emulator } from '../support/esp32-emulator/index.ts';
import { expectMoving } from '../support/frame-proof.ts';
import { type HarnessPage, openHarness } from '../support/harness/harness.ts';
import { delayLine, longestStandMs } from '../support/measure.ts';
import { type Pinhole, startPinhole } from '../support/pinhole.ts';
import { needs } from '../support/third-parties.ts';

const { describe, it } = needs('chromium', 'ffmpeg');

describe('an ESP32 in Chromium', () => {
  let camera: Esp32Emulator;
  let pinhole: Pinhole;
  let browser: Browser;
  let harness: HarnessPage;

  beforeAll(async () => {
    camera = await new Esp32Emulator({ framesPerSecond: 15 }).open();
    [pinhole, browser] = await Promise.all([
      startPinhole({ args: ['--camera', `yard=esp32:${camera.address}?fps=15&brightness=1`] }),
      openChromium(),
    ]);
    harness = await openHarness(browser, pinhole);
  });

  afterAll(async () => {
    await browser?.close();
    await pinhole?.dispose();
    await camera?.close();
  });

  it('moves by its own pictures, and nothing is encoded for them', async () => {
    const before = await childrenOf(pinhole.pid);
    await harness.watch('pictures', { camera: 'yard', transports: ['websocket'], players: ['jpeg'] });

    const { frames, transports, states } = await harness.until(
      'pictures',
      (watched) => watched.frames.length >= 60,
      { patienceMs: 40_000 },
    );
    const children = await childrenOf(pinhole.pid);
    await harness.stopWatching('pictures');

    expect(transports).toMatchObject([{ transport: 'websocket', player: 'jpeg' }]);
    expectMoving(frames);
    expect(frames.at(-1)).toMatchObject({ width: 320, height: 240 });
    expect(states.at(-1)?.kind).toBe('live');
    expect(children).toEqual(before);
    expect(camera.mostStreams).toBe(1);
    console.log(delayLine('ESP32 by its JPEG pictures', frames));
  });

  it('moves by WebRTC, encoded here once, with one connection to the camera for two viewers', async () => {
    for (const name of ['one', 'two']) await harness.watch(name, { camera: 'yard', transports: ['webrtc'] });

    const watched = await Promise.all(
      ['one', 'two'].map((name) =>
        harness.until(name, ({ frames }) => frames.length >= 60, { patienceMs: 40_000 }),
      ),
    );
    for (const name of ['one', 'two']) await harness.stopWatching(name);

    for (const { frames, firstFrameMs } of watched) {
      expectMoving(frames);
      expect(frames.at(-1)).toMatchObject({ width: 320, height: 240 });
      console.log(delayLine(`ESP32 by WebRTC, first frame after ${firstFrameMs?.toFixed(0)} ms`, frames));
    }
    expect([camera.streams, camera.mostStreams]).toEqual([1, 1]);
    expect(camera.settings.get('brightness')).toBe(1);
  });

  it('comes back by itself when the camera starts anew', async () => {
    await harness.watch('again', { camera: 'yard', transports: ['webrtc'] });
    const before = await harness.until('again', ({ frames }) => frames.length >= 10, { patienceMs: 40_000 });
    const { streams } = camera;

    // Longer than the longest first wait for the next try: it is tried in vain, and said to be offline meanwhile.
    const downMs = 2000;
    camera.reboot({ downMs });
    const after = await harness.until(
      'again',
      ({ frames, states }) =>
        camera.streams > streams && states.at(-1)?.kind === 'live' && frames.length >= 30,
      { patienceMs: 30_000 },
    );
    await harness.stopWatching('again');

    const stoodMs = longestStandMs([...before.frames, ...after.frames]);
    console.log(
      `the picture stood for ${stoodMs.toFixed(0)} ms, of which the camera was off for ${downMs} ms`,
    );
    expect(stoodMs).toBeGreaterThan(downMs);
    expect(after.states.map(({ kind }) => kind)).toContain('offline');
    expect(camera.mostStreams).toBe(1);
  });
});
