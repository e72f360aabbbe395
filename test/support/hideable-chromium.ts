import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import type { Browser } from './chromium.ts';
import { thirdParty } from './third-parties.ts';

const FLAGS = [
  '--headless=new',
  '--remote-debugging-port=0',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--autoplay-policy=no-user-gesture-required',
];
const START_PATIENCE_MS = 20_000;

/**
 * Opens a Chromium whose tabs hide each other, as a person's do. Playwright gives all pages of browsers that it starts
 * itself the focus, and none of those is ever hidden.
 */
export async function openHideableChromium(): Promise<Browser> {
  const program = thirdParty('chromium');
  if (program === undefined) throw new Error('chromium is missing: ask needs() first');
  const profile = await mkdtemp(join(tmpdir(), 'pinhole-chromium-'));
  const flags = [
    ...FLAGS,
    `--user-data-dir=${profile}`,
    ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
  ];
  const child = spawn(program, [...flags, 'about:blank'], { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = new Promise<void>((settle) => child.once('exit', () => settle()));
  try {
    const browser = await chromium.connectOverCDP(await listening(child), { noDefaults: true });
    const [context] = browser.contexts();
    if (!context) throw new Error('chromium has no context');
    const close = async (): Promise<void> => {
      const session = await browser.newBrowserCDPSession();
      await session.send('Browser.close').catch(() => undefined); // gone before it could answer
      await ended;
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    };
    return { context, newPage: () => context.newPage(), close };
  } catch (thrown) {
    child.kill('SIGKILL');
    throw thrown;
  }
}

function listening(child: ChildProcess): Promise<string> {
  return new Promise((found, failed) => {
    let said = '';
    const late = setTimeout(() => failed(new Error(`chromium did not start: ${said}`)), START_PATIENCE_MS);
    child.stderr?.on('data', (chunk) => {
      said += String(chunk);
      const url = /DevTools listening on (ws:\S+)/.exec(said)?.[1];
      if (url === undefined) return;
      clearTimeout(late);
      found(url);
    });
    child.once('exit', (code) => failed(new Error(`chromium ended with ${code}: ${said}`)));
  });
}
