import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '@pinhole/core';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { parseSourceSpec } from '../../apps/server/src/sources/source-spec.ts';
import { blocksOf, codesIn, ROOT, rowsWith } from './markdown.ts';

const PAGE = 'docs/janus-client.md';
const namesIn = (column: string): string[] =>
  rowsWith(PAGE, column)
    .flatMap((row) => codesIn(row[column] ?? ''))
    .toSorted();

/** What is said to an address that is not taken. */
function refusalOf(address: string): string {
  try {
    parseSourceSpec(address);
  } catch (thrown) {
    return messageOf(thrown);
  }
  throw new Error(`${address} is taken`);
}

describe('the page on streams of a Janus', () => {
  it('has every option of the transport, and no other', () => {
    const source = readFileSync(join(ROOT, 'packages/client/src/janus/janus-options.ts'), 'utf8');
    const options = [...source.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, name]) => name ?? '');

    expect(namesIn('Option')).toEqual(options.toSorted());
  });

  it('has every setting of the source, and no other', () => {
    const settings = namesIn('Setting');

    const [, known = ''] = /Settings are: (.*)$/.exec(refusalOf('janus+ws://host?nothing=1')) ?? [];
    expect(settings).toEqual(known.split(', ').toSorted());
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
