import { afterAll, beforeAll, expect, vi } from 'vitest';
import { type Pinhole, startPinhole } from '../support/pinhole.ts';
import { endViewers } from '../support/rtp-viewer.ts';
import { needs } from '../support/third-parties.ts';
import { watchByWhep } from '../support/watch-by-whep.ts';
import { pictures } from '../support/webrtc-session.ts';

const { describe, it } = needs('g++');

afterAll(endViewers);

describe.each([
  {
    start: 'as usual',
    native: '',
    by: 'native',
    says: /"WebRTC is sent by native code"/,
  },
  {
    start: 'without the native part',
    native: 'off',
    by: 'typescript',
    says: /"why":"[^"]*PINHOLE_NATIVE=off[^"]*"[^\n]*"WebRTC is sent by TypeScript, which costs about five times as much/,
  },
] as const)('the program, started $start', ({ native, by, says }) => {
  let pinhole: Pinhole;
  beforeAll(async () => {
    const args = ['--camera', 'test=synthetic:320x240@15'];
    pinhole = await startPinhole({ args, env: { PINHOLE_NATIVE: native } });
  });
  afterAll(() => pinhole.dispose());

  it('says what sends WebRTC, sends by it, and counts who is sent to', async () => {
    expect(pinhole.output()).toMatch(says);
    const sentTo = async (): Promise<string[]> =>
      (await (await pinhole.ask('/metrics')).text()).match(/^pinhole_webrtc_fanout\{.*$/gm) ?? [];
    expect(await sentTo()).toEqual([`pinhole_webrtc_fanout{by="${by}"} 0`]);

    const viewer = await watchByWhep(pinhole, 'test');
    const came = pictures(viewer);
    await vi.waitFor(() => expect(pictures(viewer)).toBeGreaterThan(came + 5), { timeout: 15_000 });
    expect(await sentTo()).toEqual([`pinhole_webrtc_fanout{by="${by}"} 1`]);

    viewer.close();
    await vi.waitFor(async () => expect(await sentTo()).toEqual([`pinhole_webrtc_fanout{by="${by}"} 0`]), {
      timeout: 15_000,
    });
  });
});
