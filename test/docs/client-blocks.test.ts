import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Page } from 'playwright-core';
import { build, defaultClientConditions } from 'vite';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Browser, openChromium } from '../support/chromium.ts';
import { type Pinhole, startPinhole } from '../support/pinhole.ts';
import { needs } from '../support/third-parties.ts';
import { blocksOf, type CodeBlock, ROOT } from './markdown.ts';
import { openPageServer, type PageServer } from './page-server.ts';

const run = promisify(execFile);

/** Inside the project, so that its packages are found; git and the linters pass over it. */
const CACHE = join(ROOT, 'test/docs/.cache');
const named = (blocks: readonly CodeBlock[]) => blocks.map((block) => [block.at, block] as const);
const scripts = blocksOf('ts', 'tsx');

let folder: string;
beforeAll(async () => {
  await mkdir(CACHE, { recursive: true });
  folder = await mkdtemp(join(CACHE, 'blocks-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the TypeScript blocks', () => {
  it('are right to the compiler, as strict as the project is', async () => {
    await Promise.all(
      scripts.map(({ language, text }, index) => writeFile(join(folder, `block-${index}.${language}`), text)),
    );
    const config = {
      extends: '../../../../tsconfig.tests.json',
      compilerOptions: { rootDir: '../../../..' },
      include: ['*.ts', '*.tsx'],
    };
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config));

    const { stdout } = await run(join(ROOT, 'node_modules/.bin/tsc'), ['-p', folder, '--listFilesOnly']);
    const checked = await run(join(ROOT, 'node_modules/.bin/tsc'), ['-p', folder]).catch(
      (failed: { stdout: string }) => failed,
    );

    expect(stdout.match(/block-\d+\.tsx?$/gm)).toHaveLength(scripts.length);
    expect(checked.stdout).toBe('');
  });
});

needs('chromium').describe('the blocks for pages', () => {
  let server: PageServer;
  let pinhole: Pinhole;
  let browser: Browser;
  let page: Page;
  let said: string[] = [];

  beforeAll(async () => {
    server = await openPageServer(folder);
    const config = join(folder, 'pinhole.yaml');
    // As docs/client.md tells for a page of another site.
    await writeFile(config, `origins: [${server.origin}]\ncameras: { door: ${SMALL}, hall: ${SMALL} }\n`);
    [pinhole, browser] = await Promise.all([startPinhole({ args: ['--config', config] }), openChromium()]);
    await writeFile(
      join(folder, 'wall.css'),
      blocksOf('css')
        .map(({ text }) => text)
        .join('\n'),
    );
    await buildClient(join(folder, 'pinhole'));
  });
  afterAll(async () => {
    await browser?.close();
    await pinhole?.dispose();
    await server?.close();
  });
  beforeEach(async () => {
    server.setHeaders({});
    said = [];
    page = await browser.newPage();
    page.on('console', (message) => {
      // What Chromium says when WebRTC was so fast that the WebSocket beside it is no longer wanted.
      if (!message.text().includes('closed before the connection is established')) said.push(message.text());
    });
    page.on('pageerror', (error) => said.push(`error: ${error.message}`));
    return () => page.close();
  });

  /** The block with the addresses and tokens of this test in place of those that are made up. */
  const here = (text: string): string =>
    text
      .replaceAll('https://camera.example', pinhole.url)
      .replaceAll(/(['"])\/whep\//g, `$1${pinhole.url}/whep/`)
      .replaceAll(/(token(?:=|: )['"]?)(?:pin_)?…(?=['"])/g, `$1${pinhole.token}`);

  async function open(html: string): Promise<void> {
    const name = `page-${Math.random().toString(36).slice(2)}`;
    await writeFile(join(folder, `${name}.html`), html);
    const bundled = /import '@pinhole|src="\.\//.test(html) ? await bundle(name) : name;
    await page.goto(`${server.origin}/${bundled}.html`);
  }

  async function bundle(name: string): Promise<string> {
    await build({
      root: folder,
      configFile: false,
      logLevel: 'error',
      base: './',
      resolve: { conditions: ['@pinhole/source', ...defaultClientConditions] },
      oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
      build: { outDir: join(folder, 'out', name), rolldownOptions: { input: join(folder, `${name}.html`) } },
    });
    return `out/${name}/${name}`;
  }

  const isPlain = ({ text }: CodeBlock): boolean => text.includes('<img');

  it.each(named(blocksOf('html').filter(isPlain)))('%s shows its picture', async (_, { text }) => {
    await open(here(text));

    await expect
      .poll(() => page.locator('img').evaluate((image: HTMLImageElement) => image.naturalWidth), PATIENCE)
      .toBeGreaterThan(0);
    expect(said).toEqual([]);
  });

  it.each(named(blocksOf('html').filter((block) => !isPlain(block))))(
    '%s shows its cameras',
    async (_, { text }) => {
      await open(here(text));

      const cameras = page.locator('pinhole-camera');
      await expect
        .poll(() => page.locator('pinhole-camera[state="live"]').count(), PATIENCE)
        .toBeGreaterThan(0);
      await expect
        .poll(
          async () => (await page.locator('pinhole-camera[state="live"]').count()) - (await cameras.count()),
          PATIENCE,
        )
        .toBe(0);
      expect(said).toEqual([]);
    },
  );

  it('the style of the wall display is one that browsers take', async () => {
    await open('<!doctype html><link rel="stylesheet" href="/wall.css"><pinhole-camera></pinhole-camera>');

    const camera = page.locator('pinhole-camera');
    expect(
      await camera.evaluate((element) => getComputedStyle(element).getPropertyValue('--pinhole-fit')),
    ).toBe('cover');
    expect(await page.evaluate(() => getComputedStyle(document.body).display)).toBe('grid');
  });

  it.each(named(blocksOf('ts')))('%s plays', async (_, { text }) => {
    await writeFile(join(folder, 'main.ts'), here(text));
    await open('<!doctype html><div id="camera"></div><script type="module" src="./main.ts"></script>');

    await expect.poll(() => said.some((line) => line.startsWith('live ')), PATIENCE).toBe(true);
    await expect.poll(() => said.some((line) => /\d ms, ± [\d.]+/.test(line)), PATIENCE).toBe(true);
    expect(said.filter((line) => line.startsWith('error'))).toEqual([]);
  });

  it.each(named(blocksOf('tsx')))('%s plays', async (_, { text }) => {
    const url = `${pinhole.url}/whep/door`;
    const use = `render(<Camera url="${url}" token="${pinhole.token}" />, document.body);`;
    await writeFile(join(folder, 'main.tsx'), `import { render } from 'preact';\n${text}\n${use}\n`);
    await open('<!doctype html><body><script type="module" src="./main.tsx"></script>');

    await expect.poll(() => page.locator('figcaption').textContent(), PATIENCE).toBe('Live.');
    expect(said).toEqual([]);
  });

  describe.each(named(blocksOf('http')))('%s', (_, block) => {
    it.each([
      ['WebRTC', 'transports="webrtc"'],
      ['WebCodecs', 'transports="websocket" players="webcodecs"'],
      ['MSE', 'transports="websocket" players="mse"'],
    ])('lets the element play by %s, in its own style', async (_way, attributes) => {
      const lines = here(block.text.replaceAll('wss://camera.example', pinhole.url.replace('http', 'ws')));
      server.setHeaders(
        Object.fromEntries(
          lines
            .trim()
            .split('\n')
            .map((line) => line.split(/: (.*)/, 2)),
        ),
      );
      const camera = `<pinhole-camera src="${pinhole.url}/whep/door" token="${pinhole.token}" ${attributes} overlay>`;
      await open(
        `<!doctype html><script type="module" src="/pinhole/element.js"></script>${camera}</pinhole-camera>`,
      );

      await expect.poll(() => page.locator('pinhole-camera').getAttribute('state'), PATIENCE).toBe('live');
      const overlay = page.locator('pinhole-camera .overlay');
      expect(await overlay.evaluate((element) => getComputedStyle(element).position)).toBe('absolute');
      expect(said).toEqual([]);
    });
  });

  it('a page whose policy names no server shows none: the policy is what counts above', async () => {
    server.setHeaders({ 'content-security-policy': "default-src 'none'; script-src 'self'" });
    const camera = `<pinhole-camera src="${pinhole.url}/whep/door" token="${pinhole.token}"></pinhole-camera>`;
    await open(`<!doctype html><script type="module" src="/pinhole/element.js"></script>${camera}`);

    await expect
      .poll(() => said.some((line) => line.includes('Content Security Policy')), PATIENCE)
      .toBe(true);
  });

  it.each(named(blocksOf('js')))('%s runs in Node', async (_, { text }) => {
    const file = join(folder, 'block.mjs');
    await writeFile(file, here(text).replaceAll('http://localhost:8080', pinhole.url));

    const { stdout } = await run(
      process.execPath,
      ['--conditions=@pinhole/source', '--import', 'tsx', file],
      { cwd: ROOT, env: { ...process.env, NODE_OPTIONS: '', PINHOLE_TOKEN: pinhole.token } },
    );

    expect(stdout).toMatch(/^(?:function|\d+)$/m);
  });
});

const SMALL = 'synthetic:320x180@30';
const PATIENCE = { timeout: 20_000 };

/** What `npm run build` makes of the client, into a folder of the test's own. */
async function buildClient(outDir: string): Promise<void> {
  const root = join(ROOT, 'packages/client');
  await build({ root, configFile: join(root, 'vite.config.ts'), logLevel: 'error', build: { outDir } });
}
