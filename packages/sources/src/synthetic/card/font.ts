/** A glyph: one number a row, the leftmost dot in the highest of `width` bits. */
export interface Glyph {
  readonly width: number;
  readonly rows: readonly number[];
}

/** A font of dots. */
export interface Font {
  readonly height: number;
  readonly glyphs: ReadonlyMap<string, Glyph>;
}

function font(height: number, width: number, table: string, narrow: string): Font {
  const glyphs = new Map<string, Glyph>();
  const add = (line: string, glyphWidth: number): void => {
    const [character = '', ...rows] = line.trim().split(' ');
    glyphs.set(character, { width: glyphWidth, rows: rows.map((row) => Number.parseInt(row, 16)) });
  };
  for (const line of table.trim().split('\n')) add(line, width);
  for (const line of narrow.trim().split('\n')) add(line, 1);
  glyphs.set(' ', { width, rows: Array.from({ length: height }, () => 0) });
  return { height, glyphs };
}

/** 5×7 dots: capital letters, digits and some signs. */
export const LARGE_FONT: Font = font(
  7,
  5,
  `
  0 0e 11 13 15 19 11 0e
  1 04 0c 04 04 04 04 0e
  2 0e 11 01 02 04 08 1f
  3 1f 02 04 02 01 11 0e
  4 02 06 0a 12 1f 02 02
  5 1f 10 1e 01 01 11 0e
  6 06 08 10 1e 11 11 0e
  7 1f 01 02 04 08 08 08
  8 0e 11 11 0e 11 11 0e
  9 0e 11 11 0f 01 02 0c
  A 0e 11 11 1f 11 11 11
  B 1e 11 11 1e 11 11 1e
  C 0e 11 10 10 10 11 0e
  D 1e 11 11 11 11 11 1e
  E 1f 10 10 1e 10 10 1f
  F 1f 10 10 1e 10 10 10
  G 0e 11 10 17 11 11 0f
  H 11 11 11 1f 11 11 11
  I 0e 04 04 04 04 04 0e
  J 07 02 02 02 02 12 0c
  K 11 12 14 18 14 12 11
  L 10 10 10 10 10 10 1f
  M 11 1b 15 15 11 11 11
  N 11 19 15 13 11 11 11
  O 0e 11 11 11 11 11 0e
  P 1e 11 11 1e 10 10 10
  Q 0e 11 11 11 15 12 0d
  R 1e 11 11 1e 14 12 11
  S 0f 10 10 0e 01 01 1e
  T 1f 04 04 04 04 04 04
  U 11 11 11 11 11 11 0e
  V 11 11 11 11 11 0a 04
  W 11 11 11 15 15 1b 11
  X 11 11 0a 04 0a 11 11
  Y 11 11 0a 04 04 04 04
  Z 1f 01 02 04 08 10 1f
  - 00 00 00 1f 00 00 00
  _ 00 00 00 00 00 00 1f
  + 00 04 04 1f 04 04 00
  / 01 01 02 04 08 10 10
  # 0a 0a 1f 0a 1f 0a 0a
  ? 0e 11 01 02 04 00 04
`,
  `
  : 0 0 1 0 1 0 0
  . 0 0 0 0 0 0 1
  ! 1 1 1 1 1 0 1
`,
);

/** 3×5 dots, digits only, for pictures with no room for more. */
export const SMALL_FONT: Font = font(
  5,
  3,
  `
  0 7 5 5 5 7
  1 2 6 2 2 7
  2 7 1 7 4 7
  3 7 1 7 1 7
  4 5 5 7 1 1
  5 7 4 7 1 7
  6 7 4 7 5 7
  7 7 1 2 2 2
  8 7 5 7 5 7
  9 7 5 7 1 7
`,
  `
  : 0 1 0 1 0
  . 0 0 0 0 1
`,
);

/** Dots between two glyphs. */
export const GLYPH_GAP = 1;

/** Dots that `text` is wide; a character without a glyph counts as a space. */
export function textWidth(typeface: Font, text: string): number {
  let width = -GLYPH_GAP;
  for (const character of text) width += glyphOf(typeface, character).width + GLYPH_GAP;
  return Math.max(width, 0);
}

/** The glyph of a character; an empty one where the font has none. */
export function glyphOf(typeface: Font, character: string): Glyph {
  const glyph = typeface.glyphs.get(character) ?? typeface.glyphs.get(' ');
  if (glyph === undefined) throw new Error('a font without a space');
  return glyph;
}
