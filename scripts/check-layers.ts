import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Holds the house in order: a package imports only from layers below its own, adapters of layer 3 never import each
 * other, and each third-party library is imported by one package only (tests and benches are free).
 */
const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');

interface Manifest {
  readonly name: string;
  readonly pinhole?: { readonly layer: number; readonly runtime: 'any' | 'node' | 'browser' };
}

interface Member {
  readonly folder: string;
  readonly manifest: Manifest;
  readonly layer: number;
  readonly runtime: 'any' | 'node' | 'browser';
}

/** Libraries that are a language of their own rather than a dependency with a home. */
const EVERYWHERE = new Set(['zod']);

const members = ['packages', 'apps'].flatMap((parent) =>
  readdirSync(join(root, parent), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => memberAt(join(root, parent, entry.name))),
);
const byName = new Map(members.map((member) => [member.manifest.name, member]));
const homes = new Map<string, Set<string>>();
const faults: string[] = [];

for (const member of members) {
  for (const file of sourceFiles(join(member.folder, 'src'))) {
    for (const specifier of importsOf(readFileSync(file, 'utf8'))) inspect(member, file, specifier);
  }
}
for (const [library, users] of homes) {
  if (users.size > 1) faults.push(`${library} is imported by ${[...users].join(' and ')}; give it one home`);
}
if (faults.length > 0) {
  console.error(faults.join('\n'));
  process.exit(1);
}
console.log(`layers: ${members.length} packages in order`);

function inspect(member: Member, file: string, specifier: string): void {
  const where = relative(root, file);
  if (specifier.startsWith('.')) {
    if (!resolve(dirname(file), specifier).startsWith(member.folder)) {
      faults.push(`${where}: ${specifier} reaches into another package; import it by name`);
    }
    return;
  }
  if (specifier.startsWith('node:')) {
    if (member.runtime !== 'node') faults.push(`${where}: ${specifier} in a package that runs without Node`);
    return;
  }
  const library = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
  const other = byName.get(library);
  if (!other) {
    if (!EVERYWHERE.has(library))
      homes.set(library, (homes.get(library) ?? new Set()).add(member.manifest.name));
    return;
  }
  if (other === member) return;
  if (other.layer >= member.layer) {
    faults.push(
      `${where}: ${member.manifest.name} (layer ${member.layer}) imports ${library} (layer ${other.layer})`,
    );
  }
}

function memberAt(folder: string): Member {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
  if (!manifest.pinhole) throw new Error(`${folder}/package.json: no "pinhole": { layer, runtime }`);
  return { folder, manifest, ...manifest.pinhole };
}

function sourceFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name) && !/\.test\.tsx?$/.test(name))
    .map((name) => join(folder, name));
}

function importsOf(text: string): string[] {
  const found = text.matchAll(
    /(?:^|\n)\s*(?:import|export)\b[^'"`;]*?from\s*['"]([^'"]+)['"]|\bimport\s*\(?\s*['"]([^'"]+)['"]/g,
  );
  return [...found].map((match) => match[1] ?? match[2] ?? '').filter((specifier) => specifier !== '');
}
