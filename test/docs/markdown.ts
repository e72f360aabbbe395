import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** The folder of the project. */
export const ROOT = resolve(import.meta.dirname, '../..');

/** A fenced block. */
export interface CodeBlock {
  /** `docs/client.md:12`, for the names of tests. */
  readonly at: string;
  readonly page: string;
  readonly language: string;
  readonly text: string;
}

/** One row of a table: its cells by the headings of their columns, as written. */
export type Row = Readonly<Record<string, string>>;

/** A page of the documentation, taken apart. */
export interface MarkdownPage {
  /** From the project's folder. */
  readonly path: string;
  readonly blocks: readonly CodeBlock[];
  /** Names by which links reach its headings, as GitHub makes them. */
  readonly anchors: ReadonlySet<string>;
  readonly links: readonly { readonly target: string; readonly line: number }[];
  /** All tables, each with the heading that it stands under. */
  readonly tables: readonly { readonly heading: string; readonly rows: readonly Row[] }[];
}

/** Every page that people read, by path from the project's folder. */
export const PAGES: readonly string[] = [
  ...readdirSync(ROOT).filter((name) => name.endsWith('.md')),
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
  'packages/client/README.md',
];

/** Reads a page. */
export function readPage(path: string): MarkdownPage {
  const lines = readFileSync(join(ROOT, path), 'utf8').split('\n');
  const blocks: CodeBlock[] = [];
  const anchors = new Set<string>();
  const links: { target: string; line: number }[] = [];
  const tables: { heading: string; rows: Row[] }[] = [];
  let heading = '';
  let columns: readonly string[] | undefined;
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? '';
    const fence = /^```(\S*)/.exec(line);
    if (fence) {
      const end = lines.indexOf('```', at + 1);
      if (end === -1) throw new Error(`${path}:${at + 1}: the block has no end`);
      const text = `${lines.slice(at + 1, end).join('\n')}\n`;
      blocks.push({ at: `${path}:${at + 1}`, page: path, language: fence[1] ?? '', text });
      at = end;
      continue;
    }
    const title = /^#{1,6} (.+)$/.exec(line)?.[1];
    if (title !== undefined) {
      heading = title;
      anchors.add(anchorOf(title));
    }
    for (const [, target] of line.replaceAll(/`[^`]*`/g, '').matchAll(/\]\(([^)\s]+)\)/g)) {
      links.push({ target: target ?? '', line: at + 1 });
    }
    if (!line.startsWith('|')) {
      columns = undefined;
    } else if (columns === undefined) {
      columns = cellsOf(line);
      tables.push({ heading, rows: [] });
      at++; // the line of dashes
    } else {
      const cells = cellsOf(line);
      if (cells.length !== columns.length)
        throw new Error(`${path}:${at + 1}: ${cells.length} cells under ${columns.length} headings`);
      tables.at(-1)?.rows.push(Object.fromEntries(columns.map((name, index) => [name, cells[index] ?? ''])));
    }
  }
  return { path, blocks, anchors, links, tables };
}

/** The pages for people who use Pinhole, whose blocks of code have to run; the others are about how its own is written. */
export const USER_PAGES: readonly string[] = PAGES.filter(
  (path) => path.startsWith('docs/') || /(?:^|\/)(?:README|CONTRIBUTING)\.md$/.test(path),
);

/** All blocks of one of these languages, in the pages for users. */
export const blocksOf = (...languages: readonly string[]): readonly CodeBlock[] =>
  USER_PAGES.flatMap((path) => readPage(path).blocks).filter(({ language }) => languages.includes(language));

/** The rows of all tables of a page that have a column of this name. */
export const rowsWith = (path: string, column: string): readonly Row[] =>
  readPage(path).tables.flatMap(({ rows }) => rows.filter((row) => row[column] !== undefined));

/** What stands between backticks in a cell. */
export const codesIn = (cell: string): readonly string[] =>
  [...cell.matchAll(/`([^`]+)`/g)].map(([, code]) => code ?? '');

const cellsOf = (line: string): readonly string[] =>
  line
    .replace(/^\||\|\s*$/g, '')
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replaceAll('\\|', '|'));

const anchorOf = (title: string): string =>
  title
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-');
