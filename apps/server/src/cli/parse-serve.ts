import type { Overrides } from '../config/load-config.ts';
import { didYouMean } from '../config/suggest.ts';
import type { Command } from './command.ts';
import { configFile, type Flags, parseFlags, SHARED_FLAGS, text } from './parse-flags.ts';
import { UsageError } from './usage-error.ts';

const SERVE_FLAGS = {
  ...SHARED_FLAGS,
  camera: { type: 'string', multiple: true },
  host: { type: 'string', multiple: true },
  port: { type: 'string' },
  listen: { type: 'string' },
  anonymous: { type: 'string' },
  tls: { type: 'string' },
  'log-level': { type: 'string' },
} as const;

/** Reads the flags of `serve`. @throws {UsageError} `cli/usage` */
export function parseServe(
  words: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Command {
  const { flags, positionals } = parseFlags(words, SERVE_FLAGS);
  const [stray] = positionals;
  if (stray !== undefined) {
    throw new UsageError(
      `there is no command "${stray}".${didYouMean(stray, ['serve', 'picamera', 'devices', 'token', 'install-service', 'uninstall-service'])} See pinhole --help`,
    );
  }
  if (flags['help'] === true) return { kind: 'help' };
  if (flags['version'] === true) return { kind: 'version' };
  const port = text(flags, 'port') ?? env['PORT'];
  const portName = text(flags, 'port') === undefined ? 'PORT' : '--port';
  const cameras = (flags['camera'] as readonly string[] | undefined)?.map(splitCamera) ?? [];
  const twice = cameras.find(([id], index) => cameras.findIndex(([other]) => other === id) !== index);
  if (twice) throw new UsageError(`--camera ${twice[0]}=… is given twice; ids must differ`);
  const values = {
    ...(cameras.length > 0 && { cameras: Object.fromEntries(cameras) }),
    ...(port !== undefined && port !== '' && { port: wholePort(port, portName) }),
    ...pick(flags, 'listen'),
    ...(flags['host'] !== undefined && { hosts: flags['host'] }),
    ...pick(flags, 'data'),
    ...pick(flags, 'tls'),
    ...pick(flags, 'anonymous'),
    ...(flags['log-level'] !== undefined && { logLevel: flags['log-level'] }),
  } as Overrides['values'];
  const names = {
    port: portName,
    listen: '--listen',
    hosts: '--host',
    tls: '--tls',
    anonymous: '--anonymous',
    logLevel: '--log-level',
    data: '--data',
    ...Object.fromEntries(cameras.map(([id]) => [`cameras.${id}`, `--camera ${id}`])),
  };
  const given = Object.fromEntries(
    Object.entries(names).filter(([key]) => key in values || key.startsWith('cameras.')),
  );
  return { kind: 'serve', ...configFile(flags), overrides: { values, names: given } };
}

function splitCamera(text: string): readonly [string, string] {
  const at = text.indexOf('=');
  if (at < 1 || at === text.length - 1) {
    throw new UsageError(
      `--camera "${text.includes('@') ? '…' : text}": write ID=SOURCE, e.g. --camera door=rtsp://host/path`,
    );
  }
  return [text.slice(0, at), text.slice(at + 1)];
}

function wholePort(word: string, name: string): number {
  if (!/^\d{1,5}$/.test(word))
    throw new UsageError(`${name} "${word}": must be a whole number from 0 to 65535`);
  return Number(word);
}

const pick = (flags: Flags, name: string) => (flags[name] === undefined ? {} : { [name]: flags[name] });
