import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from './markdown.ts';

/** All that the program, the player and the web app can say, with what is put in at run time left open. */
const said = ['packages', 'apps']
  .flatMap((parent) =>
    readdirSync(join(ROOT, parent)).flatMap((folder) => {
      const source = join(ROOT, parent, folder, 'src');
      return readdirSync(source, { recursive: true, encoding: 'utf8' })
        .filter((name) => /\.tsx?$/.test(name) && !/\.test\.tsx?$/.test(name))
        .map((name) => readFileSync(join(source, name), 'utf8'));
    }),
  )
  .join('\n')
  .replaceAll(/' \+\s+'/g, '')
  .replaceAll(/\$\{[^}]*\}/g, '…');

describe.each(['docs/troubleshooting.md', 'docs/latency.md'])('%s', (path) => {
  const page = readFileSync(join(ROOT, path), 'utf8').replaceAll(/\s+/g, ' ');

  it('quotes what the program says', () => {
    const quotes = [...page.matchAll(/“([^”]{12,})”/g)].map(([, quote]) => quote ?? '');
    const parts = quotes.flatMap((quote) => quote.split('…').map((part) => part.trim()));

    expect(parts.filter((part) => !said.includes(part.replace(/"[^"]*"/, '"…"')))).toEqual([]);
  });

  it('names what the statistics show', () => {
    const panel = readFileSync(join(ROOT, 'apps/web/src/components/stats-panel.tsx'), 'utf8');
    const names = [...page.replaceAll('**', '').matchAll(/\*([A-Z][^*]+)\*/g)].map(([, name]) => name ?? '');
    const elsewhere = ['Plugins']; // a page of Firefox

    expect(names.length).toBeGreaterThan(1);
    expect(names.filter((name) => !panel.includes(name) && !elsewhere.includes(name))).toEqual([]);
  });
});
