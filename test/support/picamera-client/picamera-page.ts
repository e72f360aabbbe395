import { join } from 'node:path';
import type { IPiCameraOptions } from '@pinhole/client/picamera';
import type { Page } from 'playwright-core';
import { bundled } from '../bundle.ts';
import type { Browser } from '../chromium.ts';
import type { SeenFrame } from '../harness/painted-frames.ts';
import type { PicameraPage, ToldEvent } from './page.ts';

let script: Promise<string> | undefined;

type Call<Name extends keyof PicameraPage> = PicameraPage[Name];

/** A page with our library, and with daemons that are played. */
export class PicameraClients {
  readonly page: Page;

  private constructor(page: Page) {
    this.page = page;
  }

  /** Opens a page at `url`, which should be near empty. */
  static async open(browser: Browser, url: string): Promise<PicameraClients> {
    const page = await browser.newPage();
    await page.goto(url);
    return await PicameraClients.into(page);
  }

  /** Plays viewers in a page that is there. */
  static async into(page: Page): Promise<PicameraClients> {
    script ??= bundled(join(import.meta.dirname, 'page.ts'));
    await page.evaluate(await script);
    await page.waitForFunction(() => 'rig' in window);
    return new PicameraClients(page);
  }

  /** Calls something in the page. */
  run<Name extends keyof PicameraPage>(
    name: Name,
    ...values: Parameters<Call<Name>>
  ): Promise<Awaited<ReturnType<Call<Name>>>> {
    return this.page.evaluate(
      ([what, how]) =>
        (window as never as { rig: Record<string, (...all: unknown[]) => unknown> }).rig[what]?.(...how),
      [name, values] as readonly [string, unknown[]],
    ) as Promise<Awaited<ReturnType<Call<Name>>>>;
  }

  /** Runs a snippet of the documentation as a module would. */
  async runSnippet(code: string): Promise<void> {
    const names = [...code.matchAll(/^import \{([^}]+)\}/gm)].map(([, list]) => list).join();
    await this.run('beginSnippet');
    await this.page.evaluate(
      `(() => { 'use strict'; const {${names}} = imported;\n${code.replaceAll(/^import [^;]+;$/gm, '')}\n})()`,
    );
    await this.run('watchSnippet');
  }

  /** A viewer connects. */
  async connect(name: string, options: IPiCameraOptions): Promise<void> {
    await this.run('open', name, options);
    await this.run('call', name, 'connect');
  }

  /** The values of all events of a name so far. */
  async events(viewer: string, name: string): Promise<readonly (readonly unknown[])[]> {
    const told = await this.run('told', viewer);
    return told.filter((event) => event.name === name).map(({ values }) => values);
  }

  /** Waits until so many events of a name came. @returns the values of the last of them */
  async event(viewer: string, name: string, count = 1): Promise<readonly unknown[]> {
    let all: readonly (readonly unknown[])[] = [];
    await this.until(
      async () => {
        all = await this.events(viewer, name);
        return all.length >= count;
      },
      () => this.run('told', viewer),
    );
    return all[count - 1] ?? [];
  }

  /** Waits until so many frames were painted. */
  async frames(viewer: string, count = 5): Promise<readonly SeenFrame[]> {
    const seen: SeenFrame[] = [];
    await this.until(
      async () => {
        seen.push(...(await this.run('frames', viewer)));
        return seen.length >= count;
      },
      () => this.run('told', viewer),
    );
    return seen;
  }

  /** Waits for a condition. @throws {Error} with what `context` says */
  async until(
    condition: () => Promise<boolean>,
    context: () => Promise<unknown> = () => Promise.resolve(''),
  ): Promise<void> {
    const deadline = Date.now() + 30_000;
    while (!(await condition())) {
      if (Date.now() > deadline) throw new Error(`waited in vain: ${JSON.stringify(await context())}`);
      await new Promise((later) => setTimeout(later, 50));
    }
  }
}

export type { ToldEvent };
