/** The comments between which a page holds what was generated. */
export const SECTION = { start: '<!-- bench:start -->', end: '<!-- bench:end -->' } as const;

/**
 * The page with what stands between the markers replaced; the markers and all else stay as they are.
 * @throws {Error} when the page has not exactly one pair of markers in order: nothing may be lost by a guess.
 */
export function rewriteSection(page: string, section: string): string {
  const [before, rest, ...moreStarts] = page.split(SECTION.start);
  const [, after, ...moreEnds] = rest?.split(SECTION.end) ?? [];
  const tooMany = moreStarts.length > 0 || moreEnds.length > 0 || before?.includes(SECTION.end) === true;
  if (before === undefined || after === undefined || tooMany) {
    throw new Error(`the page needs one ${SECTION.start} and after it one ${SECTION.end}`);
  }
  return `${before}${SECTION.start}\n\n${section}\n\n${SECTION.end}${after}`;
}
