import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { bundled } from '../bundle.ts';
import type { Browser } from '../chromium.ts';
import type { Pinhole } from '../pinhole.ts';
import type { SeenFrame } from './painted-frames.ts';
import type { Past, WatchedPast } from './past-page.ts';

export type { WatchedPast } from './past-page.ts';

/** A page with recording players and nothing else. */
export interface PastPage {
  readonly page: Page;
  /** Calls one of the page's functions. */
  call<Name extends keyof Past>(name: Name, ...args: Parameters<Past[Name]>): Promise<ReturnType<Past[Name]>>;
  /** Waits for a report that satisfies `condition`; frames and times are those since the last `until`. */
  until(
    name: string,
    condition: (watched: WatchedPast) => boolean,
    options?: { readonly patienceMs?: number },
  ): Promise<WatchedPast>;
}

/** Opens a page on the program's origin with recording players. */
export async function openPast(browser: Browser, { url }: Pick<Pinhole, 'url'>): Promise<PastPage> {
  const page = await browser.newPage();
  const script = await bundled(join(import.meta.dirname, 'past-page.ts'));
  await page.goto(`${url}/health`);
  await page.evaluate(script);
  await page.waitForFunction(() => 'past' in window);
  const call: PastPage['call'] = (name, ...args) =>
    page.evaluate(
      ([asked, given]) =>
        (window as never as { past: Record<string, (...all: unknown[]) => never> }).past[asked]?.(...given),
      [name, args] as const,
    ) as never;
  return {
    page,
    call,
    async until(name, condition, { patienceMs = 20_000 } = {}) {
      const deadline = Date.now() + patienceMs;
      const frames: SeenFrame[] = [];
      const times: WatchedPast['times'][number][] = [];
      for (;;) {
        const watched = await call('report', name);
        frames.push(...watched.frames);
        times.push(...watched.times);
        const all = { ...watched, frames, times };
        if (condition(all)) return all;
        if (Date.now() > deadline) {
          const brief = { ...all, frames: frames.map(({ frameNumber }) => frameNumber), times: times.length };
          throw new Error(`waited ${patienceMs} ms in vain; ${JSON.stringify(brief)}`);
        }
        await new Promise((later) => setTimeout(later, 50));
      }
    },
  };
}
