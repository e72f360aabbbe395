import { expect, it } from 'vitest';
import { KnownPaths } from './known-paths.ts';

it('knows the paths that were used last', () => {
  const paths = new KnownPaths();
  for (let i = 0; i < 32; i++) paths.admit(`path ${i}`);
  paths.admit('path 0');

  paths.admit('another');

  expect(paths.has('path 0')).toBe(true);
  expect(paths.has('path 1')).toBe(false);
  expect(paths.has('path 2')).toBe(true);
  expect(paths.has('another')).toBe(true);
});

it('takes no new paths from a viewer that made very many, and keeps those that it has', () => {
  const paths = new KnownPaths();
  for (let i = 0; i < 256; i++) expect(paths.admit(`path ${i}`)).toBe(true);

  expect(paths.admit('one more')).toBe(false);
  expect(paths.has('one more')).toBe(false);
  expect(paths.admit('path 255')).toBe(true);
});
