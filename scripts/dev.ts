import { spawn } from 'node:child_process';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createServer } from 'vite';

/**
 * `npm run dev`: the program, restarting when its sources change, and the page served by Vite, changing while you type.
 * Flags go to the program: `npm run dev -- --camera clip=file:walk.mp4`.
 */
const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const PORT = process.env['PORT'] ?? '8080';
const program = `http://localhost:${PORT}`;

const server = spawn(
  process.execPath,
  [
    '--watch',
    '--conditions=@pinhole/source',
    '--import',
    'tsx',
    join(root, 'apps/server/src/main.ts'),
    '--port',
    PORT,
    ...process.argv.slice(2),
  ],
  { cwd: root, stdio: ['inherit', 'pipe', 'inherit'] },
);
server.stdout.on('data', (chunk) =>
  process.stdout.write(String(chunk).replaceAll(program, 'http://localhost:5173')),
);

// The program answers its own origin only, so the proxy speaks in its name.
const toProgram = { target: program, ws: true, changeOrigin: true, headers: { origin: program } };
const page = await createServer({
  root: join(root, 'apps/web'),
  server: {
    port: 5173,
    strictPort: true,
    proxy: Object.fromEntries(
      ['/api', '/whep', '/live', '/cameras', '/health', '/metrics'].map((path) => [path, toProgram]),
    ),
  },
});
await page.listen();

const stop = (): void => {
  server.kill('SIGTERM');
  void page.close().then(() => process.exit(0));
};
process.on('SIGINT', stop);
process.on('SIGTERM', stop);
server.on('exit', stop);
