import { readFileSync } from 'node:fs';
import { messageOf } from '@pinhole/core';
import { ConfigError } from '../../config/config-error.ts';
import { readYaml } from '../../config/yaml-places.ts';
import { findFlag } from './flag-table.ts';
import type { GivenFlag, GivenFlags } from './picamera-flag.ts';
import { meant } from './read-flags.ts';

/** What a `config.yml` of pi-webrtc says. */
export interface PicameraFile {
  readonly flags: GivenFlags;
  /** What of it is passed over, in words. */
  readonly notes: readonly string[];
}

/**
 * Reads a `config.yml` of pi-webrtc: keys are flags without dashes. As there, keys that are not known and values that are
 * lists are passed over; here they are named.
 * @throws {ConfigError} `config/unreadable`, `config/invalid`
 */
export function readConfigYml(file: string): PicameraFile {
  const yaml = readYaml(readText(file), file);
  const { value } = yaml;
  const flags = new Map<string, GivenFlag>();
  const notes: string[] = [];
  if (value === null || value === undefined) return { flags, notes };
  if (typeof value !== 'object' || Array.isArray(value)) {
    const message = 'must be keys and values, e.g. "fps: 30"';
    throw new ConfigError('config/invalid', [{ at: yaml.locate([]), path: '', message }]);
  }
  for (const [name, content] of Object.entries(value as Readonly<Record<string, unknown>>)) {
    if (content === null) continue;
    const scalar = typeof content === 'string' || typeof content === 'number' || typeof content === 'boolean';
    const text = scalar ? String(content) : '';
    const flag = findFlag(name, text);
    const at = `${yaml.locate([name], name)}: ${name}`;
    if (!flag) notes.push(`${at}: no flag of pi-webrtc has this name; passed over.${meant(name)}`);
    else if (!scalar) notes.push(`${at}: a list or keys inside it are passed over, as pi-webrtc does`);
    else if (flag.value.kind !== 'switch') flags.set(flag.name, { text, at });
    else if (text === 'true') flags.set(flag.name, { text, at });
    else if (text !== 'false') {
      throw new ConfigError('config/invalid', [
        {
          at: yaml.locate([name]),
          path: name,
          message: 'must be true or false',
          value: JSON.stringify(content),
        },
      ]);
    }
  }
  return { flags, notes };
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const issue = { at: file, path: '', message: `cannot be read: ${messageOf(cause)}` };
    throw new ConfigError('config/unreadable', [issue], { cause });
  }
}
