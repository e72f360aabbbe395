import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect } from 'vitest';
import { type Browser, openChromium } from '../../support/chromium.ts';
import { type HarnessPage, openHarness } from '../../support/harness/harness.ts';
import { arrivalsOf } from '../../support/outage.ts';
import { type Pinhole, startPinhole } from '../../support/pinhole.ts';
import { PROGRAM } from '../../support/program.ts';
import { needs } from '../../support/third-parties.ts';
import { expectUnharmed } from '../../support/unharmed.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
/** A token's end is looked for a few times a second, and the file of tokens as often. */
const END_MS = 3_000;

const GUEST = { cameras: ['test'], rights: ['view'] };

const { describe, it } = needs('chromium');

describe('a token that ends while its viewers watch', () => {
  const VIEWERS = {
    'by webrtc': { transports: ['webrtc'] },
    'by websocket': { transports: ['websocket'] },
  } as const;
  let pinhole: Pinhole;
  let browser: Browser;
  let harness: HarnessPage;

  beforeAll(async () => {
    [pinhole, browser] = await Promise.all([
      startPinhole({ args: ['--camera', 'test=synthetic:640x360@30'] }),
      openChromium(),
    ]);
    harness = await openHarness(browser, pinhole);
    await harness.watch('unharmed', { camera: 'test', element: true });
    await harness.frames('unharmed', 30);
  });

  afterAll(async () => {
    await browser?.close();
    await pinhole?.dispose();
  });

  async function watchWith(token: string): Promise<void> {
    for (const [name, options] of Object.entries(VIEWERS))
      await harness.watch(name, { camera: 'test', token, element: true, ...options });
    for (const name of Object.keys(VIEWERS)) await harness.frames(name, 5);
  }

  /** Proves that each page ends at `endAt` and says why, and that the server holds no session of that token any more. */
  async function expectRefused(words: RegExp, { tokenId, endAt }: { tokenId: string; endAt: number }) {
    for (const name of Object.keys(VIEWERS)) {
      const { marks, frames } = await harness.until(name, ({ marks }) => marks.at(-1)?.kind === 'refused');
      const last = marks.at(-1);
      console.log(
        `${name}: ${last?.code} ${Math.round((last?.at ?? 0) - endAt)} ms after the end: ${last?.words}`,
      );
      expect(last?.stale).toBe(true);
      expect(last?.words).toMatch(words);
      expect(last?.words).toMatch(/token link/);
      expect(Math.max(0, ...frames.map(({ captureTime }) => captureTime / 1000))).toBeLessThan(
        endAt + END_MS,
      );
      await harness.stopWatching(name);
    }
    expect((await pinhole.sessions()).filter((session) => session.tokenId === tokenId)).toEqual([]);
    const { frames, marks } = await harness.until('unharmed', (watched) => watched.frames.length >= 60);
    expectUnharmed(arrivalsOf(frames).slice(-60), { forMs: 2_000 });
    expect(marks.at(-1)).toMatchObject({ kind: 'live', stale: false });
  }

  it('by its date: both transports end, with words', async () => {
    const { id, token } = await pinhole.createToken({ ...GUEST, expiresIn: '5s' });
    const endAt = Date.now() + 5_000;
    await watchWith(token);

    await expectRefused(/token (has )?expired/i, { tokenId: id, endAt });
  });

  it('revoked by the command line in another process: both end, with words', async () => {
    const { id, token } = await pinhole.createToken(GUEST);
    await watchWith(token);

    // A new process takes its time to come up; what it does to the pictures begins when it is done.
    await revokeByCommand(id, pinhole.dataFolder);
    const endAt = Date.now();

    await expectRefused(/token.* revoked/i, { tokenId: id, endAt });
  });
});

async function revokeByCommand(id: string, dataFolder: string): Promise<void> {
  const child = spawn(process.execPath, [...PROGRAM, 'token', 'revoke', id, '--data', dataFolder], {
    cwd: ROOT,
    env: { ...process.env, NODE_OPTIONS: '' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const [complaints, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
  if (code !== 0) throw new Error(`token revoke ended with ${code}: ${complaints}`);
}
