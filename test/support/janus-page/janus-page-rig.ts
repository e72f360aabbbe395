import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFileSource } from '@pinhole/sources/file';
import { createSyntheticSource } from '@pinhole/sources/synthetic';
import { beepingClip } from '../beeping-clip.ts';
import { type Browser, openChromium } from '../chromium.ts';
import { MutableSource } from '../mutable-source.ts';
import { laterFrame } from '../painted-picture.ts';
import { openTestServer, type TestServer } from '../test-server.ts';
import { type OpenedJanusPage, openJanusPage, type Site, serveJanusPages } from './janus-page.ts';
import { NEWEST_JANUS } from './libraries.ts';

/** The plugin whose camera has sound; a beep with most seconds. */
export const SOUND = 'janus.plugin.sound';
/** The plugin whose camera has no picture until it is told to. */
export const LATE = 'janus.plugin.late';

/** A server with three cameras behind the Janus API, and a Chromium with a page of Janus's own library. */
export interface JanusPageRig {
  readonly server: TestServer;
  readonly site: Site;
  readonly browser: Browser;
  readonly page: OpenedJanusPage;
  /** The camera of the usual plugin. */
  readonly signal: MutableSource;
  /** The camera that comes late. */
  readonly late: MutableSource;
  /** Who may talk. */
  readonly token: string;
  /** The file in which viewers are heard. */
  readonly said: string;
  readonly ws: string;
  readonly http: string;
  /** The client shows one picture after the other. */
  moves(name: string): Promise<void>;
  /** What happened to the client. */
  says(name: string): Promise<readonly string[]>;
  /** Who watches. */
  readonly sessions: () => Promise<readonly { readonly id: string; readonly camera: string }[]>;
  close(): Promise<void>;
}

/** Starts it all. */
export async function openJanusPageRig(): Promise<JanusPageRig> {
  const folder = await mkdtemp(join(tmpdir(), 'pinhole-janus-'));
  const said = join(folder, 'said.wav');
  const [signal, late] = [new MutableSource({ silent: false }), new MutableSource({ silent: true })];
  const clip = await beepingClip({ sound: 'opus', seconds: 4, width: 320, height: 240, format: 'mkv' });
  const synthetic = (label: string) =>
    createSyntheticSource({ width: 320, height: 240, framesPerSecond: 15, gopFrames: 15, label });
  const site = await serveJanusPages();
  const [server, browser] = await Promise.all([
    openTestServer(
      {
        anonymous: ['view'],
        cameras: {
          kvm: 'synthetic:320x240@15',
          sound: { source: `file:${clip}`, audio: 'opus' },
          late: 'synthetic:320x240@15',
        },
        janus: {
          ports: { ws: 0, http: 0 },
          plugins: { [SOUND]: 'sound', [LATE]: 'late' },
          speaker: `file:${said}`,
        },
        origins: [site.origin],
      },
      {
        openSource: (label) => {
          if (label === 'kvm') return signal.wrap(synthetic(label));
          if (label === 'late') return late.wrap(synthetic(label));
          return createFileSource({ path: clip, audio: 'on' });
        },
      },
    ),
    openChromium({ flags: ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'] }),
  ]);
  const { token } = await server.token({ cameras: '*', rights: ['view', 'control'] });
  const page = await openJanusPage(browser, site, NEWEST_JANUS);
  return {
    server,
    site,
    browser,
    page,
    signal,
    late,
    token,
    said,
    ws: `ws://127.0.0.1:${server.janusPorts.ws}/`,
    http: `http://127.0.0.1:${server.janusPorts.http}/janus`,
    moves: async (name) => {
      const first = await laterFrame(page.page, `#${name}`);
      await laterFrame(page.page, `#${name}`, first + 5);
    },
    says: (name) => page.call('log', name),
    sessions: async () => {
      const reply = await server.ask('/api/v1/sessions', { token: server.adminToken });
      return (reply.json() as { sessions: { id: string; camera: string }[] }).sessions;
    },
    close: async () => {
      await browser.close();
      await server.close();
      site.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
