import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { bundled } from '../bundle.ts';
import type { Browser } from '../chromium.ts';
import type { JanusJson } from '../janus-socket.ts';
import { ADAPTER_FILE, JANUS_RELEASES, type JanusRelease, libraryFile } from './libraries.ts';
import type { JanusClientOptions, JanusPage } from './page.ts';
import { PLAIN_PAGE } from './plain-page.ts';

/** A message that a client sent or got over its WebSocket. */
export interface WireMessage {
  readonly from: 'client' | 'server';
  readonly message: JanusJson;
}

/** A page with Janus's own library, from a web server of its own. */
export interface OpenedJanusPage {
  readonly page: Page;
  call<Name extends keyof JanusPage>(
    name: Name,
    ...args: Parameters<JanusPage[Name]>
  ): Promise<Awaited<ReturnType<JanusPage[Name]>>>;
  open(name: string, options: JanusClientOptions): Promise<void>;
  /** What went over WebSockets whose address has this in it. */
  wire(part: string): readonly WireMessage[];
}

/** A web server of a test. */
export interface Site {
  readonly origin: string;
  close(): void;
}

/** A web server of files, each by its path. */
export async function serveFiles(files: Readonly<Record<string, string>>): Promise<Site> {
  const server = createServer(({ url = '/' }, response) => {
    const text = files[url.split('?', 1)[0] ?? '/'];
    const type = url.endsWith('.js') ? 'text/javascript' : 'text/html';
    response.writeHead(text === undefined ? 404 : 200, { 'Content-Type': `${type}; charset=utf-8` });
    response.end(text ?? '');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** A folder of pages for each release of the library, which is served as it is published: `/1.1.4/`, `/1.1.4/plain`. */
export async function serveJanusPages(): Promise<Site> {
  const script = await bundled(join(import.meta.dirname, 'page.ts'), 'es');
  const pages = JANUS_RELEASES.flatMap((release) => [
    [`/${release}/`, pageOf(release)],
    [`/${release}/plain`, PLAIN_PAGE],
    [`/${release}/janus.es.js`, readFileSync(libraryFile(release, 'module'), 'utf8')],
    [`/${release}/janus.js`, readFileSync(libraryFile(release, 'script'), 'utf8')],
  ]);
  return await serveFiles({
    '/adapter.js': readFileSync(ADAPTER_FILE, 'utf8'),
    '/page.js': script,
    ...Object.fromEntries(pages),
  });
}

const pageOf = (release: JanusRelease): string =>
  [
    `<!doctype html><title>Janus ${release}</title><meta name="janus" content="/${release}/janus.es.js">`,
    '<script src="/adapter.js"></script><script type="module" src="/page.js"></script>',
  ].join('');

/** Opens the page of a release. */
export async function openJanusPage(
  browser: Browser,
  { origin }: Site,
  release: JanusRelease,
): Promise<OpenedJanusPage> {
  const page = await browser.newPage();
  const wires = new Map<string, WireMessage[]>();
  page.on('websocket', (socket) => {
    const messages = wires.get(socket.url()) ?? [];
    wires.set(socket.url(), messages);
    const note =
      (from: WireMessage['from']) =>
      ({ payload }: { readonly payload: string | Buffer }) =>
        messages.push({ from, message: JSON.parse(payload.toString()) as JanusJson });
    socket.on('framesent', note('client'));
    socket.on('framereceived', note('server'));
  });
  await page.goto(`${origin}/${release}/`);
  await page.waitForFunction(() => 'janusPage' in window);
  const call: OpenedJanusPage['call'] = (name, ...args) =>
    page.evaluate(
      ([method, values]) => {
        const { janusPage } = window as never as {
          readonly janusPage: Record<string, (...all: unknown[]) => never>;
        };
        const work = janusPage[method];
        if (!work) throw new Error(`no ${method}`);
        return work(...values);
      },
      [name, args] as const,
    ) as never;
  return {
    page,
    call,
    open: (name, options) => call('open', name, options),
    wire: (part) => [...wires].find(([url]) => url.includes(part))?.[1] ?? [],
  };
}
