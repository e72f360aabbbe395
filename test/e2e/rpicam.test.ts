import { afterAll, beforeAll, expect } from 'vitest';
import { type Browser, openChromium } from '../support/chromium.ts';
import { type FakeRpicam, withFakeRpicam } from '../support/fake-rpicam/fake-rpicam.ts';
import { expectMoving } from '../support/frame-proof.ts';
import { type HarnessPage, openHarness, type SeenFrame } from '../support/harness/harness.ts';
import { delayLine, delaysMs } from '../support/measure.ts';
import { type Pinhole, startPinhole } from '../support/pinhole.ts';
import { needs } from '../support/third-parties.ts';

const { describe, it } = needs('chromium');
const WAYS = {
  webrtc: { transports: ['webrtc'] },
  websocket: { transports: ['websocket'], players: ['webcodecs'] },
} as const;
type Way = keyof typeof WAYS;
/** Shorter than any restart, longer than a busy machine. */
const SHORTEST_GAP_MS = 250;
const ALL_WAYS = Object.keys(WAYS) as Way[];

describe('a Raspberry Pi camera in Chromium', () => {
  let fake: FakeRpicam;
  let pinhole: Pinhole;
  let browser: Browser;
  let harness: HarnessPage;

  beforeAll(async () => {
    fake = await withFakeRpicam({ FAKE_RPICAM_START_MS: '300' });
    [pinhole, browser] = await Promise.all([
      startPinhole({ args: ['--camera', 'pi=rpicam:0?size=640x360&fps=30&by=program'], env: fake.env }),
      openChromium(),
    ]);
    harness = await openHarness(browser, pinhole);
    for (const way of ALL_WAYS) await harness.watch(way, { camera: 'pi', ...WAYS[way] });
    await Promise.all(ALL_WAYS.map((way) => harness.frames(way, 60)));
  });

  afterAll(async () => {
    await browser?.close();
    await pinhole?.dispose();
    await fake?.remove();
  });

  const setControl = async (control: string, value: unknown): Promise<number> => {
    const response = await fetch(`${pinhole.url}/api/v1/cameras/pi/controls/${control}`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${pinhole.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ value }),
    });
    return response.status;
  };

  /** Where the picture stood longest after `since`: the index of the frame behind it. */
  const backAt = (frames: readonly SeenFrame[], since: number): number => {
    const stands = frames.map(({ paintedAt, captureTime }, i) =>
      captureTime / 1000 > since ? paintedAt - (frames[i - 1]?.paintedAt ?? paintedAt) : 0,
    );
    const longest = Math.max(...stands);
    return longest > SHORTEST_GAP_MS ? stands.indexOf(longest) : Number.POSITIVE_INFINITY;
  };

  /** Frames painted across the restart of the capture program after `since`, and a second's worth more. */
  const framesAcross = async (way: Way, since: number): Promise<readonly SeenFrame[]> => {
    const { frames, states } = await harness.until(
      way,
      (watched) => watched.frames.length > backAt(watched.frames, since) + 30,
    );
    expect(states.at(-1)?.kind).toBe('live');
    return frames;
  };

  it.each(ALL_WAYS)('moves, by %s', async (way) => {
    const frames = await harness.frames(way, 120);

    expectMoving(frames);
    expect(Math.min(...delaysMs(frames))).toBeGreaterThan(-5);
    console.log(`rpicam 30 fps, ${delayLine(way, frames)}`);
  });

  it('is back soon after its capture program was killed', async () => {
    const pid = fake.pid();
    expect(pid).toBeDefined();
    const killed = performance.timeOrigin + performance.now();

    process.kill(pid ?? 0, 'SIGKILL');
    const seen = await Promise.all(ALL_WAYS.map((way) => framesAcross(way, killed)));

    expect(fake.pid()).not.toBe(pid);
    for (const [i, way] of ALL_WAYS.entries()) {
      const frames = seen[i] ?? [];
      const back = frames[backAt(frames, killed)];
      const afterMs = (back?.paintedAt ?? Number.POSITIVE_INFINITY) - killed;
      console.log(
        `kill -9 of the capture program: ${way} paints the next picture ${afterMs.toFixed(0)} ms later`,
      );
      expect(afterMs).toBeLessThan(10_000);
      expect(frames.map(({ frameNumber }) => frameNumber)).toEqual(
        frames.map(({ frameNumber }) => frameNumber).toSorted((a, b) => a - b),
      );
    }
  });

  it('changes its size while it is watched, in the same session', async () => {
    const { transports: before } = await harness.report('webrtc');
    const changed = performance.timeOrigin + performance.now();

    expect(await setControl('size', '960x540')).toBe(200);
    const seen = await Promise.all(ALL_WAYS.map((way) => framesAcross(way, changed)));

    for (const frames of seen) {
      expect(frames[0]).toMatchObject({ width: 640, height: 360 });
      expect(frames.at(-1)).toMatchObject({ width: 960, height: 540 });
    }
    const { transports, states } = await harness.report('webrtc');
    expect(transports).toEqual(before);
    expect(states.at(-1)?.kind).toBe('live');
    const gap = /"gapMs":(\d+)/.exec(
      pinhole
        .output()
        .split('\n')
        .findLast((line) => line.includes('gapMs')) ?? '',
    )?.[1];
    console.log(`size changed live: the source's gap was ${gap ?? '?'} ms`);
  });
});
