import { afterAll, beforeAll, expect } from 'vitest';
import { type Browser, openChromium } from '../support/chromium.ts';
import { expectMoving } from '../support/frame-proof.ts';
import { type HarnessPage, openHarness } from '../support/harness/harness.ts';
import { delayLine, delaysMs } from '../support/measure.ts';
import { type Pinhole, startPinhole } from '../support/pinhole.ts';
import { needs } from '../support/third-parties.ts';
import { openVirtualCamera, type VirtualCamera } from '../support/virtual-camera/virtual-camera.ts';

const { describe, it } = needs('chromium', 'v4l2-ctl', 'gcc', 'ffmpeg');

describe('a USB camera in Chromium', () => {
  let camera: VirtualCamera;
  let pinhole: Pinhole;
  let browser: Browser;
  let harness: HarnessPage;

  beforeAll(async () => {
    camera = await openVirtualCamera({
      modes: [
        { fourcc: 'MJPG', width: 640, height: 360, framesPerSecond: 30 },
        { fourcc: 'YUYV', width: 640, height: 360, framesPerSecond: 15 },
      ],
    });
    [pinhole, browser] = await Promise.all([
      startPinhole({
        args: ['--camera', `usb=v4l2:${camera.byId}?size=640x360&fps=30&brightness=140`],
        env: camera.env,
      }),
      openChromium(),
    ]);
    harness = await openHarness(browser, pinhole);
  });

  afterAll(async () => {
    await browser?.close();
    await pinhole?.dispose();
    await camera?.close();
  });

  it.each([
    ['webrtc', { transports: ['webrtc'] }],
    ['websocket', { transports: ['websocket'] }],
  ] as const)('moves by %s, its JPEGs encoded once', async (name, options) => {
    await harness.watch(name, { camera: 'usb', ...options });
    await harness.until(name, ({ states }) => states.some(({ kind }) => kind === 'live'));
    const frames = await harness.frames(name, 120);
    await harness.stopWatching(name);

    expectMoving(frames);
    expect(Math.min(...delaysMs(frames))).toBeGreaterThan(-5);
    expect(camera.captures.at(-1)).toBe('MJPG 640 360 30');
    expect(camera.value(1)).toBe(140);
    console.log(delayLine(`USB camera, MJPEG → H.264, ${name}`, frames));
  });

  it('comes back to the viewer when it was unplugged and plugged in again', async () => {
    await harness.watch('replug', { camera: 'usb', transports: ['webrtc'] });
    await harness.until('replug', ({ states }) => states.some(({ kind }) => kind === 'live'));
    await harness.frames('replug', 10);

    camera.unplug();
    await new Promise((later) => setTimeout(later, 1_000));
    const unpluggedAt = camera.sent();
    camera.plugIn('video4');
    await expect.poll(() => camera.sent(), { timeout: 10_000 }).toBeGreaterThan(unpluggedAt + 30);
    const frames = await harness.frames('replug', 40);
    await harness.stopWatching('replug');

    expect(frames.length).toBeGreaterThanOrEqual(40);
    expect((frames.at(-1)?.captureTime ?? 0) / 1000).toBeGreaterThan(Date.now() - 2_000);
  });
});
