import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebAssets } from './web-assets.ts';

describe('WebAssets', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'pinhole-web-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const build = () => {
    mkdirSync(join(folder, 'assets'));
    writeFileSync(join(folder, 'index.html'), '<!doctype html>app');
    writeFileSync(join(folder, 'assets', 'index-DRahKizA.js'), 'js');
  };

  it('says how to build the web app while it is missing, and finds it once it is built', async () => {
    const assets = new WebAssets(folder);

    const before = assets.respond('/', { page: true });
    build();
    const after = assets.respond('/', { page: true });

    expect(before?.status).toBe(503);
    expect(await before?.text()).toContain('npm run build');
    expect(await after?.text()).toBe('<!doctype html>app');
  });

  it('lets browsers keep what has a hash in its name, and nothing else', () => {
    build();
    const assets = new WebAssets(folder);

    const script = assets.respond('/assets/index-DRahKizA.js', { page: false });

    expect(script?.headers.get('cache-control')).toContain('immutable');
    expect(script?.headers.get('content-type')).toContain('text/javascript');
    expect(assets.respond('/', { page: true })?.headers.get('cache-control')).toBe('no-store');
  });

  it('answers 304 to a browser that has it', () => {
    build();
    const assets = new WebAssets(folder);
    const etag = assets.respond('/', { page: true })?.headers.get('etag') ?? '';

    expect(assets.respond('/', { page: true, ifNoneMatch: etag })?.status).toBe(304);
  });

  it('serves nothing outside its folder', () => {
    build();
    writeFileSync(`${folder}.secret`, 'x');
    const assets = new WebAssets(join(folder, 'assets'));

    for (const path of ['/../index.html', '/..%2findex.html', '//etc/passwd', '/assets']) {
      expect(assets.respond(path, { page: false })).toBeUndefined();
    }
    rmSync(`${folder}.secret`);
  });
});
