import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { parseSourceSpec } from '../../apps/server/src/sources/source-spec.ts';
import { blocksOf, codesIn, ROOT, rowsWith } from './markdown.ts';

const PAGE = 'docs/janus-client.md';
const namesIn = (column: string): string[] =>
  rowsWith(PAGE, column)
    .flatMap((row) => codesIn(row[column] ?? ''))
    .toSorted();

describe('the page on streams of a Janus', () => {
  it('has every option of the transport, and no other', () => {
    const source = readFileSync(join(ROOT, 'packages/client/src/janus/janus-options.ts'), 'utf8');
    const options = [...source.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, name]) => name ?? '');

    expect(namesIn('Option')).toEqual(options.toSorted());
  });

  it('has every setting of the source, and no other', () => {
    const refused = (): unknown => parseSourceSpec('janus+ws://host?nothing=1');
    const settings = namesIn('Setting');

    expect(refused).toThrow(/Settings are: /);
    expect(refused).toThrow(
      expect.objectContaining({
        message: expect.stringContaining(`Settings are: `),
      }),
    );
    for (const name of settings) {
      const value = { certificate: 'any', watch: '%7B%7D' }[name] ?? 'x';
      expect(() => parseSourceSpec(`janus+ws://host?${name}=${value}`)).not.toThrow();
    }
  });

  it('has addresses that are taken as they stand', () => {
    const [text = ''] = blocksOf('yaml')
      .filter(({ at }) => at.startsWith(PAGE))
      .map((block) => block.text);
    const { cameras } = parse(text) as { cameras: Record<string, string | { source: string }> };
    const addresses = Object.values(cameras).map((camera) =>
      typeof camera === 'string' ? camera : camera.source,
    );

    expect(addresses.map((address) => parseSourceSpec(address).kind)).toEqual(['janus', 'janus', 'janus']);
  });
});
