/**
 * Stands for `npm start --`, `npx pinhole` and `pinhole` in blocks of the documentation: runs the real program with the
 * same flags, but with a data folder and a port of the test's own. A server is stopped again once it printed its link.
 *
 * A service is installed below the block's own folder, and systemd left alone.
 *
 * The folder comes by `DOCS_DATA`. The port is 0 whatever the block says, since the machine may use that one.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { parseCommandLine } from '../../../apps/server/src/cli/parse-command-line.ts';

const given = process.argv.slice(2);
const command = parseCommandLine(given, process.env);
const serves = command.kind === 'serve';
const installs = command.kind === 'install-service' || command.kind === 'uninstall-service';
const own = [
  '--data',
  process.env['DOCS_DATA'] ?? '',
  ...(serves ? ['--port', '0'] : []),
  ...(installs && !given.includes('--root') ? ['--root', '.'] : []),
];
const main = new URL('../../../apps/server/src/main.ts', import.meta.url).pathname;

// The last of two flags counts, so ours come after those of the block.
const child = spawn(process.execPath, [...process.execArgv, main, ...given, ...own], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
child.stdout.on('data', (part: Buffer) => {
  process.stdout.write(part);
  if (serves && part.includes('#token=')) child.kill('SIGTERM');
});
const [code] = (await once(child, 'exit')) as [number | null];
process.exitCode = code ?? 1;
