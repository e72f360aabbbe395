import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../..');

/**
 * What stands behind `node` to run the program: as it is published, compiled, since that starts in a third of the time
 * that its source takes. `compiled-program.ts` sees to it that it is what the source says.
 */
export const PROGRAM: readonly string[] = [join(ROOT, 'apps/server/dist/main.js')];

/** The same from its source, as `npm start` runs it. */
export const PROGRAM_SOURCE: readonly string[] = [
  '--conditions=@pinhole/source',
  '--import',
  'tsx',
  join(ROOT, 'apps/server/src/main.ts'),
];
