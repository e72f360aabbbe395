import { describe, expect, it } from 'vitest';
import type { Environment } from './environment.ts';
import { type Figure, verdictOf } from './figure.ts';
import { figureTable, inWords, type Report, reportMarkdown, verdictTable, withEarlier } from './report.ts';

const figures: readonly Figure[] = [
  { name: 'one', measure: 'p50', value: 1.234, unit: 'ms', target: 2 },
  { name: 'one', measure: 'p99', value: 12.34, unit: 'ms', target: 12 },
  { name: 'two', measure: 'p99', value: 123.4, unit: 'ms', target: 100 },
  { name: 'two', measure: 'speed', value: 1_500, unit: 'MB/s' },
];

describe('a table of figures', () => {
  it('has a row a name and a column a measure, in the order of the figures', () => {
    expect(figureTable(figures).split('\n')).toEqual([
      '|  | p50 | p99 | speed |',
      '| --- | ---: | ---: | ---: |',
      '| one | 1.23 ms | 12.3 ms |  |',
      '| two |  | 123 ms | 1500 MB/s |',
    ]);
  });

  it('writes as many digits as a figure is worth', () => {
    expect(inWords({ value: 0.42, unit: 'ms' })).toBe('0.42 ms');
    expect(inWords({ value: 9.96, unit: 'ms' })).toBe('10.0 ms');
    expect(inWords({ value: 99.7, unit: 'ms' })).toBe('100 ms');
    expect(inWords({ value: 3, unit: 'packets' })).toBe('3 packets');
    expect(inWords({ value: Number.NaN, unit: 'ms' })).toBe('–');
  });
});

describe('a verdict', () => {
  const judge = (value: number, target: number, unit: Figure['unit'] = 'ms') =>
    verdictOf({ name: 'x', measure: 'y', value, unit, target });

  it('allows five per cent of noise', () => {
    expect([judge(94, 100), judge(96, 100), judge(104, 100), judge(106, 100)]).toEqual([
      'beats',
      'meets',
      'meets',
      'misses',
    ]);
  });

  it('takes more speed as better', () => {
    expect([judge(120, 100, 'MB/s'), judge(80, 100, 'MB/s')]).toEqual(['beats', 'misses']);
  });

  it('does not call what could not be measured a success', () => {
    expect(judge(Number.NaN, 100)).toBe('misses');
  });

  it('is given on every figure with a target, and on no other', () => {
    const result = { bench: 'b', title: 'Bench', about: '', seconds: 1, figures };

    expect(verdictTable([result]).split('\n').slice(2)).toEqual([
      '| Bench: one, p50 | 2.00 ms | 1.23 ms | beats |',
      '| Bench: one, p99 | 12.0 ms | 12.3 ms | meets |',
      '| Bench: two, p99 | 100 ms | 123 ms | misses |',
    ]);
  });
});

const environment: Environment = {
  commit: 'abc1234',
  changedFiles: 2,
  cpu: 'A CPU',
  cores: 2,
  memoryGb: 8,
  system: 'linux 6.1',
  node: 'v20.20.2',
  werift: '0.24.4',
  ws: '8.23.0',
  nodeDatachannel: '0.33.4',
  chromium: '156.0',
  busyBefore: 0.034,
  loadAverage: 0.1,
  niceness: -5,
};

describe('a report', () => {
  it('takes the place of what earlier ones have of the same benches, and of no other', () => {
    const reportOf = (date: string, ...benches: readonly string[]): Report => ({
      date,
      command: 'npm run bench',
      environment,
      results: benches.map((bench) => ({ bench, title: bench, about: '', seconds: 1, figures })),
    });

    const all = withEarlier(reportOf('3', 'a', 'new'), [reportOf('2', 'b', 'a'), reportOf('1', 'a')]);

    expect(all.map(({ date, results }) => [date, results.map(({ bench }) => bench)])).toEqual([
      ['3', ['a', 'new']],
      ['2', ['b']],
    ]);
  });

  it('tells the machine, how busy it was, the command and all tables', () => {
    const page = reportMarkdown({
      date: '2026-11-21T01:02:03.000Z',
      command: 'npm run bench',
      environment,
      results: [{ bench: 'b', title: 'Bench', about: 'What it is.', seconds: 1, figures }],
    });

    for (const words of [
      '`npm run bench` on 2026-11-21, commit abc1234, 2 files changed',
      'A CPU, 2 cores, 8 GB, linux 6.1; other programs kept it 3 % busy before the run; the bench went before them (niceness -5).',
      'Node v20.20.2, werift 0.24.4, ws 8.23.0, node-datachannel 0.33.4, Chromium 156.0.',
      '### Bench\n\nWhat it is.\n\n|  | p50 |',
    ]) {
      expect(page).toContain(words);
    }
  });
});
