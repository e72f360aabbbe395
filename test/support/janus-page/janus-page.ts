import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { build, defaultClientConditions } from 'vite';
import type { Browser } from '../chromium.ts';
import type { JanusClientOptions, JanusPage } from './page.ts';

/** A page with Janus's own library, from a web server of its own. */
export interface OpenedJanusPage {
  readonly page: Page;
  call<Name extends keyof JanusPage>(
    name: Name,
    ...args: Parameters<JanusPage[Name]>
  ): Promise<Awaited<ReturnType<JanusPage[Name]>>>;
  open(name: string, options: JanusClientOptions): Promise<void>;
}

/** A web server of files, each by its path. */
export async function serveFiles(
  files: Readonly<Record<string, string>>,
): Promise<{ readonly origin: string; close(): void }> {
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

/** The page's script with the library in it, as a module. */
export async function janusPageScript(): Promise<string> {
  const result = await build({
    configFile: false,
    logLevel: 'silent',
    resolve: { conditions: ['@pinhole/source', ...defaultClientConditions] },
    build: {
      write: false,
      minify: false,
      target: 'es2022',
      rolldownOptions: { input: join(import.meta.dirname, 'page.ts'), output: { format: 'es' } },
    },
  });
  const output = Array.isArray(result) ? result[0] : result;
  if (!output || !('output' in output)) throw new Error('the page of Janus did not build');
  return output.output[0].code;
}

/** Opens it at `origin`, which serves the script as `/page.js`. */
export async function openJanusPage(browser: Browser, origin: string): Promise<OpenedJanusPage> {
  const page = await browser.newPage();
  await page.goto(`${origin}/`);
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
  return { page, call, open: (name, options) => call('open', name, options) };
}
