import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

/**
 * Makes `dist` the folder that `npm publish` takes: the manifest without what only this workspace has (the condition
 * that leads to the sources, the workspace packages that are bundled).
 */
const CLIENT = resolve(import.meta.dirname, '..');
const DIST = join(CLIENT, 'dist');

interface Manifest {
  readonly exports: Readonly<Record<string, { readonly types: string; readonly default: string }>>;
  readonly [field: string]: unknown;
}

const manifest = JSON.parse(await readFile(join(CLIENT, 'package.json'), 'utf8')) as Manifest;
const { name, version, description, license, type, exports } = manifest;
const inDist = (path: string): string => path.replace('./dist/', './');

const publishedManifest = {
  name,
  version,
  description,
  license,
  type,
  sideEffects: ['./element.js'],
  files: ['*.js', '*.js.map', 'types'],
  exports: Object.fromEntries(
    Object.entries(exports).map(([entry, { types, default: code }]) => [
      entry,
      { types: inDist(types), default: inDist(code) },
    ]),
  ),
};
await writeFile(join(DIST, 'package.json'), `${JSON.stringify(publishedManifest, null, 2)}\n`);
await copyFile(join(CLIENT, 'README.md'), join(DIST, 'README.md'));
await copyFile(resolve(CLIENT, '../../LICENSE'), join(DIST, 'LICENSE'));
process.stdout.write('dist is ready for npm publish\n');
