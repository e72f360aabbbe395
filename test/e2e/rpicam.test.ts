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
    const response = await pinhole.ask(`/api/v1/cameras/pi/controls/${control}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ value }),
    });
    return response.status;
  };

  /** Frames painted until a second's worth of those that `isNew` tells came, behind a restart of the capture program. */
  const framesAcross = async (
    way: Way,
    isNew: (frame: SeenFrame) => boolean,
  ): Promise<readonly SeenFrame[]> => {
    const { frames, states } = await harness.until(
      way,
      (watched) => watched.frames.filter(isNew).length > 30,
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
    // The dead cannot capture: what was captured since is of the next program.
    const isNew = ({ captureTime }: SeenFrame): boolean => captureTime / 1000 > killed;
    const seen = await Promise.all(ALL_WAYS.map((way) => framesAcross(way, isNew)));

    expect(fake.pid()).not.toBe(pid);
    for (const [i, way] of ALL_WAYS.entries()) {
      const frames = seen[i] ?? [];
      const afterMs = (frames.find(isNew)?.paintedAt ?? Number.POSITIVE_INFINITY) - killed;
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

    expect(await setControl('size', '960x540')).toBe(200);
    const seen = await Promise.all(ALL_WAYS.map((way) => framesAcross(way, ({ width }) => width === 960)));

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
