import { expect, it } from 'vitest';
import { readPage, USER_PAGES } from './markdown.ts';

/** Which test runs the blocks of a language. */
const TESTED: Readonly<Record<string, string>> = {
  sh: 'shell.test.ts',
  yaml: 'configuration.test.ts',
  ts: 'client-blocks.test.ts',
  tsx: 'client-blocks.test.ts',
  html: 'client-blocks.test.ts',
  css: 'client-blocks.test.ts',
  http: 'client-blocks.test.ts',
  js: 'client-blocks.test.ts',
  javascript: 'e2e/picamera-snippets.test.ts',
  console: 'picamera-cli.test.ts',
  yml: 'picamera-cli.test.ts',
  nginx: 'proxies.test.ts',
  caddyfile: 'proxies.test.ts',
  python: 'picamera-data.test.ts',
  mjs: 'picamera-data.test.ts',
  typescript: 'rooms-client.test.ts, janus-client.test.ts',
  mts: 'rooms-client.test.ts',
};

it('no block of code is in a language that no test runs', () => {
  const blocks = USER_PAGES.flatMap((path) => readPage(path).blocks);

  expect(blocks.length).toBeGreaterThan(30);
  expect(
    blocks.filter(({ language }) => !(language in TESTED)).map(({ at, language }) => `${at} ${language}`),
  ).toEqual([]);
});
