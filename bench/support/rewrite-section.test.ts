import { describe, expect, it } from 'vitest';
import { rewriteSection } from './rewrite-section.ts';

const START = '<!-- bench:start -->';
const END = '<!-- bench:end -->';

describe('rewriting the tables of a page', () => {
  it('replaces what stands between the markers and nothing else', () => {
    const page = `# Title\n\nProse.\n\n${START}\n\n| old |\n\n${END}\n\nMore prose.\n`;

    const rewritten = rewriteSection(page, '| new |');

    expect(rewritten).toBe(`# Title\n\nProse.\n\n${START}\n\n| new |\n\n${END}\n\nMore prose.\n`);
    expect(rewriteSection(rewritten, '| new |')).toBe(rewritten);
  });

  it('fills an empty section, and takes text that looks like a pattern as it is', () => {
    expect(rewriteSection(`a${START}${END}b`, 'costs $& and $1')).toBe(
      `a${START}\n\ncosts $& and $1\n\n${END}b`,
    );
  });

  it.each([
    ['no marker', 'prose'],
    ['no end', `a${START}b`],
    ['no start', `a${END}b`],
    ['the end first', `a${END}b${START}c`],
    ['the end on both sides', `a${END}b${START}c${END}d`],
    ['two starts', `${START}a${START}b${END}`],
    ['two ends', `${START}a${END}b${END}`],
  ])('refuses a page with %s rather than lose prose', (_, page) => {
    expect(() => rewriteSection(page, 'x')).toThrow('the page needs one');
  });
});
