import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PAGES, ROOT, readPage } from './markdown.ts';

const packageNames = new Set(
  ['packages', 'apps'].flatMap((parent) =>
    readdirSync(join(ROOT, parent)).flatMap((folder) => {
      const manifest = join(ROOT, parent, folder, 'package.json');
      return existsSync(manifest)
        ? [(JSON.parse(readFileSync(manifest, 'utf8')) as { name: string }).name]
        : [];
    }),
  ),
);

describe.each(PAGES)('%s', (path) => {
  const { links } = readPage(path);

  it('links to files and headings that exist', () => {
    const broken = links
      .filter(({ target }) => !/^[a-z]+:/.test(target))
      .filter(({ target }) => {
        const [file = '', anchor] = target.split('#', 2);
        const to = file === '' ? path : relative(ROOT, resolve(ROOT, dirname(path), file));
        if (!existsSync(join(ROOT, to))) return true;
        return anchor !== undefined && !readPage(to).anchors.has(anchor);
      });

    expect(broken).toEqual([]);
  });

  it('names packages that this workspace has', () => {
    const text = readFileSync(join(ROOT, path), 'utf8');
    const named = [...text.matchAll(/@pinhole\/[a-z0-9-]+/g)].map(([name]) => name);

    expect(named.filter((name) => !packageNames.has(name) && name !== '@pinhole/source')).toEqual([]);
  });
});
