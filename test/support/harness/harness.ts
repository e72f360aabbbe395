import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { bundled } from '../bundle.ts';
import type { Browser } from '../chromium.ts';
import type { Pinhole } from '../pinhole.ts';
import type { Harness, SeenFrame, Watched, WatchOptions } from './page.ts';

export type { Mark, SeenFrame, Watched } from './page.ts';

let script: Promise<string> | undefined;

/** A page on the program's own origin that watches cameras and reads their time codes. */
export interface HarnessPage {
  readonly page: Page;
  watch(name: string, options: Omit<WatchOptions, 'token'> & { readonly token?: string }): Promise<void>;
  report(name: string): Promise<Watched>;
  /** Frames until there are `count`, or the patience is over. */
  frames(name: string, count: number, options?: { readonly patienceMs?: number }): Promise<SeenFrame[]>;
  /** Waits until a report satisfies `condition`. */
  until(
    name: string,
    condition: (watched: Watched) => boolean,
    options?: { readonly patienceMs?: number },
  ): Promise<Watched>;
  /** As a person who scrolls a tile out of sight, or back. */
  look(name: string, at: 'it' | 'elsewhere'): Promise<void>;
  stopWatching(name: string): Promise<void>;
}

/** Opens a page on the program's origin, with nothing but the harness in it. */
export async function openHarness(
  browser: Browser,
  pinhole: Pick<Pinhole, 'url' | 'token'>,
): Promise<HarnessPage> {
  const page = await browser.newPage();
  script ??= bundled(join(import.meta.dirname, 'page.ts'));
  // A page that the program itself served: Chromium keeps pages of unknown origin off this machine's sockets. What is
  // evaluated passes over the page's policy; what it does then (sockets, media) does not.
  await page.goto(`${pinhole.url}/health`);
  await page.evaluate(await script);
  await page.waitForFunction(() => 'harness' in window);

  const report = async (name: string): Promise<Watched> => {
    const watched = await page.evaluate(
      (asked) => (window as never as { harness: Harness }).harness.report(asked),
      name,
    );
    if (!watched) throw new Error(`nothing called "${name}" is watched`);
    return watched;
  };
  const until: HarnessPage['until'] = async (name, condition, { patienceMs = 20_000 } = {}) => {
    const deadline = Date.now() + patienceMs;
    const frames: SeenFrame[] = [];
    for (;;) {
      const watched = await report(name);
      frames.push(...watched.frames);
      const all = { ...watched, frames };
      if (condition(all)) return all;
      if (Date.now() > deadline)
        throw new Error(
          `waited ${patienceMs} ms in vain; ${JSON.stringify({ ...all, frames: frames.length })}`,
        );
      await new Promise((later) => setTimeout(later, 100));
    }
  };
  return {
    page,
    report,
    until,
    watch: (name, options) =>
      page.evaluate(([asked, how]) => (window as never as { harness: Harness }).harness.watch(asked, how), [
        name,
        { token: pinhole.token, ...options },
      ] as const),
    frames: async (name, count, options) => [
      ...(await until(name, ({ frames }) => frames.length >= count, options)).frames,
    ],
    look: (name, at) =>
      page.evaluate(
        ([asked, where]) => (window as never as { harness: Harness }).harness.look(asked, where),
        [name, at] as const,
      ),
    stopWatching: (name) =>
      page.evaluate((asked) => (window as never as { harness: Harness }).harness.close(asked), name),
  };
}
