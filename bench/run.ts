import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { findThirdParty } from '../test/support/find-third-party.ts';
import { howToGet } from '../test/support/third-party-list.ts';
import { readEnvironment } from './support/environment.ts';
import type { Bench } from './support/figure.ts';
import {
  type BenchResult,
  figureTable,
  type Report,
  reportMarkdown,
  verdictTable,
  withEarlier,
} from './support/report.ts';
import { rewriteSection } from './support/rewrite-section.ts';
import { Interrupted, runBench } from './support/run-bench.ts';

/** The order in which they run: what needs a quiet machine least, last. */
const BENCHES = [
  'parsers',
  'server-delay',
  'source-delay',
  'ustreamer',
  'janus',
  'fan-out',
  'fanout',
  'first-frame',
  'capture-to-paint',
  'rpicam',
  'passthrough',
  'player-delay',
  'memory',
  'recorder',
  'archive',
  'rooms',
  'picamera',
  'synthetic',
] as const;

const DEFAULT_MINUTES = 2;

const HELP = `npm run bench [-- name…] [-- --write] [-- --profile] [-- --minutes 10] [-- --short]
  names      ${BENCHES.join(', ')}; all unless told
  --write    puts the tables into docs/performance.md and bench/results/latest.json; benches that are not run keep theirs
  --short    fewer and shorter measurements where a bench has some to leave out; not with --write
  --profile  CPU profiles of the servers, into bench/.cache/profiles
  --minutes  how long players are watched for growing delay; 2 to 120, default ${DEFAULT_MINUTES}`;

const FOLDER = import.meta.dirname;
const PAGE = join(FOLDER, '../docs/performance.md');
const RESULTS = join(FOLDER, 'results');
const PROFILES = join(FOLDER, '.cache/profiles');

process.exitCode = await main();

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      write: { type: 'boolean' },
      short: { type: 'boolean' },
      profile: { type: 'boolean' },
      minutes: { type: 'string', default: String(DEFAULT_MINUTES) },
      help: { type: 'boolean' },
    },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const unknown = positionals.filter((name) => !BENCHES.some((known) => known === name));
  if (unknown.length > 0 || (values.write && values.short)) {
    console.error(unknown.length > 0 ? `there is no bench "${unknown.join('", "')}"\n${HELP}` : HELP);
    return 2;
  }
  const minutes = Number(values.minutes);
  if (!(minutes >= 2 && minutes <= 120)) {
    console.error(`--minutes ${values.minutes}: use 2 to 120`);
    return 2;
  }
  checkFiles();

  const environment = await readEnvironment();
  const names = BENCHES.filter((name) => positionals.length === 0 || positionals.includes(name));
  const results: BenchResult[] = [];
  let faults = 0;
  for (const name of names) {
    const { bench } = (await import(`./${name}.bench.ts`)) as { readonly bench: Bench };
    const missing = missingFor(bench);
    if (missing !== undefined) {
      console.log(`${name}: left out; ${missing}\n`);
      faults++;
      continue;
    }
    try {
      const result = await runBench(name, bench, {
        profileFolder: values.profile ? PROFILES : undefined,
        minutes,
        short: values.short === true,
      });
      console.log(
        `${result.title} (${name}, ${result.seconds.toFixed(0)} s)\n${figureTable(result.figures)}\n`,
      );
      results.push(result);
    } catch (thrown) {
      if (thrown instanceof Interrupted) return 130;
      console.error(`${name}:`, thrown);
      faults++;
    }
  }
  console.log(verdictTable(results));
  const flags = [
    ...positionals,
    ...(values.write ? ['--write'] : []),
    ...(minutes === DEFAULT_MINUTES ? [] : [`--minutes ${minutes}`]),
  ];
  const command = ['npm run bench', ...(flags.length > 0 ? ['--', ...flags] : [])].join(' ');
  keep(
    { date: new Date().toISOString(), command, environment, results },
    { write: values.write && faults === 0 },
  );
  if (values.write && faults > 0) console.error('docs/performance.md stays as it is: not every bench ran');
  return faults > 0 ? 1 : 0;
}

/** A bench that nobody runs is forgotten. */
function checkFiles(): void {
  const files = readdirSync(FOLDER).filter((file) => file.endsWith('.bench.ts'));
  const forgotten = files.filter((file) => !BENCHES.some((name) => `${name}.bench.ts` === file));
  if (forgotten.length > 0) throw new Error(`bench/run.ts does not name ${forgotten.join(', ')}`);
}

function missingFor({ needs = [] }: Bench): string | undefined {
  for (const name of needs) {
    if (name === 'linux') {
      if (process.platform !== 'linux') return 'it reads /proc, which only Linux has';
    } else if (findThirdParty(name) === undefined) return howToGet(name);
  }
  return undefined;
}

function keep(report: Report, { write }: { readonly write: boolean | undefined }): void {
  const json = `${JSON.stringify(report, null, 2)}\n`;
  mkdirSync(RESULTS, { recursive: true });
  const day = report.date.slice(0, 16).replace(':', '');
  writeFileSync(join(RESULTS, `${day}-${report.environment.commit || 'unknown'}.json`), json);
  if (!write) return;
  const latest = join(RESULTS, 'latest.json');
  const reports = withEarlier(report, JSON.parse(readFileSync(latest, 'utf8')) as readonly Report[]);
  writeFileSync(latest, `${JSON.stringify(reports, null, 2)}\n`);
  const section = reports.map((one) => reportMarkdown(one)).join('\n\n');
  writeFileSync(PAGE, rewriteSection(readFileSync(PAGE, 'utf8'), section));
}
