import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { thirdParty } from './third-parties.ts';

const FLAGS = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--autoplay-policy=no-user-gesture-required',
];

/** A real Chromium with a profile of its own. */
export interface Browser {
  readonly context: BrowserContext;
  newPage(): Promise<Page>;
  close(): Promise<void>;
}

/** What a browser is opened with. */
export interface BrowserOptions {
  readonly viewport?: { readonly width: number; readonly height: number };
  readonly colorScheme?: 'light' | 'dark';
  readonly isMobile?: boolean;
  readonly flags?: readonly string[];
}

/**
 * Opens Debian's Chromium, headless.
 * @throws {Error} when it is not installed, or does not decode H.264: then nothing here could prove anything.
 */
export async function openChromium(options: BrowserOptions = {}): Promise<Browser> {
  const executablePath = thirdParty('chromium');
  if (executablePath === undefined) throw new Error('chromium is not installed');
  const profile = await mkdtemp(join(tmpdir(), 'pinhole-chromium-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    headless: true,
    args: [...FLAGS, ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []), ...(options.flags ?? [])],
    viewport: { width: 1280, height: 800, ...options.viewport },
    colorScheme: options.colorScheme ?? 'dark',
    isMobile: options.isMobile ?? false,
    ignoreHTTPSErrors: true,
  });
  const close = async (): Promise<void> => {
    await context.close();
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  };
  const page = context.pages()[0] ?? (await context.newPage());
  const decodes = await page.evaluate(() =>
    (RTCRtpReceiver.getCapabilities('video')?.codecs ?? []).some(({ mimeType }) => mimeType === 'video/H264'),
  );
  if (!decodes) {
    await close();
    throw new Error(`${executablePath} does not decode H.264 in WebRTC; install Debian's chromium`);
  }
  return { context, newPage: () => context.newPage(), close };
}
