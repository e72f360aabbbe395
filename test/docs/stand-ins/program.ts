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

const given = process.argv.slice(2);
const [first = ''] = given;
const installs = first === 'install-service' || first === 'uninstall-service';
const serves = !installs && first !== 'token' && first !== 'devices';
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
await import(pathToFileURL(PROGRAM[0] ?? '').href);
