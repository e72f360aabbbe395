import type { BrowserContext, Page } from 'playwright-core';

/** What pages of a browser did that pages of ours must not do. */
export interface WatchedPages {
  /** Errors on the console and uncaught ones; answers that are no success are listed in `refusals`. */
  readonly errors: readonly string[];
  /** Requests to anything but the one origin. */
  readonly foreign: readonly string[];
  /** What the page's own policy kept from happening. */
  readonly violations: readonly string[];
  /** Requests that the server refused, as `404 GET /path`. */
  readonly refusals: readonly string[];
  /** Forgets all of it. */
  clear(): void;
}

/** Watches all pages of a browser from now on; open pages are not. */
export async function watchPages(context: BrowserContext, origin: string): Promise<WatchedPages> {
  const errors: string[] = [];
  const foreign: string[] = [];
  const violations: string[] = [];
  const refusals: string[] = [];
  await context.exposeFunction('pinholeViolation', (what: string) => {
    violations.push(what);
  });
  await context.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
      (window as unknown as { pinholeViolation: (what: string) => void }).pinholeViolation(
        `${violatedDirective} ${blockedURI}`,
      );
    });
  });
  context.on('request', (request) => {
    const url = new URL(request.url());
    if (/^(https?|wss?):$/.test(url.protocol) && url.host !== new URL(origin).host) foreign.push(url.href);
  });
  context.on('response', (response) => {
    const { pathname } = new URL(response.url());
    if (response.status() >= 400)
      refusals.push(`${response.status()} ${response.request().method()} ${pathname}`);
  });
  context.on('page', (page: Page) => {
    page.on('pageerror', (error) => errors.push(String(error)));
    page.on('console', (message) => {
      // The browser says this of every refusal.
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource:'))
        errors.push(message.text());
    });
    page.on('websocket', (socket) => {
      if (new URL(socket.url()).host !== new URL(origin).host) foreign.push(socket.url());
    });
  });
  const clear = (): void => {
    for (const list of [errors, foreign, violations, refusals]) list.length = 0;
  };
  return { errors, foreign, violations, refusals, clear };
}
