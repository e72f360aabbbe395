import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundled } from '../support/bundle.ts';
import { type Browser, openChromium } from '../support/chromium.ts';
import { type Pinhole, startPinhole } from '../support/pinhole.ts';
import { needs } from '../support/third-parties.ts';
import { codesIn, ROOT, readPage } from './markdown.ts';
import { openPageServer, type PageServer } from './page-server.ts';

const run = promisify(execFile);
const PAGE = 'docs/rooms-client.md';
const SOURCES = join(ROOT, 'packages/client/src/rooms');
const CACHE = join(ROOT, 'test/docs/.cache');
const { blocks, tables } = readPage(PAGE);
const PATIENCE = { timeout: 20_000 };

const blockWith = (language: string, words: string): string => {
  const found = blocks.find((block) => block.language === language && block.text.includes(words));
  if (found === undefined) throw new Error(`${PAGE} has no ${language} block with ${words}`);
  return found.text;
};

/** What stands in backticks in the first column of the table under a heading. */
const documented = (heading: string): readonly string[] =>
  tables
    .filter((table) => table.heading === heading)
    .flatMap(({ rows }) => rows.flatMap((row) => codesIn(Object.values(row)[0] ?? '')))
    .toSorted();

const source = (name: string): string => readFileSync(join(SOURCES, name), 'utf8');

/** Names of the members of an interface. */
const fieldsOf = (text: string, name: string): readonly string[] => {
  const body = new RegExp(`export interface ${name}\\b[^{]*\\{([\\s\\S]*?)\\n\\}`).exec(text)?.[1] ?? '';
  return [...body.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, field]) => field ?? '');
};

const CLASSES = ['room-emitter.ts', 'webrtc-cctv-client.ts', 'camera-client.ts', 'viewer-client.ts'];
const publicMembers = (pattern: RegExp): readonly string[] => [
  ...new Set(CLASSES.flatMap((file) => [...source(file).matchAll(pattern)].map(([, name]) => name ?? ''))),
];

describe('the page of the clients of rooms', () => {
  it('has every option', () => {
    const text = source('room-options.ts');
    const options = ['RoomClientOptions', 'CameraClientOptions', 'ViewerClientOptions'];

    expect(documented('Options')).toEqual(options.flatMap((name) => fieldsOf(text, name)).toSorted());
  });

  it('has every event', () => {
    expect(documented('Events')).toEqual(fieldsOf(source('room-events.ts'), 'RoomsEvents').toSorted());
  });

  it('has every method', () => {
    const methods = publicMembers(/^ {2}(?:async |override async )?([a-z]\w*)[<(]/gm);

    expect(documented('Methods')).toEqual(methods.filter((name) => name !== 'constructor').toSorted());
  });

  it('has every property', () => {
    const properties = publicMembers(/^ {2}(?:get |readonly )?([a-z]\w*)(?:\(\)|: )(?=.*[;{]$)/gm);
    const methods = documented('Methods');

    expect(documented('Properties')).toEqual(properties.filter((name) => !methods.includes(name)).toSorted());
  });
});

needs('chromium').describe('its blocks', () => {
  let folder: string;
  let server: PageServer;
  let pinhole: Pinhole;
  let browser: Browser;
  const children: ChildProcess[] = [];

  beforeAll(async () => {
    await mkdir(CACHE, { recursive: true });
    folder = await mkdtemp(join(CACHE, 'rooms-'));
    server = await openPageServer(folder);
    const config = join(folder, 'rooms.yaml');
    await writeFile(config, `rooms: { mode: compatible }\norigins: ["${server.origin}"]\n`);
    [pinhole, browser] = await Promise.all([
      startPinhole({ args: ['--config', config] }),
      openChromium({ flags: ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'] }),
    ]);
  });
  afterAll(async () => {
    for (const child of children) child.kill();
    await browser?.close();
    await pinhole?.dispose();
    await server?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const here = (text: string): string =>
    text.replaceAll('ws://localhost:8080', pinhole.url.replace('http', 'ws'));

  async function open(block: string): Promise<Page> {
    const file = join(folder, `page-${Math.random().toString(36).slice(2)}.ts`);
    await writeFile(
      file,
      here(block)
        .replace(/^(?!import)/m, '(async () => {\n$&')
        .concat('})();\n'),
    );
    await writeFile(join(folder, 'index.html'), '<!doctype html><title>Rooms</title>');
    const page = await browser.newPage();
    await page.goto(`${server.origin}/index.html`);
    await page.evaluate(await bundled(file));
    return page;
  }

  it('are right to the compiler, as strict as the project is', async () => {
    const scripts = blocks.filter(({ language }) => ['typescript', 'mts'].includes(language));
    await Promise.all(scripts.map(({ text }, index) => writeFile(join(folder, `block-${index}.mts`), text)));
    const config = {
      extends: '../../../../tsconfig.tests.json',
      compilerOptions: { rootDir: '../../../..' },
      include: ['block-*.mts'],
    };
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config));

    const checked = await run(join(ROOT, 'node_modules/.bin/tsc'), ['-p', folder]).catch(
      (failed: { stdout: string }) => failed,
    );

    expect(scripts).toHaveLength(4);
    expect(checked.stdout).toBe('');
  });

  it('the camera and the viewer in a browser show a picture', async () => {
    const said: string[] = [];
    const camera = await open(blockWith('typescript', 'new CameraClient'));
    camera.on('console', (message) => said.push(message.text()));
    const viewer = await open(
      // Once there is a camera: the block takes those that are there.
      blockWith('typescript', 'new ViewerClient').replace(
        "joinRoom('cctv');",
        "joinRoom('cctv');\nwhile (viewer.availableCameras.size === 0) await new Promise((later) => setTimeout(later, 50));",
      ),
    );

    await expect
      .poll(
        () => viewer.evaluate(() => document.querySelector<HTMLVideoElement>('video')?.videoWidth ?? 0),
        PATIENCE,
      )
      .toBeGreaterThan(0);
    expect(await viewer.locator('video').getAttribute('title')).toBe('phone');
    await expect.poll(() => said, PATIENCE).toContain('viewers: 1');
    await camera.close();
    await viewer.close();
  });

  it('the camera and the viewer in Node count pictures', async () => {
    for (const [name, words] of [
      ['camera', 'new CameraClient'],
      ['viewer', 'new ViewerClient'],
    ] as const)
      await writeFile(join(folder, `${name}.mts`), here(blockWith('mts', words)));
    const node = ['--conditions=@pinhole/source', '--import', 'tsx'];
    const env = { ...process.env, NODE_OPTIONS: '' };
    const camera = spawn(process.execPath, [...node, join(folder, 'camera.mts')], { cwd: ROOT, env });
    children.push(camera);
    const viewer = async (): Promise<string> => {
      const answer = await run(process.execPath, [...node, join(folder, 'viewer.mts')], {
        cwd: ROOT,
        env,
      }).catch((failed: { stdout: string }) => failed);
      return answer.stdout;
    };

    // Until the camera is there.
    await expect.poll(viewer, { timeout: 40_000 }).toMatch(/^\d+ bytes, a key picture\n(?:\d+ bytes.*\n){9}/);
  });
});
