/**
 * Stands for `npm start --`, `npx pinhole` and `pinhole` in blocks of the documentation: runs the real program with the
 * same flags, but with a data folder and a port of the test's own. A server is stopped again once it printed its link.
 *
 * A service is installed below the block's own folder, and systemd left alone.
 *
 * The folder comes by `DOCS_DATA`. The port is 0 whatever the block says, since the machine may use that one.
 */
import { pathToFileURL } from 'node:url';
import { PROGRAM } from '../../support/program.ts';

const main = pathToFileURL(PROGRAM[0] ?? '').href;
const { parseCommandLine } = (await import(
  new URL('cli/parse-command-line.js', main).href
)) as typeof import('../../../apps/server/src/cli/parse-command-line.ts');

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

const write = process.stdout.write.bind(process.stdout);
process.stdout.write = (part: string | Uint8Array) => {
  if (serves && String(part).includes('#token=')) setImmediate(() => process.kill(process.pid, 'SIGTERM'));
  return write(part);
};

// The last of two flags counts, so ours come after those of the block.
process.argv.splice(2, given.length, ...given, ...own);
await import(main);
