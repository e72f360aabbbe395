import { describe, expect, it } from 'vitest';
import { errorCodes } from './error-codes.ts';
import { codesIn, rowsWith } from './markdown.ts';

/** What stands in the column of codes; a code has a slash, or is a state of the picture. */
const codesOf = (page: string): readonly string[] =>
  rowsWith(page, 'Code').flatMap((row) => codesIn(row['Code'] ?? ''));

/** A code of the server that is a state of the picture, too, stands in both. */
const PAGES = ['docs/errors.md', 'docs/client.md'].map((page) => codesOf(page));
const documented = PAGES.flat();

/** States of the picture whose code is one word. */
const STATES = ['live', 'reconnecting', 'closed'];

describe('error codes', () => {
  const inSources = errorCodes();

  it('are found in the sources', () => {
    expect(inSources.size).toBeGreaterThan(150);
    for (const code of [
      'rtp/too-short',
      'webrtc/b-frames',
      'session/b-frames',
      'ffmpeg/timeout',
      'live/limit',
    ])
      expect([...inSources.keys()]).toContain(code);
  });

  it('are all documented', () => {
    const missing = [...inSources].filter(([code]) => !documented.includes(code));

    expect(missing.map(([code, files]) => `${code} (${files.join(', ')})`)).toEqual([]);
  });

  it('are documented only while they exist', () => {
    expect(documented.filter((code) => !inSources.has(code) && !STATES.includes(code))).toEqual([]);
  });

  it('are documented once a page', () => {
    for (const codes of PAGES)
      expect(codes.filter((code, index) => codes.indexOf(code) !== index)).toEqual([]);
  });

  it('have a meaning, and something to do', () => {
    for (const row of rowsWith('docs/errors.md', 'Code'))
      expect(Object.values(row).filter((cell) => cell === '')).toEqual([]);
  });
});
