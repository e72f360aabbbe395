import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { type Browser, openChromium } from '../support/chromium.ts';
import { openPast, type PastPage, type WatchedPast } from '../support/harness/past-harness.ts';
import { quantile } from '../support/measure.ts';
import { type Pinhole, startPinhole } from '../support/pinhole.ts';
import { needs } from '../support/third-parties.ts';

const CONFIG = `
cameras:
  door: { source: 'synthetic:640x360@30', record: background }
  hall: { source: 'synthetic:640x360@15' }
recordings: { segmentSeconds: 5 }
`;

const { describe, it } = needs('chromium', 'ffmpeg');

describe('a recording player in Chromium', () => {
  let pinhole: Pinhole;
  let browser: Browser;
  let past: PastPage;

  beforeAll(async () => {
    const config = join(tmpdir(), `pinhole-player-${process.pid}.yaml`);
    await writeFile(config, CONFIG);
    [pinhole, browser] = await Promise.all([startPinhole({ args: ['--config', config] }), openChromium()]);
    past = await openPast(browser, pinhole);
    await past.call('watch', 'door', { camera: 'door', token: pinhole.token });
    await new Promise((later) => setTimeout(later, 18_000));
  });

  afterAll(async () => {
    await browser?.close();
    await pinhole?.dispose();
  });

  const ago = (seconds: number): number => (Date.now() - seconds * 1000) * 1000;
  const numbers = ({ frames }: WatchedPast): number[] => frames.map(({ frameNumber }) => frameNumber);

  it('plays over borders of files, each picture once', async () => {
    await past.call('seek', 'door', ago(14));

    const watched = await past.until('door', ({ frames }) => frames.length > 200);

    console.log(numbers(watched).join(' '), JSON.stringify(watched.states), watched.unreadable);
    expect(watched.gaps).toEqual([]);
  });

  it('prints how long a picture takes', async () => {
    const all: number[] = [];
    for (let i = 0; i < 20; i++) {
      await past.call('seek', 'door', ago(3 + (i % 12)));
      const { seekMs } = await past.until('door', (watched) => watched.seekMs !== undefined);
      all.push(seekMs ?? Number.NaN);
    }
    console.log(
      `seek → painted: p50 ${quantile(all, 0.5).toFixed(0)} ms, p95 ${quantile(all, 0.95).toFixed(0)} ms`,
    );
  });
});
