import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseSourceSpec } from '../../apps/server/src/sources/source-spec.ts';
import { codesIn, ROOT, rowsWith } from './markdown.ts';

const PAGE = 'docs/cameras.md';

describe('the page on cameras', () => {
  it('tells the defaults and bounds of the test picture', () => {
    const [size, rate, gop] = rowsWith(PAGE, 'Bounds');
    const numbersIn = (text = '') => [...text.matchAll(/\d+/g)].map(([digits]) => Number(digits));
    const [width, height] = numbersIn(codesIn(size?.['Default'] ?? '')[0]);
    const [framesPerSecond = 0] = numbersIn(rate?.['Default']);
    const sizes = [...(size?.['Bounds'] ?? '').matchAll(/\d+x\d+/g)].map(([pixels]) => pixels);
    const [slowest, fastest] = numbersIn(rate?.['Bounds']);
    const [shortest, longest] = numbersIn(gop?.['Bounds']);

    expect(parseSourceSpec('synthetic')).toEqual({
      kind: 'synthetic',
      width,
      height,
      framesPerSecond,
      gopFrames: 2 * framesPerSecond,
    });
    expect(sizes).toHaveLength(2);
    for (const pixels of sizes) {
      for (const each of [slowest, fastest])
        for (const frames of [shortest, longest])
          expect(() => parseSourceSpec(`synthetic:${pixels}@${each}?gop=${frames}`)).not.toThrow();
    }
    for (const beyond of ['158x120', '160x118', '1922x1080', '1920x1082', `640x360@${(fastest ?? 0) + 1}`])
      expect(() => parseSourceSpec(`synthetic:${beyond}`)).toThrow(/must be from/);
    expect(() => parseSourceSpec(`synthetic?gop=${(longest ?? 0) + 1}`)).toThrow(/must be from/);
  });

  it('has addresses that are taken as they stand', () => {
    const addresses = rowsWith(PAGE, 'Main stream')
      .flatMap((row) => codesIn(row['Main stream'] ?? ''))
      .map((address) => [address, parseSourceSpec(address)] as const);

    expect(addresses.length).toBeGreaterThan(4);
    for (const [url, spec] of addresses) expect(spec).toEqual({ kind: 'rtsp', url, transport: 'tcp' });
  });

  it('shows how special characters of a password are written', () => {
    const text = readFileSync(join(ROOT, PAGE), 'utf8');
    const pairs = [...text.matchAll(/`(.)` is `(%\w\w)`/g)].map(([, character, code]) => [character, code]);

    expect(pairs.length).toBeGreaterThan(3);
    expect(pairs.map(([character = '']) => encodeURIComponent(character))).toEqual(
      pairs.map(([, code]) => code),
    );
  });
});
