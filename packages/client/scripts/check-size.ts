import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
// biome-ignore lint/correctness/noUndeclaredDependencies: a tool of the whole workspace, in its root manifest
import { build, defaultClientConditions } from 'vite';

/**
 * What a page pays for the player, minified and compressed; kept in sight by failing when it grows beyond. JPEG as the
 * last way to a picture, and the messages about controls, cost half a KiB each: less than loading them apart would; so does
 * going another way, and back, while the picture goes on.
 */
const BUDGET_KIB: Readonly<Record<string, number>> = {
  'index.ts': 32,
  'element/index.ts': 35,
  // For a page that steers the camera too; zod comes with it as with the player, and is shared when one bundler sees both.
  'controls/index.ts': 9,
  // For a page that shows the past too. No zod in it.
  'recordings/index.ts': 14,
  // For a page that is a camera or a viewer of rooms; about half of it is zod, which checks what others say.
  'rooms/index.ts': 18,
  // 96 of them are the MQTT library, a chunk of its own that is fetched when the page connects.
  'picamera/index.ts': 132,
  // For a page that shows a stream of a Janus. No zod in it.
  'janus/index.ts': 12,
};

let failed = false;
for (const [entry, budgetKib] of Object.entries(BUDGET_KIB)) {
  const result = await build({
    configFile: false,
    logLevel: 'silent',
    resolve: { conditions: ['@pinhole/source', ...defaultClientConditions] },
    build: {
      write: false,
      target: 'es2022',
      minify: true,
      rolldownOptions: {
        input: join(import.meta.dirname, '../src', entry),
        // Nothing is left out because the page that pays for it is not here.
        preserveEntrySignatures: 'strict',
        output: { format: 'es' },
      },
    },
  });
  const [output] = Array.isArray(result) ? result : [result];
  if (output === undefined || !('output' in output)) throw new Error(`${entry} did not build`);
  const code = output.output.map((chunk) => (chunk.type === 'chunk' ? chunk.code : '')).join('');
  const sizeKib = gzipSync(code, { level: 9 }).byteLength / 1024;
  process.stdout.write(`${entry}: ${sizeKib.toFixed(1)} KiB gzip of ${budgetKib}\n`);
  failed ||= sizeKib > budgetKib;
}
process.exitCode = failed ? 1 : 0;
