import { expect } from 'vitest';
import type { Browser } from './chromium.ts';
import { openHarness } from './harness/harness.ts';
import type { Pinhole } from './pinhole.ts';

/** Flags of a Chromium that sends no UDP, as in a network that lets none pass. */
export const WITHOUT_UDP = ['--webrtc-ip-handling-policy=disable_non_proxied_udp'];

const FRAMES = 90;

/** Watches the camera `test` by WebRTC and no other way, until enough was painted to prove that it moves. */
export async function watchByWebRtc(browser: Browser, pinhole: Pinhole): Promise<void> {
  const harness = await openHarness(browser, pinhole);
  await harness.watch('player', { camera: 'test', transports: ['webrtc'] });
  const { frames, transports } = await harness.until('player', (watched) => watched.frames.length >= FRAMES, {
    patienceMs: 30_000,
  });
  expect((frames.at(-1)?.frameNumber ?? 0) - (frames[0]?.frameNumber ?? 0)).toBeLessThan(frames.length * 1.5);
  expect(transports).toMatchObject([{ transport: 'webrtc', player: 'native' }]);
}
