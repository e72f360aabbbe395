import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';

/**
 * Makes the published declarations: what the entries reach, with the workspace packages' declarations beside them, since
 * those packages are not on npm. Run after `tsc -b`.
 */
const CLIENT = resolve(import.meta.dirname, '..');
const OUT = join(CLIENT, 'dist/types');
const ENTRIES = [
  'index.d.ts',
  'element/index.d.ts',
  'controls/index.d.ts',
  'recordings/index.d.ts',
  'rooms/index.d.ts',
  'picamera/index.d.ts',
  'janus/index.d.ts',
];
const SPECIFIER = /(?<=\bfrom ['"]|\bimport\(['"])([^'"]+)(?=['"])/g;

/** Where `tsc -b` puts a package's declarations. */
const typesOf = (name: string): string =>
  name === 'client' ? join(CLIENT, 'dist/.types') : resolve(CLIENT, '..', name, 'dist');

interface Declaration {
  readonly name: string;
  readonly path: string;
}

const published = ({ name, path }: Declaration): string => join(OUT, name, path);

function resolveSpecifier(specifier: string, from: Declaration): Declaration {
  if (specifier.startsWith('.')) {
    const path = join(dirname(from.path), specifier).replace(/\.(ts|js)$/, '.d.ts');
    return { name: from.name, path };
  }
  const [, name, folder = ''] = /^@pinhole\/([a-z]+)(?:\/([a-z0-9-]+))?$/.exec(specifier) ?? [];
  if (name === undefined)
    throw new Error(`${from.name}/${from.path} would make consumers install ${specifier}`);
  return { name, path: join(folder, 'index.d.ts') };
}

const done = new Set<string>();
await rm(OUT, { recursive: true, force: true });
const queue: Declaration[] = ENTRIES.map((path) => ({ name: 'client', path }));
for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
  const declaration = next;
  const target = published(declaration);
  if (done.has(target)) continue;
  done.add(target);
  const text = await readFile(join(typesOf(declaration.name), declaration.path), 'utf8');
  const rewritten = text.replace(SPECIFIER, (specifier) => {
    const found = resolveSpecifier(specifier, declaration);
    queue.push(found);
    const to = relative(dirname(target), published(found)).replace(/\.d\.ts$/, '.js');
    return to.startsWith('.') ? to : `./${to}`;
  });
  await mkdir(dirname(target), { recursive: true });
  await writeFile(target, rewritten.replace(/\n?\/\/# sourceMappingURL=.*\n?$/, '\n'));
}
process.stdout.write(`${done.size} declaration files in dist/types\n`);
