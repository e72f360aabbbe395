import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { CENSUS_ENV, Census, childrenOf, type Holdings, holdingsLine } from '../../support/census.ts';
import { type Browser, openChromium } from '../../support/chromium.ts';
import { ffmpegOutput } from '../../support/clip-file.ts';
import { type HarnessPage, openHarness } from '../../support/harness/harness.ts';
import { arrivalsOf, expectOutage, type Outage } from '../../support/outage.ts';
import { type Pinhole, startPinhole } from '../../support/pinhole.ts';
import { type RtspServer, startRtspServer } from '../../support/rtsp-server.ts';
import { needs } from '../../support/third-parties.ts';
import { timeCodedClip } from '../../support/time-coded-clip.ts';
import { expectUnharmed } from '../../support/unharmed.ts';

const AUTH = { scheme: 'digest', user: 'keeper', password: 'correct-horse' } as const;
const WRONG_PASSWORD = 'battery-staple';
/** A connection to the camera begins its clip anew, at 0; what a viewer is shown again from the cache is less than this. */
const CLIP_HEAD = 60;

const { describe, it } = needs('chromium', 'ffmpeg', 'gst-rtsp-server', 'node-av');

describe('a camera that fails', () => {
  /** One camera is received by the program itself; what the other one sends is encoded by FFmpeg, in a child. */
  const CAMERAS = ['door', 'jpeg'] as const;
  const TRANSPORTS = ['webrtc', 'websocket'] as const;
  let folder: string;
  let clip: string;
  let jpegs: string;
  let rtsp: RtspServer;
  let pinhole: Pinhole;
  let census: Census;
  let baseline: Holdings;
  let browser: Browser;
  let harness: HarnessPage;

  const serve = (port = 0) => {
    const mounts = { '/door': { file: clip }, '/jpeg': { file: jpegs, codec: 'mjpeg' } } as const;
    return startRtspServer({ mounts, auth: AUTH, port });
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pinhole-source-'));
    jpegs = join(folder, 'jpegs.mov');
    clip = await timeCodedClip({ seconds: 60, profile: 'main', height: 192 });
    // RTP has no JPEG but of sides that eight divides, with the Huffman tables of the standard (RFC 2435).
    const mjpeg = '-pix_fmt yuvj420p -c:v mjpeg -q:v 3 -huffman default'.split(' ');
    ffmpegOutput(['-i', clip, ...mjpeg, jpegs]);
    rtsp = await serve();
    const url = (path: string, password: string): string =>
      rtsp.url(path, { userInfo: `${AUTH.user}:${password}` });
    const cameras = [
      `door=${url('/door', AUTH.password)}`,
      `jpeg=${url('/jpeg', AUTH.password)}`,
      `wrong=${url('/door', WRONG_PASSWORD)}`,
      'test=synthetic:640x360@30',
    ];
    const flags = cameras.flatMap((camera) => ['--camera', camera]);
    [pinhole, browser] = await Promise.all([
      startPinhole({ args: ['--log-level', 'debug', ...flags], env: CENSUS_ENV }),
      openChromium(),
    ]);
    census = new Census(pinhole);
    baseline = await census.take();
    harness = await openHarness(browser, pinhole);
    await harness.watch('test', { camera: 'test', element: true });
    for (const camera of CAMERAS)
      for (const transport of TRANSPORTS)
        await harness.watch(`${camera} by ${transport}`, { camera, transports: [transport], element: true });
    await harness.frames('test', 30);
  });

  afterAll(async () => {
    await browser?.close();
    await pinhole?.dispose();
    await rtsp?.stop();
    await rm(folder, { recursive: true });
  });

  /** The child process that FFmpeg runs in. */
  async function ffmpegChild(): Promise<number> {
    const children = await childrenOf(pinhole.pid);
    const lines = await Promise.all(children.map((pid) => readFile(`/proc/${pid}/cmdline`, 'latin1')));
    return children.find((_, i) => lines[i]?.startsWith('pinhole-ffmpeg')) ?? Number.NaN;
  }

  /** Does something to cameras, waits until their viewers have the picture back, and tells how they fared. */
  async function suffer(
    name: string,
    cameras: readonly string[],
    fault: (viewers: readonly string[]) => Promise<void> | void,
  ): Promise<readonly Outage[]> {
    const viewers = cameras.flatMap((camera) => TRANSPORTS.map((transport) => `${camera} by ${transport}`));
    for (const viewer of viewers)
      await harness.until(viewer, ({ frames }) => (frames.at(-1)?.frameNumber ?? 0) > 2 * CLIP_HEAD);
    await harness.report('test');
    const faultAt = Date.now();
    await fault(viewers);

    const outages = await Promise.all(
      viewers.map(async (viewer) => {
        const isBack = ({ frameNumber }: { readonly frameNumber: number }) => frameNumber < CLIP_HEAD;
        const seen = await harness.until(viewer, ({ frames }) => frames.some(isBack), { patienceMs: 30_000 });
        return { viewer, seen, back: seen.frames.find(isBack) };
      }),
    );

    const { frames, marks } = await harness.report('test');
    expectUnharmed(arrivalsOf(frames), { forMs: Date.now() - faultAt });
    expect(marks.filter(({ at, stale }) => at > faultAt && stale)).toEqual([]);
    return outages.map(({ viewer, seen, back }) =>
      expectOutage(seen, { name: `${name}, ${viewer}`, faultAt, back }),
    );
  }

  /** Waits until a viewer was told something. */
  const told = (viewer: string, code: string) =>
    harness.until(viewer, ({ marks }) => marks.some((mark) => mark.code === code));

  it('killed child of FFmpeg: told as the camera, and the picture comes back by itself', async () => {
    let child = 0;
    const outages = await suffer('child killed', ['jpeg'], async () => {
      child = await ffmpegChild();
      process.kill(child, 'SIGKILL');
    });

    for (const { marks } of outages) {
      for (const { code, words } of marks.filter(({ stale }) => stale)) {
        expect(['frozen/camera', 'source/crashed']).toContain(code);
        expect(words).toMatch(/camera/);
      }
    }
    expect(await ffmpegChild()).not.toBe(child);
    expect(pinhole.output()).toMatch(/"code":"source\/crashed","why":"the FFmpeg process ended \(SIGKILL\)/);
  });

  it('child or camera that stands still without closing: told as the camera, not as the network', async () => {
    let child = 0;
    const outages = await suffer('all stopped', CAMERAS, async (viewers) => {
      child = await ffmpegChild();
      process.kill(child, 'SIGSTOP');
      process.kill(rtsp.pid, 'SIGSTOP');
      try {
        for (const viewer of viewers) await told(viewer, 'source/stalled');
      } finally {
        process.kill(rtsp.pid, 'SIGCONT');
      }
    });

    for (const { marks } of outages) {
      expect(marks.map(({ code }) => code)).toContain('frozen/camera');
      expect(marks.map(({ code }) => code)).not.toContain('frozen/network');
      expect(marks.map(({ words }) => words).join()).toMatch(/Frozen at .*The camera sends no new pictures/);
      expect(marks.map(({ words }) => words).join()).toMatch(/The camera is offline: no picture for 5000 ms/);
    }
    await expect.poll(() => childrenOf(pinhole.pid)).not.toContain(child);
  });

  it('RTSP server killed and started again: offline with the reason, then live', async () => {
    const outages = await suffer('RTSP server killed', CAMERAS, async (viewers) => {
      const { port } = rtsp;
      await rtsp.stop();
      for (const viewer of viewers) await told(viewer, 'source/refused');
      rtsp = await serve(port);
    });

    for (const { marks } of outages) {
      const refused = marks.find(({ code }) => code === 'source/refused');
      expect(refused?.kind).toBe('offline');
      expect(refused?.words).toMatch(/Offline since .*connection refused: check host and port/);
    }
  });

  it('wrong password: told as such to the page, the API and the log, and told nowhere itself', async () => {
    await harness.watch('wrong', { camera: 'wrong', element: true });
    const { marks } = await harness.until('wrong', ({ marks }) => marks.at(-1)?.kind === 'offline');
    const api = await (await pinhole.ask('/api/v1/cameras/wrong')).text();
    const whep = await harness.page.evaluate(whatIsSaid, ['/whep/wrong', pinhole.token] as const);
    await harness.stopWatching('wrong');

    expect(marks.at(-1)).toMatchObject({ code: 'source/unauthorized', stale: true });
    expect(marks.at(-1)?.words).toMatch(/The camera is offline: .*refused the user name or password/);
    expect(JSON.parse(api)).toMatchObject({ state: { kind: 'retrying', code: 'source/unauthorized' } });
    expect(whep).toMatch(/^409 .*camera\/not-live.*refused the user name or password/s);
    expect(pinhole.output()).toContain('"code":"source/unauthorized"');
    const said = [JSON.stringify(marks), api, whep, await harness.page.content(), pinhole.output()].join();
    for (const secret of [WRONG_PASSWORD, AUTH.password, `${AUTH.user}:`]) expect(said).not.toContain(secret);
  });

  it('leaves nothing behind once nobody watches: no process, no socket, no timer', async () => {
    await browser.close();

    const after = await census.untilBackTo(baseline, { patienceMs: 30_000 });

    expect(after.children).toBeLessThanOrEqual(baseline.children);
    console.log(holdingsLine('failing camera', baseline, after));
  });
});

/** Runs in the page: all that the answer to an offer says. */
async function whatIsSaid([path, token]: readonly [string, string]): Promise<string> {
  const connection = new RTCPeerConnection();
  connection.addTransceiver('video', { direction: 'recvonly' });
  const { sdp } = await connection.createOffer();
  connection.close();
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/sdp' };
  const response = await fetch(path, { method: 'POST', headers, body: sdp ?? '' });
  return `${response.status} ${[...response.headers].join(' ')} ${await response.text()}`;
}
