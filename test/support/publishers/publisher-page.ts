import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { bundled } from '../bundle.ts';
import type { Browser } from '../chromium.ts';
import type { Pinhole } from '../pinhole.ts';
import type { PublisherName, Publishing, PublishOptions } from './page.ts';

let script: Promise<string> | undefined;

/** A page of another origin that publishes pictures with a time code. */
export interface PublisherPage {
  readonly page: Page;
  /** @throws {Error} with status and body of a refusal */
  publish(
    name: PublisherName,
    options: Omit<PublishOptions, 'url' | 'token'> & { readonly camera: string; readonly token?: string },
  ): Promise<void>;
  end(): Promise<void>;
  pause(): Promise<void>;
  stats(): Promise<Record<string, number>>;
  /** What the browser can encode, as media types. */
  encodes(): Promise<string[]>;
}

/** A web server of an empty page: the program's own pages may not use the browser's camera. */
export async function servePublisherPage(): Promise<{ readonly origin: string; close(): void }> {
  const server = createServer((_, response) => {
    response.writeHead(200, { 'Content-Type': 'text/html' }).end('<!doctype html><title>Publisher</title>');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://localhost:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Opens such a page at `origin`; nothing is published yet. */
export async function openPublisher(
  browser: Browser,
  pinhole: Pick<Pinhole, 'url' | 'token'>,
  origin: string,
): Promise<PublisherPage> {
  script ??= bundled(join(import.meta.dirname, 'page.ts'));
  const page = await browser.newPage();
  await page.goto(origin);
  await page.evaluate(await script);
  const call = <Name extends keyof Publishing>(
    name: Name,
    ...args: Parameters<Publishing[Name]>
  ): Promise<Awaited<ReturnType<Publishing[Name]>>> =>
    page.evaluate(
      ([method, values]) => {
        const { publishing } = window as never as {
          publishing: Record<string, (...given: readonly unknown[]) => unknown>;
        };
        return publishing[method]?.(...values) as never;
      },
      [name, args] as readonly [string, readonly unknown[]],
    );
  return {
    page,
    publish: (name, { camera, token = pinhole.token, ...options }) =>
      call('publish', name, { ...options, url: `${pinhole.url}/whip/${camera}`, token }),
    end: () => call('end'),
    pause: () => call('pause'),
    stats: () => call('stats'),
    encodes: () => call('encodes'),
  };
}
