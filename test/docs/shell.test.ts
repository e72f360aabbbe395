import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect } from 'vitest';
import { openChromium } from '../support/chromium.ts';
import { type Pinhole, startPinhole } from '../support/pinhole.ts';
import { needs } from '../support/third-parties.ts';
import { blocksOf, ROOT } from './markdown.ts';
import { openShell, type Shell } from './shell.ts';

const { describe, it } = needs('ffmpeg');

describe('every shell block', () => {
  let shell: Shell;
  let pinhole: Pinhole;
  let folder: string;
  /** The cameras that the pages speak of. */
  const configFile = async (): Promise<string> => {
    folder = await mkdtemp(join(tmpdir(), 'pinhole-docs-'));
    const picture = 'synthetic:320x180@15';
    const cameras = { test: picture, door: { source: picture, record: 'both' }, shed: 'push:' };
    const file = join(folder, 'pinhole.yaml');
    await writeFile(file, JSON.stringify({ cameras, recordings: { segmentSeconds: 2 } }));
    return file;
  };
  beforeAll(async () => {
    [shell, pinhole] = await Promise.all([
      openShell(),
      startPinhole({ args: ['--config', await configFile()] }),
    ]);
    await untilRecorded(pinhole);
  });
  afterAll(async () => {
    await pinhole?.dispose();
    await shell?.dispose();
    await rm(folder, { recursive: true });
  });

  it.each(blocksOf('sh').map((block) => [block.at, block.text] as const))('%s runs', async (_, text) => {
    const here = text.replaceAll('http://localhost:8080', pinhole.url);

    const { code, output } = await shell.run(here, { TOKEN: pinhole.token });

    expect(output).not.toMatch(/not found|Usage/i);
    expect({ code, output }).toMatchObject({ code: 0 });
    const starts = (text.match(/npm start|pinhole(?= --config)|token link/g) ?? []).length;
    expect(
      output.match(/^http:\/\/localhost:\d+\/#token=\S+$|^https:\/\/localhost:\d+\/#token=\S+$/gm) ?? [],
    ).toHaveLength(starts);
  });
});

/** What pages play and download is there. */
async function untilRecorded({ url, token }: Pinhole): Promise<void> {
  const headers = { authorization: `Bearer ${token}` };
  for (const deadline = Date.now() + 20_000; ; await sleep(200)) {
    const answer = await fetch(`${url}/api/v1/cameras/door/recordings/latest`, { headers });
    if ((await answer.text()).includes('.mp4')) return;
    if (Date.now() > deadline) throw new Error('nothing was recorded');
  }
}

describe('the first sixty seconds', () => {
  const browserIt = needs('chromium').it;

  browserIt('npm start prints one link, which shows a moving picture with its delay', async () => {
    const data = await mkdtemp(join(tmpdir(), 'pinhole-docs-'));
    const child = spawn('npm', ['start', '--', '--port', '0', '--data', data], {
      cwd: ROOT,
      env: { ...process.env, NODE_OPTIONS: '', PORT: '' },
      stdio: ['ignore', 'pipe', 'inherit'],
      detached: true, // npm has children: they are ended as a group
    });
    const ended = new Promise((resolve) => child.on('close', resolve));
    let output = '';
    const links = () => output.match(/^https?:\/\/\S+$/gm) ?? [];
    const printed = new Promise<void>((resolve) =>
      child.stdout.on('data', (part) => {
        output += String(part);
        if (output.includes('Ctrl+C')) resolve();
      }),
    );
    const browser = await openChromium();
    try {
      await printed;
      expect(links()).toHaveLength(1);

      const page = await browser.newPage();
      await page.goto(links()[0] ?? '');
      const delay = page.locator('.chip.latency').first();
      await delay.waitFor();

      expect(await delay.textContent()).toMatch(/^\d+ ms$/);
      expect(await page.locator('video, canvas').count()).toBeGreaterThan(0);
    } finally {
      await browser.close();
      process.kill(-(child.pid ?? Number.NaN), 'SIGTERM');
      await ended;
      await rm(data, { recursive: true, force: true });
    }
  });
});
