import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';
import { type Browser, openChromium } from '../support/chromium.ts';
import { expectMoving, expectUnbroken } from '../support/frame-proof.ts';
import { type HarnessPage, openHarness, type Watched } from '../support/harness/harness.ts';
import { openHideableChromium } from '../support/hideable-chromium.ts';
import { delaysMs } from '../support/measure.ts';
import { type Pinhole, startPinhole } from '../support/pinhole.ts';
import { needs } from '../support/third-parties.ts';
import { WITHOUT_UDP } from '../support/without-udp.ts';

const CAMERA = 'test';

const { describe, it } = needs('chromium');

describe('the ladder of transports and players in Chromium', () => {
  let pinhole: Pinhole;
  let browser: Browser;

  beforeAll(async () => {
    [pinhole, browser] = await Promise.all([
      startPinhole({ args: ['--camera', `${CAMERA}=synthetic:640x360@30`] }),
      openChromium(),
    ]);
  });

  afterAll(async () => {
    await browser?.close();
    await pinhole?.dispose();
  });

  /** A page in which something was changed before the first script ran. */
  async function open(prepare: (page: Page) => Promise<unknown>, chromium = browser): Promise<HarnessPage> {
    const newPage = async (): Promise<Page> => {
      const page = await chromium.newPage();
      await prepare(page);
      return page;
    };
    return await openHarness({ ...chromium, newPage }, pinhole);
  }

  it('shows the WebSocket picture while WebRTC is slow, and then WebRTC, without a black moment', async () => {
    const harness = await open((page) =>
      page.route('**/whep/*', async (route) => {
        await new Promise((later) => setTimeout(later, 1_500));
        await route.continue();
      }),
    );

    await harness.watch('player', { camera: CAMERA });
    const { frames, transports } = await harness.until(
      'player',
      (watched) => isOn('webrtc', watched) && watched.frames.length >= 120,
    );
    const { states } = await harness.report('player');
    await harness.page.close();

    expect(transports).toMatchObject([
      { transport: 'websocket', player: 'webcodecs' },
      { transport: 'webrtc', player: 'native' },
    ]);
    expectUnbroken(frames);
    expect(states.at(-1)?.kind).toBe('live');
    expect(kindsAfterFirst('live', states)).not.toContain('frozen');
  });

  it('stays on WebRTC where that is first', async () => {
    const harness = await open((page) =>
      page.routeWebSocket('**/live/*', async (socket) => {
        await new Promise((later) => setTimeout(later, 3_000));
        socket.connectToServer();
      }),
    );

    await harness.watch('player', { camera: CAMERA });
    const { frames, transports } = await harness.until('player', (watched) => watched.frames.length >= 150);
    await harness.page.close();

    expect(transports).toMatchObject([{ transport: 'webrtc', player: 'native' }]);
    expectMoving(frames);
  });

  it('plays by WebRTC over TCP where the network lets no UDP through', async () => {
    const walled = await openChromium({
      flags: WITHOUT_UDP,
    });
    try {
      const harness = await openHarness(walled, pinhole);
      await harness.watch('player', { camera: CAMERA });

      await harness.until('player', (watched) => isOn('webrtc', watched) && hasPath(watched));
      const { frames, transports, stats } = await harness.until(
        'player',
        (watched) => watched.frames.length >= 90,
      );

      expect(transports.at(-1)).toMatchObject({ transport: 'webrtc', player: 'native' });
      expect(stats?.candidates).toMatch(/, tcp$/);
      expectMoving(frames);
    } finally {
      await walled.close();
    }
  });

  it('plays by WebSocket where WebRTC finds no path at all, and says so of WebRTC alone', async () => {
    const harness = await open((page) => page.addInitScript(relayOnlyWhileWalled));
    await harness.watch('webrtc', { camera: CAMERA, transports: ['webrtc'] });
    await harness.watch('player', { camera: CAMERA });

    const { frames, transports, states } = await harness.until(
      'player',
      (watched) => watched.frames.length >= 90,
    );
    const without = await harness.until(
      'webrtc',
      (watched) => watched.states.at(-1)?.kind === 'reconnecting',
    );
    await harness.page.close();

    expect(transports).toMatchObject([{ transport: 'websocket', player: 'webcodecs' }]);
    expectMoving(frames);
    expect(states.at(-1)?.kind).toBe('live');
    expect(without.frames).toEqual([]);
    expect(without.states.at(-1)?.reason).toMatch(
      /No network path to the camera server|No picture came by webrtc/i,
    );
  });

  it('climbs back to WebRTC when UDP passes again, without a black moment', async () => {
    const harness = await open((page) => page.addInitScript(relayOnlyWhileWalled));

    await harness.watch('player', { camera: CAMERA });
    const before = await harness.until('player', (watched) => watched.frames.length >= 60);
    await harness.page.evaluate(() => Object.assign(window, { walled: false }));
    const climbing = await harness.until('player', (watched) => isOn('webrtc', watched), {
      patienceMs: 45_000,
    });
    const after = await harness.until('player', (watched) => watched.frames.length >= 60);
    await harness.page.close();

    expect(before.transports).toMatchObject([{ transport: 'websocket' }]);
    expect(after.transports).toMatchObject([{ transport: 'websocket' }, { transport: 'webrtc' }]);
    expectUnbroken([...before.frames, ...climbing.frames, ...after.frames]);
    expect(after.states.at(-1)?.kind).toBe('live');
    console.log(`back on WebRTC after ${after.transports.at(-1)?.atMs.toFixed(0)} ms`);
  });

  it('says why a browser without WebRTC plays by WebSocket', async () => {
    const harness = await open((page) =>
      page.addInitScript(() => Reflect.deleteProperty(window, 'RTCPeerConnection')),
    );

    await harness.watch('player', { camera: CAMERA });
    const { frames, transports } = await harness.until('player', (watched) => watched.frames.length >= 60);
    await harness.page.close();

    expect(transports).toMatchObject([{ transport: 'websocket', reason: 'This browser has no WebRTC.' }]);
    expectMoving(frames);
  });

  it('plays by MSE where there is no WebCodecs', async () => {
    const harness = await open((page) =>
      page.addInitScript(() => Reflect.deleteProperty(window, 'VideoDecoder')),
    );

    await harness.watch('player', { camera: CAMERA, transports: ['websocket'] });
    const { frames, transports } = await harness.until('player', (watched) => watched.frames.length >= 90);
    await harness.page.close();

    expect(transports).toMatchObject([{ transport: 'websocket', player: 'mse' }]);
    expectMoving(frames);
  });

  it.each([
    ['knows none', hideH264, 'This browser receives no H.264 by WebRTC.', 0],
    ['offers none', dropH264FromOffer, /this browser offers .*VP8.*and the picture is H\.264.*WebSocket/, 1],
  ])(
    'goes to WebSocket at once, and for good, in a browser that %s of H.264',
    async (_what, script, words, offers) => {
      const harness = await open((page) => page.addInitScript(script));
      let posted = 0;
      harness.page.on('request', (request) => {
        if (request.method() === 'POST' && request.url().includes('/whep/')) posted++;
      });

      await harness.watch('webrtc', { camera: CAMERA, transports: ['webrtc'] });
      const alone = await harness.until('webrtc', ({ states }) => states.at(-1)?.kind === 'refused');
      await harness.stopWatching('webrtc');
      posted = 0;
      await harness.watch('player', { camera: CAMERA });
      const { frames, transports } = await harness.until('player', (watched) => watched.frames.length >= 60);
      await harness.page.evaluate(() => window.dispatchEvent(new Event('online')));
      const later = await harness.until('player', (watched) => watched.frames.length >= 60);
      await harness.page.close();

      expect(alone.states.at(-1)).toMatchObject({
        code: 'webrtc/no-h264',
        reason: expect.stringMatching(words),
      });
      expect(transports).toMatchObject([{ transport: 'websocket', player: 'webcodecs' }]);
      expectMoving([...frames, ...later.frames]);
      expect(later.transports).toHaveLength(1);
      expect(posted).toBe(offers);
    },
  );

  it('goes on after the page was hidden, with the newest picture and without a new connection', async () => {
    const tabs = await openHideableChromium();
    try {
      const harness = await openHarness(tabs, pinhole);
      const ways = {
        native: { transports: ['webrtc'] },
        webcodecs: { transports: ['websocket'], players: ['webcodecs'] },
        mse: { transports: ['websocket'], players: ['mse'] },
      } as const;
      const names = Object.keys(ways) as (keyof typeof ways)[];
      for (const name of names) await harness.watch(name, { camera: CAMERA, ...ways[name] });
      const before = await Promise.all(
        names.map((name) => harness.until(name, (watched) => watched.frames.length >= 60)),
      );

      const other = await tabs.newPage();
      await other.bringToFront();
      await harness.page.waitForFunction(() => document.visibilityState === 'hidden');
      await new Promise((later) => setTimeout(later, 6_000));
      await Promise.all(names.map((name) => harness.report(name))); // forgets what was painted until it was hidden
      await harness.page.bringToFront();
      await harness.page.waitForFunction(() => document.visibilityState === 'visible');
      const after = await Promise.all(
        names.map((name) => harness.until(name, (watched) => watched.frames.length >= 60)),
      );

      for (const [i, { frames, states, transports }] of after.entries()) {
        const last = before[i]?.frames.at(-1)?.frameNumber ?? 0;
        expectMoving(frames);
        expect(frames[10]?.frameNumber).toBeGreaterThan(last + 100);
        expect(Math.max(...delaysMs(frames.slice(-20)))).toBeLessThan(2_000);
        expect(transports).toHaveLength(1);
        expect(states.at(-1)?.kind).toBe('live');
        const kinds = kindsAfterFirst('live', states);
        expect(kinds.filter((kind) => kind !== 'live' && kind !== 'lagging')).toEqual([]);
      }
    } finally {
      await tabs.close();
    }
  });
});

const isOn = (transport: string, { transports }: Watched): boolean =>
  transports.at(-1)?.transport === transport;

const hasPath = ({ stats }: Watched): boolean => stats?.candidates !== undefined;

const kindsAfterFirst = (kind: string, states: Watched['states']): string[] =>
  states.slice(states.findIndex((state) => state.kind === kind)).map((state) => state.kind);

/** Runs in the page: connections find no path, as behind a wall against UDP, until `window.walled` is false. */
function relayOnlyWhileWalled(): void {
  const page = window as unknown as { walled: boolean; RTCPeerConnection: typeof RTCPeerConnection };
  const Open = page.RTCPeerConnection;
  page.walled = true;
  page.RTCPeerConnection = class extends Open {
    constructor(configuration?: RTCConfiguration) {
      super(page.walled ? { ...configuration, iceTransportPolicy: 'relay' } : configuration);
    }
  };
}

/** Runs in the page: the browser has no decoder for H.264 in WebRTC, and says so. */
function hideH264(): void {
  const ask = RTCRtpReceiver.getCapabilities.bind(RTCRtpReceiver);
  RTCRtpReceiver.getCapabilities = (kind) => {
    const known = ask(kind);
    return known && { ...known, codecs: known.codecs.filter(({ mimeType }) => !/h264/i.test(mimeType)) };
  };
}

/** Runs in the page: the browser lists H.264 and leaves it out of its offers. */
function dropH264FromOffer(): void {
  // oxlint-disable-next-line typescript/unbound-method -- it is called with its own `this`
  const prefer = RTCRtpTransceiver.prototype.setCodecPreferences;
  RTCRtpTransceiver.prototype.setCodecPreferences = function (codecs) {
    prefer.call(
      this,
      [...codecs].filter(({ mimeType }) => !/h264/i.test(mimeType)),
    );
  };
}
