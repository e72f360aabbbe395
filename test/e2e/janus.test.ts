import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect } from 'vitest';
import { openJanusPage, serveFiles } from '../support/janus-page/janus-page.ts';
import { type JanusPageRig, openJanusPageRig } from '../support/janus-page/janus-page-rig.ts';
import { ADAPTER_FILE, JANUS_RELEASES, libraryFile } from '../support/janus-page/libraries.ts';
import { laterFrame } from '../support/painted-picture.ts';
import { openTestServer } from '../support/test-server.ts';
import { needs } from '../support/third-parties.ts';

const { describe, it } = needs('chromium', 'ffmpeg');

const PATIENCE = { timeout: 20_000 };

describe('Janus’s own library and our Janus API, in Chromium', () => {
  let rig: JanusPageRig;

  beforeAll(async () => {
    rig = await openJanusPageRig();
  });

  afterAll(() => rig?.close());

  it('the page of the guide shows the camera, over a WebSocket on a port of its own', async () => {
    await rig.page.open('guide', { kind: 'guide', server: rig.ws });
    await rig.moves('guide');

    expect(await rig.says('guide')).toEqual(
      expect.arrayContaining(['attached', 'event started', 'track video created', 'up']),
    );
    const { offer = '', answer = '' } = await rig.page.call('described', 'guide');
    expect(offer.match(/^a=fmtp:96 .*$/gm)).toHaveLength(1);
    expect(answer).toMatch(/^a=recvonly/m);
    expect(await rig.sessions()).toMatchObject([{ camera: 'kvm' }]);
  });

  it('hangs up and watches again on the same handle', async () => {
    await rig.page.call('hangup', 'guide');
    await expect.poll(async () => await rig.says('guide'), PATIENCE).toContain('cleanup');
    await expect.poll(rig.sessions, PATIENCE).toEqual([]);
    await rig.page.call('watch', 'guide');

    await rig.moves('guide');
  });

  it('is told when it is sent away', async () => {
    const before = (await rig.says('guide')).length;
    const [viewer] = await rig.sessions();
    await rig.server.ask(`/api/v1/sessions/${viewer?.id}`, {
      method: 'DELETE',
      token: rig.server.adminToken,
    });

    await expect
      .poll(async () => (await rig.says('guide')).slice(before), PATIENCE)
      .toEqual(expect.arrayContaining([expect.stringMatching(/^down/), 'cleanup']));
    await rig.page.call('destroy', 'guide');
    expect((await rig.says('guide')).at(-1)).toBe('destroyed');
  });

  it.each([
    ['on a port of its own', () => `http://127.0.0.1:${rig.server.janusPorts.http}/janus`],
    ['on the main port', () => `${rig.server.url.replace('localhost', '127.0.0.1')}/janus`],
  ])('over HTTP and long polls, %s', async (where, url) => {
    const name = where.includes('main') ? 'main-http' : 'own-http';
    await rig.page.open(name, { kind: 'guide', server: url() });
    await rig.moves(name);
    expect(await rig.says(name)).toEqual(expect.arrayContaining(['event started', 'up']));

    await rig.page.call('destroy', name);
    await expect.poll(rig.sessions, PATIENCE).toEqual([]);
  });

  it('chooses a camera by its wishes, and is told where there is none', async () => {
    await rig.page.open('chosen', { kind: 'guide', server: rig.ws, params: { camera_id: 'sound' } });
    await rig.moves('chosen');
    expect(await rig.sessions()).toMatchObject([{ camera: 'sound' }]);
    await rig.page.open('none', { kind: 'guide', server: rig.ws, params: { camera_id: 'nowhere' } });

    await expect.poll(async () => await rig.says('none'), PATIENCE).toContain('event 404 No such camera');
    for (const name of ['chosen', 'none']) await rig.page.call('destroy', name);
  });

  describe.each(JANUS_RELEASES)('of release %s, as npm has it', (release) => {
    it('shows the picture, by a script over a WebSocket and by a module over HTTP', async () => {
      const plain = await rig.browser.newPage();
      const opened = await openJanusPage(rig.browser, rig.site, release);
      await plain.goto(`${rig.site.origin}/${release}/plain?${encodeURIComponent(rig.ws)}`);
      await opened.open('http', {
        kind: 'guide',
        server: `http://127.0.0.1:${rig.server.janusPorts.http}/janus`,
      });
      for (const [shown, place] of [
        [plain, 'body'],
        [opened.page, '#http'],
      ] as const) {
        await shown.bringToFront();
        const first = await laterFrame(shown, place);
        await laterFrame(shown, place, first + 5);
      }
      expect(await opened.call('log', 'http')).toEqual(expect.arrayContaining(['event started', 'up']));

      await opened.call('destroy', 'http');
      await opened.page.close();
      await plain.close();
    });
  });

  // The page as somebody has it, which may not be kept here; with janus.js and adapter.js of its time where those are given.
  const html = process.env['PINHOLE_JANUS_PAGE'];

  (html === undefined ? it.skip : it)(
    'the page of the guide as it stands there, letter by letter',
    async () => {
      const text = readFileSync(html ?? '', 'utf8');
      const page8188 = /```html\n([\s\S]*?)```/.exec(text)?.[1] ?? text;
      const given = (name: string, usual: string) => readFileSync(process.env[name] ?? usual, 'utf8');
      const fixed = await openTestServer({
        anonymous: ['view'],
        cameras: { kvm: 'synthetic:320x240@15' },
        janus: { ports: { ws: 8188 } },
      });
      const libraries = process.env['PINHOLE_JANUS_LIBRARY']
        ? [process.env['PINHOLE_JANUS_LIBRARY']]
        : JANUS_RELEASES.map((release) => libraryFile(release, 'script'));
      for (const library of libraries) {
        const own = await serveFiles({ '/': page8188, '/janus.js': readFileSync(library, 'utf8') });
        const opened = await rig.browser.newPage();
        await opened.route('https://webrtc.github.io/**', (route) =>
          route.fulfill({
            body: given('PINHOLE_JANUS_ADAPTER', ADAPTER_FILE),
            contentType: 'text/javascript',
          }),
        );
        await opened.goto(`${own.origin}/`);
        const first = await laterFrame(opened, 'body');
        await laterFrame(opened, 'body', first + 5);
        await opened.close();
        own.close();
      }
      await fixed.close();
    },
  );
});
