import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { codesIn, ROOT, readPage } from './markdown.ts';

const { tables } = readPage('docs/picamera-client.md');
const source = (name: string): string =>
  readFileSync(join(ROOT, 'packages/client/src/picamera', name), 'utf8');

/** What stands in backticks in the first column of the tables under a heading. */
const documented = (heading: string): readonly string[] =>
  tables
    .filter((table) => table.heading === heading)
    .flatMap(({ rows }) => rows.flatMap((row) => codesIn(Object.values(row)[0] ?? '')))
    .map((code) => code.replace(/\(.*/, ''))
    .toSorted();

const found = (text: string, pattern: RegExp): readonly string[] =>
  [...new Set([...text.matchAll(pattern)].map(([, name]) => name ?? ''))].toSorted();

describe('the page about PiCamera', () => {
  it('has every option', () => {
    expect(documented('Options')).toEqual(found(source('picamera-options.ts'), /^ {2}readonly (\w+)\??:/gm));
  });

  it('has every event', () => {
    const events = found(source('picamera-events.ts'), /^ {2}(on\w+)\(/gm);

    expect(events.length).toBeGreaterThan(10);
    expect(documented('Events')).toEqual([...events, 'onQuility'].toSorted());
  });

  it('has every method', () => {
    const methods = found(source('pi-camera.ts'), /^ {2}(?!constructor)([a-z]\w*)\(/gm);

    expect(methods.length).toBeGreaterThan(15);
    expect(documented('Methods')).toEqual(methods);
  });
});
