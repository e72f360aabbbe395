import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { LIVE_CLOSE_CODE } from '@pinhole/protocol/live';
import { ROOT } from './markdown.ts';

/** What else in the sources is written like a code: media types, modules of others, units, folders. */
const NOT_CODES =
  /^(?:application|audio|font|image|text|video|hono|node-av|preact|zod)\/|^(?:frames|k?bits?)\/s$|^systemd\/user$/;

const CODE = /'([a-z][a-z0-9-]*\/[a-z][a-z0-9-]*)'/g;
const TEMPLATE = /`((?:[a-z0-9-]+|\$\{[\w.]+\})\/(?:[a-z0-9-]+|\$\{[\w.]+\}))`/g;

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

/** The words that a source file has after this pattern. */
const wordsIn = (path: string, pattern: RegExp): readonly string[] => {
  const words = [...read(path).matchAll(pattern)].map(([, word]) => word ?? '');
  if (words.length === 0) throw new Error(`${path} has nothing like ${pattern} any more`);
  return words;
};

const union = (path: string, name: string): readonly string[] => {
  const [body] = wordsIn(path, new RegExp(`type ${name} =([^;]+);`, 'g'));
  return [...(body ?? '').matchAll(/'([a-z-]+)'/g)].map(([, word]) => word ?? '');
};

const CLIENT = 'packages/client/src';

/** The codes that are put together at run time, by how that is written. */
const FROM_TEMPLATE: Readonly<Record<string, () => readonly string[]>> = {
  // biome-ignore-start lint/suspicious/noTemplateCurlyInString: what the sources have
  'connecting/${stage}': () =>
    union(`${CLIENT}/liveness/live-state.ts`, 'Stage').map((stage) => `connecting/${stage}`),
  'frozen/${cause}': () =>
    union(`${CLIENT}/liveness/live-state.ts`, 'FrozenCause').map((cause) => `frozen/${cause}`),
  '${path.transport}/no-picture': () =>
    union(`${CLIENT}/ladder/transport-name.ts`, 'TransportName').map((name) => `${name}/no-picture`),
  '${area}/${what}': () =>
    [...wordsIn(`${CLIENT}/transports/http-failure.ts`, /^ {2}\d{3}: \['([a-z-]+)'/gm), 'failed'].flatMap(
      (what) => [`whep/${what}`, `live/${what}`],
    ),
  'live/${what}': () =>
    [...wordsIn(`${CLIENT}/transports/live/close-failure.ts`, /^ {2}\d{4}: \['([a-z-]+)'/gm), 'closed'].map(
      (what) => `live/${what}`,
    ),
  'session/${code}': () => Object.keys(LIVE_CLOSE_CODE).map((code) => `session/${code}`),
  // No codes: folders by day and hour, open files by process.
  '${folder}/${fd}': () => [],
  '${folder}/${descriptor}': () => [],
  // For answers of foreign servers; the client puts its own code in its place.
  'http/${status}': () => [],
  // No code: how the two ends of a connection were found.
  '${pair.localCandidate.type}/${pair.localCandidate.transport}': () => [],
  // No codes: a topic on the broker, and who came by one.
  '${uid}/lwt': () => [],
  'mqtt/${clientId}': () => [],
  // biome-ignore-end lint/suspicious/noTemplateCurlyInString: as above
};

/** Every error code that the sources can bring forth, with the files that do. */
export function errorCodes(): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const file of sourceFiles()) {
    // Imports name modules, comments name anything.
    const text = read(file).replaceAll(
      /^import[^;]+;|^export[^;{]+from[^;]+;|^\s*(?:\/\/|\*|\/\*\*).*$/gm,
      '',
    );
    const templates = [...text.matchAll(TEMPLATE)].flatMap(([, template = '']) => {
      const expand = FROM_TEMPLATE[template];
      if (expand === undefined) throw new Error(`${file}: say in FROM_TEMPLATE what \`${template}\` becomes`);
      return expand();
    });
    const literals = [...text.matchAll(CODE)].map(([, code]) => code ?? '');
    for (const code of [...literals, ...templates]) {
      if (!NOT_CODES.test(code)) found.set(code, [...new Set([...(found.get(code) ?? []), file])]);
    }
  }
  return found;
}

function sourceFiles(): readonly string[] {
  return ['packages', 'apps'].flatMap((parent) =>
    readdirSync(join(ROOT, parent)).flatMap((folder) => {
      const source = join(ROOT, parent, folder, 'src');
      return readdirSync(source, { recursive: true, encoding: 'utf8' })
        .filter((name) => /\.tsx?$/.test(name) && !/\.test\.tsx?$|(?:^|\/)fake-/.test(name))
        .map((name) => relative(ROOT, join(source, name)));
    }),
  );
}
