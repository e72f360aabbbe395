import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { parseCommandLine } from '../../apps/server/src/cli/parse-command-line.ts';
import { HELP } from '../../apps/server/src/cli/usage.ts';
import { configSchema, type ServerConfig } from '../../apps/server/src/config/config-schema.ts';
import { loadConfig } from '../../apps/server/src/config/load-config.ts';
import { blocksOf, codesIn, ROOT, rowsWith } from './markdown.ts';

const PAGE = 'docs/configuration.md';
const folder = mkdtempSync(join(tmpdir(), 'pinhole-docs-'));
afterAll(() => rmSync(folder, { recursive: true }));

const NOTHING = { values: {}, names: {} };

function load(yaml: string): ServerConfig {
  const file = join(folder, 'pinhole.yaml');
  writeFileSync(file, yaml);
  return loadConfig(file, NOTHING);
}

/** What of JSON Schema the configuration uses. */
interface Schema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly enum?: readonly string[];
  readonly const?: string;
  readonly minimum?: number;
  readonly maximum?: number;
}

const root = z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' }) as Schema;

/** The same keys as another part has, which the page says in words. */
const SAME_AS: Readonly<Record<string, string>> = {
  'cameras.ID.anonymous': 'anonymous',
  'webrtc.iceServers': 'iceServers',
};

const at = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`);

/** Every key with its type in words. */
function keysOf(schema: Schema, path: string): readonly (readonly [key: string, type: string])[] {
  const own: readonly (readonly [string, string])[] =
    path === '' || path.endsWith('[]') || path === 'cameras.ID' ? [] : [[path, inWords(schema)]];
  const inner = [schema, ...(schema.anyOf ?? [])].flatMap(({ properties = {}, additionalProperties }) => [
    ...Object.entries(properties).flatMap(([key, part]) => keysOf(part, at(path, key))),
    // A map to plain values has no keys of ours below it.
    ...(typeof additionalProperties === 'object' && additionalProperties.properties
      ? keysOf(additionalProperties, at(path, 'ID'))
      : []),
  ]);
  const items =
    schema.items?.type === 'object' && !(path in SAME_AS) ? keysOf(schema.items, `${path}[]`) : [];
  return [...own, ...inner, ...items];
}

function inWords(schema: Schema): string {
  if (schema.anyOf) return schema.anyOf.map(inWords).join(' or ');
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum.join(', ');
  if (schema.type === 'array') return `list of ${schema.items ? inWords(schema.items) : 'anything'}`;
  if (schema.type === 'integer') return `number, ${schema.minimum} to ${schema.maximum}`;
  return (
    { object: 'keys', boolean: 'true or false', string: 'text' }[schema.type ?? ''] ?? String(schema.type)
  );
}

/** What a list's entry or a camera needs beside the key in question. */
const BESIDE: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'cameras.ID': { source: 'synthetic' },
  'cameras.ID.picamera': { uid: 'garden' },
  'cameras.ID.ustreamer': { h264: 'pinhole::door::h264' },
  'anonymous[]': { rights: ['control'] },
  'iceServers[]': { urls: 'stun:stun.example.org' },
  tls: { cert: 'cert.pem', key: 'key.pem' },
  'rooms.cameras.ID': { room: 'cctv' },
  'mqtt.tcp.tls': { cert: 'cert.pem', key: 'key.pem' },
  'mqtt.users[]': { name: 'page', password: 'secret', view: '*' },
  'recordings.upload': { endpoint: 'http://192.168.1.10:9000', bucket: 'recordings' },
};

/** A configuration that has nothing but `value` at `key`, and what cannot be left out beside it. */
function nest(key: string, value: unknown): unknown {
  let path = key;
  let inner = value;
  while (path !== '') {
    const dot = path.lastIndexOf('.');
    const [parent, name] = dot === -1 ? ['', path] : [path.slice(0, dot), path.slice(dot + 1)];
    const entry = name === 'ID' ? 'door' : name.replace('[]', '');
    inner = { ...BESIDE[parent], [entry]: name.endsWith('[]') ? [inner] : inner };
    path = parent;
  }
  return inner;
}

/** The value at a key once the configuration is loaded. */
function valueAt(config: ServerConfig, key: string): unknown {
  const steps = key.replaceAll('[]', '.0').replaceAll('ID', 'door').split('.');
  return steps.reduce<unknown>(
    (value, step) => (value as Record<string, unknown> | undefined)?.[step],
    config,
  );
}

const rows = rowsWith(PAGE, 'Key');
const keys = new Map(keysOf(root, ''));

describe('the table of keys', () => {
  it('has every key of the configuration once, and no other', () => {
    expect(rows.map((row) => codesIn(row['Key'] ?? '')[0] ?? '').toSorted()).toEqual(
      [...keys.keys()].toSorted(),
    );
  });

  it('leaves out only keys that it says elsewhere', () => {
    const schemaAt = (path: string): unknown =>
      path.split('.').reduce<Schema | undefined>((part, step) => {
        if (step === 'ID')
          return typeof part?.additionalProperties === 'object' ? part.additionalProperties : undefined;
        return part?.properties?.[step];
      }, root)?.items;

    for (const [path, same] of Object.entries(SAME_AS)) expect(schemaAt(path)).toEqual(schemaAt(same));
  });

  it.each(rows.map((row) => [codesIn(row['Key'] ?? '')[0] ?? '', row] as const))(
    '%s: type and default are the real ones, and the example is taken',
    (key, row) => {
      const example = codesIn(row['Example'] ?? '')[0] ?? '';
      const beside = nest(key.split(/[.[]/)[0] ?? '', undefined) as Record<string, unknown>;
      const parent =
        /^(cameras\.ID\.picamera|cameras\.ID\.ustreamer|cameras\.ID|rooms\.cameras\.ID|anonymous\[\]|recordings\.upload)\./.exec(
          key,
        )?.[1];
      const unset = load(
        stringify(parent === undefined ? beside : nest(parent, BESIDE[parent]), { keepUndefined: false }),
      );
      const set = valueAt(unset, key);
      const needed = key.slice(key.lastIndexOf('.') + 1) in (BESIDE[parent ?? ''] ?? {});

      expect(row['Type']).toBe(keys.get(key));
      expect(row['Default']).toBe(isPlain(set) && !needed ? `\`${written(set)}\`` : '—');
      expect(valueAt(load(stringify(nest(key, parse(example)))), key)).not.toEqual(set);
    },
  );
});

const isPlain = (value: unknown): boolean =>
  value !== undefined && (typeof value !== 'object' || Array.isArray(value));

const written = (value: unknown): string =>
  stringify(value, { collectionStyle: 'flow', defaultStringType: 'PLAIN', flowCollectionPadding: false })
    .trim()
    .replace(homedir(), '~');

/** The command of a flag that `serve` does not have. */
const COMMAND_OF: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(
    ['--name', '--cameras', '--rights', '--expires'].map((flag) => [flag, ['token', 'create']]),
  ),
  '--run-as': ['install-service'],
  '--root': ['install-service'],
};

describe('the tables of flags', () => {
  const flagRows = rowsWith(PAGE, 'Flag');
  const documented = flagRows.flatMap((row) => codesIn(row['Flag'] ?? ''));

  it('have every flag of the help text and of the parsers', () => {
    const inHelp = [...HELP.matchAll(/--[a-z-]+/g)].map(([flag]) => flag);
    const parsers = [
      'parse-flags.ts',
      'parse-serve.ts',
      'parse-token.ts',
      'parse-service.ts',
      'parse-devices.ts',
    ].map((name) => readFileSync(join(ROOT, 'apps/server/src/cli', name), 'utf8'));
    const inParsers = [...parsers.join('\n').matchAll(/^ {2}'?([a-z-]+)'?: \{ type: '(?:string|boolean)'/gm)];
    const wanted = new Set([...inHelp, ...inParsers.map(([, flag]) => `--${flag}`)]);
    const shown = readFileSync(join(ROOT, PAGE), 'utf8');

    expect(inParsers.length).toBeGreaterThan(10);
    expect([...wanted].filter((flag) => !shown.includes(`\`${flag}\``))).toEqual([]);
    expect(documented.filter((flag) => !wanted.has(flag))).toEqual([]);
  });

  it.each(flagRows.map((row) => codesIn(row['Example'] ?? '')[0] ?? ''))('%s is taken', (example) => {
    const [flag = '', ...words] = example.split(' ');
    const before = COMMAND_OF[flag] ?? ['serve'];
    const command = parseCommandLine([...before, flag, ...words], {});

    expect(words).not.toEqual([]);
    expect(command.kind).toBe(before.join('-'));
    expect(() => command.kind === 'serve' && loadConfig(undefined, command.overrides)).not.toThrow();
  });
});

describe('every YAML block', () => {
  it.each(blocksOf('yaml').map((block) => [block.at, block.text] as const))(
    '%s is a configuration',
    (_, text) => {
      const config = load(text);

      expect(Object.keys(parse(text) as object).every((key) => key in config)).toBe(true);
    },
  );
});
