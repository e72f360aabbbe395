import { describe, expect } from 'vitest';
import { whyNoRouter } from '../support/home-router.ts';
import { keyFramesBehindRouter } from '../support/key-frames-behind-router.ts';
import { quantile } from '../support/measure.ts';
import { needs } from '../support/third-parties.ts';

const { it } = needs('g++', 'iproute2');
const why = whyNoRouter();
if (why !== undefined) console.log(`skipped: key frames over a narrow link; ${why}`);

const PACKETS = 136;
const KEY_FRAMES = 15;

describe.skipIf(why !== undefined)('a key frame over a narrow link', () => {
  it('loses nothing as it is spread, where the queue cannot hold all of it at once', async () => {
    // The queue is empty again 1.7 ms after a burst of 32, and 2.1 ms pass between two; it would hold three at once.
    const link = { megabitsPerSecond: 200, queuePackets: 100 };
    const payloadBytes = Array.from({ length: PACKETS }, () => 1188);

    const [spread = [], atOnce = []] = await keyFramesBehindRouter(link, {
      count: KEY_FRAMES,
      payloadBytes,
      bursts: ['default', PACKETS],
    });

    // Most of them: a machine may stand still for as long as a key frame takes.
    expect(spread).toHaveLength(KEY_FRAMES);
    expect(quantile(spread, 0.5)).toBe(PACKETS);
    expect(atOnce).toHaveLength(KEY_FRAMES);
    expect(quantile(atOnce, 0.5)).toBeLessThan(PACKETS);
  });
});
