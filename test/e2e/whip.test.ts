import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { type Browser, openChromium } from '../support/chromium.ts';
import { expectMoving } from '../support/frame-proof.ts';
import { type HarnessPage, openHarness } from '../support/harness/harness.ts';
import { delayLine, delaysMs } from '../support/measure.ts';
import { type Pinhole, startPinhole } from '../support/pinhole.ts';
import type { PublisherName } from '../support/publishers/page.ts';
import {
  openPublisher,
  type PublisherPage,
  servePublisherPage,
} from '../support/publishers/publisher-page.ts';
import { needs } from '../support/third-parties.ts';

const { describe } = needs('chromium');

describe('a browser that publishes by WHIP', () => {
  let site: Awaited<ReturnType<typeof servePublisherPage>>;
  let folder: string;
  let pinhole: Pinhole;
  let browser: Browser;
  let publisher: PublisherPage;
  let harness: HarnessPage;
  const it = needs('chromium').it;

  beforeAll(async () => {
    site = await servePublisherPage();
    folder = await mkdtemp(join(tmpdir(), 'pinhole-whip-'));
    const config = join(folder, 'pinhole.yaml');
    await writeFile(config, `cameras:\n  phone: "whip:"\norigins: ["${site.origin}"]\n`, { mode: 0o600 });
    [pinhole, browser] = await Promise.all([
      startPinhole({ args: ['--config', config] }),
      openChromium({ flags: ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'] }),
    ]);
    [publisher, harness] = await Promise.all([
      openPublisher(browser, pinhole, site.origin),
      openHarness(browser, pinhole),
    ]);
  });

  afterEach(async () => {
    await publisher.end().catch(() => {});
  });

  afterAll(async () => {
    await browser?.close();
    await pinhole?.dispose();
    site?.close();
    if (folder) await rm(folder, { recursive: true });
  });

  const api = async <T>(path: string): Promise<T> =>
    (await (await pinhole.ask(`/api/v1/${path}`)).json()) as T;
  const state = async () =>
    (
      await api<{ readonly state: { readonly kind: string; readonly code?: string; readonly why?: string } }>(
        'cameras/phone',
      )
    ).state;
  const sessions = async () =>
    (await api<{ readonly sessions: readonly { readonly id: string }[] }>('sessions')).sessions;

  it('has an encoder for H.264', async () => {
    expect(await publisher.encodes()).toContain('video/H264');
  });

  it.each([
    ['a few lines of script', 'plain', {}],
    ['a few lines of script, bundled to the utmost', 'plain', { maxBundle: true }],
    ['whip-whep', 'whipWhep', {}],
    ['@eyevinn/whip-web-client', 'eyevinn', {}],
  ] as [string, PublisherName, object][])(
    'by %s, is watched in another page, picture by picture',
    async (name, how, options) => {
      await publisher.publish(how, { camera: 'phone', sound: true, ...options });
      // Before that, newcomers get what the publisher before it sent last.
      await expect.poll(state, { timeout: 10_000 }).toEqual({ kind: 'live' });
      await harness.watch(name, { camera: 'phone', transports: ['webrtc'] });
      const frames = await harness.frames(name, 120);
      await harness.stopWatching(name);
      await publisher.end();
      await expect.poll(state).toMatchObject({ kind: 'retrying', code: 'source/no-publisher' });

      expectMoving(frames);
      // Painted by one page and read by another: both clocks are this machine's.
      expect(Math.min(...delaysMs(frames))).toBeGreaterThan(-5);
      console.log(delayLine(`WHIP by ${name}, WebRTC`, frames));
    },
  );

  it('finds that more than its first bit rate gets through', async () => {
    await publisher.publish('plain', { camera: 'phone' });

    await expect
      .poll(async () => (await publisher.stats())['path.availableOutgoingBitrate'], { timeout: 30_000 })
      .toBeGreaterThan(1_500_000);
    await expect
      .poll(async () => (await publisher.stats())['video.roundTripTimeMeasurements'], { timeout: 10_000 })
      .toBeGreaterThan(0);

    expect((await publisher.stats())['video.packetsLost']).toBe(0);
  });

  it('makes a key frame for a newcomer', async () => {
    await publisher.publish('plain', { camera: 'phone' });
    await harness.watch('early', { camera: 'phone', transports: ['webrtc'] });
    await harness.frames('early', 60);
    await harness.watch('late', { camera: 'phone', transports: ['webrtc'] });
    await harness.frames('late', 20);
    const stats = await publisher.stats();
    await Promise.all(['early', 'late'].map((name) => harness.stopWatching(name)));

    expect(stats['video.pliCount']).toBeGreaterThan(0);
    expect(stats['video.keyFramesEncoded']).toBeGreaterThan(1);
  });

  it('is refused while another one publishes, in words', async () => {
    const second = await openPublisher(browser, pinhole, site.origin);
    await publisher.publish('plain', { camera: 'phone' });
    await expect.poll(state, { timeout: 10_000 }).toEqual({ kind: 'live' });

    await expect(second.publish('plain', { camera: 'phone' })).rejects.toThrow(
      /409 .*"publish\/occupied".*somebody else publishes to \/whip\/phone/,
    );
    await second.page.close();
    expect(await state()).toEqual({ kind: 'live' });
  });

  it('is refused with VP8 alone, in words', async () => {
    await expect(publisher.publish('plain', { camera: 'phone', codec: 'VP8' })).rejects.toThrow(
      /422 .*"webrtc\/no-h264".*the publisher offers VP8.*Pinhole takes H\.264/,
    );
  });

  it('is refused without the right to publish', async () => {
    const { token } = await pinhole.createToken({ cameras: ['phone'], rights: ['view'] });

    await expect(publisher.publish('plain', { camera: 'phone', token })).rejects.toThrow(
      /403 .*"auth\/forbidden".*publish/,
    );
  });

  it('may vanish; viewers stay, and the next one carries on', async () => {
    const first = await openPublisher(browser, pinhole, site.origin);
    await first.publish('plain', { camera: 'phone' });
    await harness.watch('patient', { camera: 'phone', transports: ['webrtc'] });
    await harness.frames('patient', 60);
    const [viewer] = await sessions();
    await first.page.close();
    await expect.poll(state, { timeout: 15_000 }).toMatchObject({
      kind: 'retrying',
      why: expect.stringContaining('waiting for a publisher at /whip/phone'),
    });
    const goneAt = Date.now();
    await harness.report('patient');

    await publisher.publish('plain', { camera: 'phone' });
    const frames = await harness.frames('patient', 60);
    const after = await sessions();
    const { states } = await harness.report('patient');
    await harness.stopWatching('patient');

    expect(after.map(({ id }) => id)).toEqual([viewer?.id]);
    const fresh = frames.filter(({ captureTime }) => captureTime / 1000 > goneAt);
    expect(fresh.length).toBeGreaterThan(40);
    expectMoving(fresh);
    expect(states.at(-1)?.kind ?? 'live').toBe('live');
  });

  it("shows the browser's own camera too", async () => {
    await publisher.publish('plain', { camera: 'phone', fakeCamera: true });
    await harness.watch('fake', { camera: 'phone', transports: ['webrtc'] });

    const watched = await harness.until('fake', ({ unreadable }) => unreadable > 40);
    await harness.stopWatching('fake');

    expect(watched.frames).toEqual([]);
    expect(watched.states.at(-1)?.kind).toBe('live');
  });
});
