import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Every export of the packages that others build on has a doc comment: core, media, protocol, engine, ffmpeg and client,
 * and what an adapter exports from its own files.
 */
const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const packages = [
  'core',
  'media',
  'protocol',
  'engine',
  'mqtt',
  'ffmpeg',
  'sources',
  'outputs',
  'signaling',
  'client',
];
const EXPORT =
  /^export (?:declare )?(?:abstract )?(?:async )?(?:const|let|function\*?|class|interface|type) (\w+)/;

const faults: string[] = [];
let exports = 0;
for (const name of packages) {
  const folder = join(root, 'packages', name, 'src');
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (/\.tsx?$/.test(file) && !/\.test\.tsx?$/.test(file)) inspect(join(folder, file));
  }
}
if (faults.length > 0) {
  console.error(faults.join('\n'));
  process.exit(1);
}
console.log(`docs: ${exports} exports, each with its comment`);

function inspect(file: string): void {
  const lines = readFileSync(file, 'utf8').split('\n');
  const documented = new Set<string>();
  for (const [at, line] of lines.entries()) {
    const name = EXPORT.exec(line)?.[1];
    if (name === undefined) continue;
    exports++;
    const above = (lines[at - 1] ?? '').trimEnd();
    // An overload's comment serves the signatures that follow it.
    if (above.endsWith('*/')) documented.add(name);
    else if (!documented.has(name))
      faults.push(`${relative(root, file)}:${at + 1}: ${name} has no doc comment`);
  }
}
