import type { Environment } from './environment.ts';
import { type Figure, verdictOf } from './figure.ts';

/** What one bench gave. */
export interface BenchResult {
  readonly bench: string;
  readonly title: string;
  readonly about: string;
  readonly seconds: number;
  readonly figures: readonly Figure[];
}

/** What a whole run gave; kept as JSON. */
export interface Report {
  /** ISO 8601. */
  readonly date: string;
  readonly command: string;
  readonly environment: Environment;
  readonly results: readonly BenchResult[];
}

/** The report as Markdown: the machine, the verdicts, and a table for each bench. */
export const reportMarkdown = (report: Report): string =>
  [
    machineLines(report),
    verdictTable(report.results),
    ...report.results.map(
      (result) => `### ${result.title}\n\n${result.about}\n\n${figureTable(result.figures)}`,
    ),
  ].join('\n\n');

/** What is known of all benches: what this run measured, and of earlier ones what it did not. The newest first. */
export const withEarlier = (report: Report, earlier: readonly Report[]): readonly Report[] => {
  const isNew = ({ bench }: BenchResult): boolean => report.results.some((one) => one.bench === bench);
  const left = earlier.map((one) => ({ ...one, results: one.results.filter((result) => !isNew(result)) }));
  return [report, ...left.filter(({ results }) => results.length > 0)];
};

/** A row for each name and a column for each measure, both in the order in which they first come. */
export function figureTable(figures: readonly Figure[]): string {
  const names = [...new Set(figures.map(({ name }) => name))];
  const measures = [...new Set(figures.map(({ measure }) => measure))];
  const rows = names.map((name) => [
    name,
    ...measures.map((measure) => {
      const figure = figures.find((one) => one.name === name && one.measure === measure);
      return figure ? inWords(figure) : '';
    }),
  ]);
  return markdownTable(['', ...measures], rows);
}

/** Every figure that has a target, against it. */
export function verdictTable(results: readonly BenchResult[]): string {
  const rows = results.flatMap(({ title, figures }) =>
    figures.flatMap((figure) => {
      const verdict = verdictOf(figure);
      if (figure.target === undefined || verdict === undefined) return [];
      const what = `${title}: ${figure.name}, ${figure.measure}`;
      return [[what, inWords({ ...figure, value: figure.target }), inWords(figure), verdict]];
    }),
  );
  return markdownTable(['Figure', 'To meet', 'Measured', 'Verdict'], rows);
}

function machineLines({ date, command, environment }: Report): string {
  const { cpu, cores, memoryGb, system, node, werift, ws, nodeDatachannel } = environment;
  const { chromium, ffmpeg, janus, ustreamer } = environment;
  const { commit, changedFiles, busyBefore, niceness } = environment;
  const tree = changedFiles === 0 ? '' : `, ${changedFiles} files changed`;
  const ahead = niceness < 0 ? `; the bench went before them (niceness ${niceness})` : '';
  const others = [
    chromium && `Chromium ${chromium}`,
    ffmpeg && `FFmpeg ${ffmpeg}`,
    janus && `Janus ${janus}`,
    ustreamer && `µStreamer ${ustreamer}`,
  ].filter(Boolean);
  return [
    `Made by \`${command}\` on ${date.slice(0, 10)}, commit ${commit || 'unknown'}${tree}.`,
    `${cpu}, ${cores} cores, ${memoryGb} GB, ${system}; other programs kept it ${percent(busyBefore)} busy before the run${ahead}.`,
    `Node ${node}, werift ${werift}, ws ${ws}, node-datachannel ${nodeDatachannel}${others.map((one) => `, ${one}`).join('')}.`,
  ].join('\n');
}

/** The value with as many digits as it is worth, and its unit. */
export function inWords({ value, unit }: Pick<Figure, 'value' | 'unit'>): string {
  if (!Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  const digits = unit === 'packets' || size >= 99.5 ? 0 : size >= 9.95 ? 1 : 2;
  return `${value.toFixed(digits)} ${unit}`;
}

const percent = (share: number): string => `${Math.round(share * 100)} %`;

const markdownTable = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map((_, i) => (i === 0 ? '---' : '---:')), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
