import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { bundled } from '../bundle.ts';
import type { Browser } from '../chromium.ts';
import type { SeenFrame } from '../harness/painted-frames.ts';
import type { StockPage } from './page.ts';
import type { StockOptions, StockReport } from './stock-options.ts';

export type { Generation, StockOptions, StockReport } from './stock-options.ts';

let script: Promise<string> | undefined;

/** Stock clients in a page of a real browser. */
export class StockClients {
  readonly page: Page;
  readonly #defaults: Pick<StockOptions, 'uid' | 'broker'>;

  private constructor(page: Page, defaults: Pick<StockOptions, 'uid' | 'broker'>) {
    this.page = page;
    this.#defaults = defaults;
  }

  /** Opens a page at `url`, which should be near empty, and plays clients in it. */
  static async open(
    browser: Browser,
    options: Pick<StockOptions, 'uid' | 'broker'> & { readonly url: string },
  ): Promise<StockClients> {
    script ??= bundled(join(import.meta.dirname, 'page.ts'));
    const page = await browser.newPage();
    const code = await script;
    await page.goto(options.url);
    await page.evaluate(code);
    await page.waitForFunction(() => 'stock' in window);
    return new StockClients(page, { uid: options.uid, broker: options.broker });
  }

  /** A client connects. */
  async connect(
    name: string,
    options: Omit<StockOptions, 'uid' | 'broker'> & { readonly uid?: string },
  ): Promise<void> {
    await this.page.evaluate(([who, how]) => (window as never as { stock: StockPage }).stock.open(who, how), [
      name,
      { ...this.#defaults, ...options },
    ] as const);
  }

  report(name: string): Promise<StockReport> {
    return this.page.evaluate((who) => (window as never as { stock: StockPage }).stock.report(who), name);
  }

  /** Frames since the last call. */
  frames(name: string): Promise<readonly SeenFrame[]> {
    return this.page.evaluate((who) => (window as never as { stock: StockPage }).stock.frames(who), name);
  }

  /** Waits for so many frames, which then are all different ones in order. */
  async watch(name: string, count: number, { patienceMs = 30_000 } = {}): Promise<readonly SeenFrame[]> {
    const seen: SeenFrame[] = [];
    await this.#until(
      async () => {
        seen.push(...(await this.frames(name)));
        return seen.length >= count;
      },
      { patienceMs, name },
    );
    return seen;
  }

  /** Waits until a report satisfies `condition`. */
  async until(
    name: string,
    condition: (report: StockReport) => boolean,
    { patienceMs = 30_000 } = {},
  ): Promise<StockReport> {
    await this.#until(async () => condition(await this.report(name)), { patienceMs, name });
    return await this.report(name);
  }

  send(name: string, channel: number, message: string | readonly number[]): Promise<void> {
    return this.page.evaluate(
      ([who, id, what]) => (window as never as { stock: StockPage }).stock.send(who, id, what),
      [name, channel, message] as const,
    );
  }

  /** The loudest sample of the camera's sound in a while. */
  loudness(name: string): Promise<number> {
    return this.page.evaluate((who) => (window as never as { stock: StockPage }).stock.loudness(who), name);
  }

  publish(name: string, topic: string, payload: string | readonly number[]): Promise<void> {
    return this.page.evaluate(
      ([who, where, what]) => (window as never as { stock: StockPage }).stock.publish(who, where, what),
      [name, topic, payload] as const,
    );
  }

  restart(name: string): Promise<void> {
    return this.page.evaluate((who) => (window as never as { stock: StockPage }).stock.restart(who), name);
  }

  close(name: string, how: 'terminate' | 'vanish' = 'terminate'): Promise<void> {
    return this.page.evaluate(
      ([who, way]) => (window as never as { stock: StockPage }).stock.close(who, way),
      [name, how] as const,
    );
  }

  /** Ends all that there are. */
  closeAll(): Promise<void> {
    return this.page.evaluate(() => (window as never as { stock: StockPage }).stock.closeAll());
  }

  async #until(
    condition: () => Promise<boolean>,
    { patienceMs, name }: { readonly patienceMs: number; readonly name: string },
  ): Promise<void> {
    const deadline = Date.now() + patienceMs;
    while (!(await condition())) {
      if (Date.now() > deadline) {
        const report = await this.report(name);
        const told = { ...report, messages: report.messages.length, bodies: report.bodies.length };
        throw new Error(`waited ${patienceMs} ms in vain for "${name}": ${JSON.stringify(told)}`);
      }
      await new Promise((later) => setTimeout(later, 100));
    }
  }
}
