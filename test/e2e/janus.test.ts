import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Source } from '@pinhole/engine';
import { createFileSource } from '@pinhole/sources/file';
import { createSyntheticSource } from '@pinhole/sources/synthetic';
import { afterAll, beforeAll, expect } from 'vitest';
import { beepingClip } from '../support/beeping-clip.ts';
import { type Browser, openChromium } from '../support/chromium.ts';
import {
  janusPageScript,
  type OpenedJanusPage,
  openJanusPage,
  serveFiles,
} from '../support/janus-page/janus-page.ts';
import { laterFrame } from '../support/painted-picture.ts';
import { openTestServer, type TestServer } from '../support/test-server.ts';
import { needs } from '../support/third-parties.ts';

const { describe, it } = needs('chromium', 'ffmpeg');

const PATIENCE = { timeout: 20_000 };

/** A source that falls silent when it is told to, as a capture card without a signal. */
class MutableSource {
  silent = false;
  wrap(source: Source): Source {
    return {
      ...Object.fromEntries(
        (['requestKeyFrame', 'describe', 'controls', 'setControl'] as const).map((name) => [
          name,
          (...args: never[]) => (source[name] as (...all: never[]) => unknown)(...args),
        ]),
      ),
      start: (sink: Parameters<Source['start']>[0], options: Parameters<Source['start']>[1]) =>
        source.start(
          {
            ...sink,
            write: (unit) => {
              if (!this.silent) sink.write(unit);
            },
          },
          options,
        ),
    } as Source;
  }
}

describe('Janus’s own library and our Janus API, in Chromium', () => {
  let server: TestServer;
  let site: { readonly origin: string; close(): void };
  let browser: Browser;
  let page: OpenedJanusPage;
  const signal = new MutableSource();

  beforeAll(async () => {
    const [clip, script] = await Promise.all([
      beepingClip({ sound: 'opus', seconds: 4, width: 320, height: 240, format: 'mkv' }),
      janusPageScript(),
    ]);
    site = await serveFiles({
      '/': '<!doctype html><title>Janus</title><script type="module" src="/page.js"></script>',
      '/page.js': script,
    });
    [server, browser] = await Promise.all([
      openTestServer(
        {
          anonymous: ['view'],
          cameras: { kvm: 'synthetic:320x240@15', sound: { source: `file:${clip}`, audio: 'opus' } },
          janus: { ports: { ws: 0, http: 0 }, plugins: { 'janus.plugin.sound': 'sound' } },
          origins: [site.origin],
        },
        {
          openSource: (label) =>
            label === 'kvm'
              ? signal.wrap(
                  createSyntheticSource({
                    width: 320,
                    height: 240,
                    framesPerSecond: 15,
                    gopFrames: 15,
                    label,
                  }),
                )
              : createFileSource({ path: clip, audio: 'on' }),
        },
      ),
      openChromium(),
    ]);
    page = await openJanusPage(browser, site.origin);
  });

  afterAll(async () => {
    await browser?.close();
    await server?.close();
    site?.close();
  });

  const ws = () => `ws://127.0.0.1:${server.janusPorts.ws}/`;
  const moves = async (name: string) => {
    const first = await laterFrame(page.page, `#${name}`);
    return await laterFrame(page.page, `#${name}`, first + 5);
  };
  const says = (name: string) => page.call('log', name);
  const sessions = async () =>
    (
      (await server.ask('/api/v1/sessions', { token: server.adminToken })).json() as {
        sessions: { id: string; camera: string }[];
      }
    ).sessions;

  it('the page of the guide shows the camera, over a WebSocket on a port of its own', async () => {
    await page.open('guide', { kind: 'guide', server: ws() });
    await moves('guide');

    expect(await says('guide')).toEqual(
      expect.arrayContaining(['attached', 'event started', 'track video created', 'up']),
    );
    const { offer = '', answer = '' } = await page.call('described', 'guide');
    expect(offer.match(/^a=fmtp:96 .*$/gm)).toHaveLength(1);
    expect(answer).toMatch(/^a=recvonly/m);
    expect(await sessions()).toMatchObject([{ camera: 'kvm' }]);
  });

  it('keeps its track though the camera sends nothing, and goes on when it does', async () => {
    const before = (await says('guide')).length;
    signal.silent = true;
    const { video = 0 } = await page.call('received', 'guide');
    await expect
      .poll(async () => (await page.call('received', 'guide'))['video'], PATIENCE)
      .toBeGreaterThan(video + 3000);
    const shown = await laterFrame(page.page, '#guide');
    // janus.js takes a track away that was mute for 2.5 s.
    await new Promise((later) => setTimeout(later, 3000));
    expect(await laterFrame(page.page, '#guide')).toBe(shown);
    signal.silent = false;
    await laterFrame(page.page, '#guide', shown + 3);

    const since = (await says('guide')).slice(before);
    expect(since.filter((line) => line.startsWith('track gone') || line.startsWith('down'))).toEqual([]);
  });

  it('hangs up and watches again on the same handle', async () => {
    await page.call('hangup', 'guide');
    await expect.poll(async () => await says('guide'), PATIENCE).toContain('cleanup');
    await expect.poll(sessions, PATIENCE).toEqual([]);
    await page.call('watch', 'guide');

    await moves('guide');
  });

  it('is told when it is sent away', async () => {
    const before = (await says('guide')).length;
    const [viewer] = await sessions();
    await server.ask(`/api/v1/sessions/${viewer?.id}`, { method: 'DELETE', token: server.adminToken });

    await expect
      .poll(async () => (await says('guide')).slice(before), PATIENCE)
      .toEqual(expect.arrayContaining([expect.stringMatching(/^down/), 'cleanup']));
    await page.call('destroy', 'guide');
    expect((await says('guide')).at(-1)).toBe('destroyed');
  });

  it.each([
    ['on a port of its own', () => `http://127.0.0.1:${server.janusPorts.http}/janus`],
    ['on the main port', () => `${server.url.replace('localhost', '127.0.0.1')}/janus`],
  ])('over HTTP and long polls, %s', async (where, url) => {
    const name = where.includes('main') ? 'main-http' : 'own-http';
    await page.open(name, { kind: 'guide', server: url() });
    await moves(name);
    expect(await says(name)).toEqual(expect.arrayContaining(['event started', 'up']));

    await page.call('destroy', name);
    await expect.poll(sessions, PATIENCE).toEqual([]);
  });

  it('as TinyPilot, through /janus/ws: the picture and, where there is some, the sound', async () => {
    const url = `${server.url.replace('http', 'ws')}/janus/ws`;
    await page.open('tinypilot', { kind: 'tinypilot', server: url });
    await moves('tinypilot');
    await page.open('heard', { kind: 'tinypilot', server: url, plugin: 'janus.plugin.sound' });

    await expect
      .poll(async () => (await page.call('received', 'heard'))['audio'] ?? 0, PATIENCE)
      .toBeGreaterThan(5000);
    expect(await says('heard')).toEqual(
      expect.arrayContaining(['track video created', 'track audio created']),
    );
    expect(Object.keys(await page.call('received', 'tinypilot'))).toEqual(['video']);
    await moves('heard');
    for (const name of ['tinypilot', 'heard']) await page.call('destroy', name);
  });

  it('as PiKVM: features first, then the picture turned as it likes, and sound in stereo', async () => {
    await page.open('pikvm', {
      kind: 'pikvm',
      server: ws(),
      plugin: 'janus.plugin.sound',
      params: { orientation: 90 },
    });
    const size = () =>
      page.page.evaluate(() => {
        const video = document.querySelector<HTMLVideoElement>('#pikvm video');
        return `${video?.videoWidth}x${video?.videoHeight}`;
      });

    await expect.poll(size, PATIENCE).toBe('240x320');
    const log = await says('pikvm');
    expect(log.slice(0, 3)).toEqual(['attached', 'event features', 'event started']);
    expect((await page.call('described', 'pikvm')).answer).toContain('useinbandfec=1;stereo=1');

    await page.call('drop', 'pikvm');
    await expect.poll(sessions, PATIENCE).toEqual([]);
    await expect.poll(async () => await says('pikvm'), PATIENCE).toContain('down DTLS alert');
    await page.call('destroy', 'pikvm');
  });

  it('chooses a camera by its wishes, and is told where there is none', async () => {
    await page.open('chosen', { kind: 'guide', server: ws(), params: { camera_id: 'sound' } });
    await moves('chosen');
    expect(await sessions()).toMatchObject([{ camera: 'sound' }]);
    await page.open('none', { kind: 'guide', server: ws(), params: { camera_id: 'nowhere' } });

    await expect.poll(async () => await says('none'), PATIENCE).toContain('event 404 No such camera');
    for (const name of ['chosen', 'none']) await page.call('destroy', name);
  });

  // The page as somebody has it, with janus.js and adapter.js of its time where those are given, too.
  const html = process.env['PINHOLE_JANUS_PAGE'];
  const fileOf = (name: string, usual: string): string =>
    readFileSync(process.env[name] ?? join(import.meta.dirname, '../../node_modules', usual), 'utf8');

  (html === undefined ? it.skip : it)(
    'the page of the guide as it stands there, letter by letter',
    async () => {
      const text = readFileSync(html ?? '', 'utf8');
      const page8188 = /```html\n([\s\S]*?)```/.exec(text)?.[1] ?? text;
      const own = await serveFiles({
        '/': page8188,
        '/janus.js': fileOf('PINHOLE_JANUS_LIBRARY', 'janus-gateway/npm/src/janus.js'),
      });
      const fixed = await openTestServer({
        anonymous: ['view'],
        cameras: { kvm: 'synthetic:320x240@15' },
        janus: { ports: { ws: 8188 } },
      });
      const opened = await browser.newPage();
      await opened.route('https://webrtc.github.io/**', (route) =>
        route.fulfill({
          body: fileOf('PINHOLE_JANUS_ADAPTER', 'webrtc-adapter/out/adapter.js'),
          contentType: 'text/javascript',
        }),
      );
      await opened.goto(`${own.origin}/`);
      const first = await laterFrame(opened, 'body');
      await laterFrame(opened, 'body', first + 5);
      await opened.close();
      await fixed.close();
      own.close();
    },
  );
});
