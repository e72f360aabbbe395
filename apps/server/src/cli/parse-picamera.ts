import type { ServerConfigInput } from '../config/config-schema.ts';
import type { Command } from './command.ts';
import { picameraConfig } from './picamera/picamera-config.ts';
import { configText } from './picamera/print-config.ts';
import { readConfigYml } from './picamera/read-config-yml.ts';
import { type OwnFlag, readFlags } from './picamera/read-flags.ts';
import { UsageError } from './usage-error.ts';

/**
 * Reads what follows `picamera`: flags of pi-webrtc, and its `config.yml`.
 * @throws {UsageError} `cli/usage`
 * @throws {ConfigError} `config/unreadable`, `config/invalid`
 */
export function parsePicamera(words: readonly string[]): Command {
  const { flags, own } = readFlags(words);
  if (own.has('help')) return { kind: 'help' };
  if (own.has('version')) return { kind: 'version' };
  const file = own.get('config');
  const written = file === undefined ? { flags: new Map<never, never>(), notes: [] } : readConfigYml(file);
  const { config, camera, notes } = picameraConfig(new Map([...written.flags, ...flags]));
  const values = { ...config, ...ownValues(own) };
  const told = [...written.notes, ...notes];
  if (own.has('print-config')) return { kind: 'print', text: configText(values, told) };
  const names = {
    [`cameras.${camera}`]: '--camera',
    recordings: '--record-path',
    mqtt: '--mqtt-host',
    webrtc: '--stun-url',
    listen: '--listen',
    port: own.has('port') ? '--port' : '--http-port',
    data: '--data',
    logLevel: '--log-level',
  };
  const top = (key: string): string => key.split('.', 1)[0] ?? '';
  const given = Object.fromEntries(Object.entries(names).filter(([key]) => top(key) in values));
  return { kind: 'serve-picamera', overrides: { values, names: given }, notes: told };
}

function ownValues(own: ReadonlyMap<OwnFlag, string>): Partial<ServerConfigInput> {
  const port = own.get('port');
  if (port !== undefined && !/^\d{1,5}$/.test(port))
    throw new UsageError(`--port "${port}": must be a whole number from 0 to 65535`);
  const text = (name: OwnFlag, key: string) => (own.has(name) ? { [key]: own.get(name) } : {});
  return {
    ...text('data', 'data'),
    ...text('listen', 'listen'),
    ...(port !== undefined && { port: Number(port) }),
    ...text('log-level', 'logLevel'),
  } as Partial<ServerConfigInput>;
}
