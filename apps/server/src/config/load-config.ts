import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { messageOf } from '@pinhole/core';
import type { z } from 'zod';
import { scrub } from '../log/scrub.ts';
import type { PicameraConfig } from '../picamera/picamera-fields.ts';
import { ConfigError, type ConfigIssue } from './config-error.ts';
import {
  type CameraConfig,
  configSchema,
  type ServerConfig,
  type ServerConfigInput,
} from './config-schema.ts';
import { readYaml, type YamlFile } from './yaml-places.ts';

/** Values that came from somewhere other than the file, and what a person calls that place. */
export interface Overrides {
  readonly values: Partial<ServerConfigInput>;
  /** By top-level key (or `cameras.door`): the flag or variable that gave it. */
  readonly names: Readonly<Record<string, string>>;
}

/**
 * The configuration of `file` (none: all defaults) with `overrides` on top. Relative paths in the file start at the
 * file's folder, those of flags at the working folder.
 *
 * @throws {ConfigError} `config/unreadable`, `config/invalid` with all that is wrong, each with place and suggestion.
 */
export function loadConfig(file: string | undefined, overrides: Overrides): ServerConfig {
  const yaml = file === undefined ? undefined : readYaml(readText(file), file);
  const content = yaml?.value ?? {};
  if (typeof content !== 'object' || Array.isArray(content)) {
    throw new ConfigError('config/invalid', [
      { at: `${file}:1:1`, path: '', message: 'must be keys and values, e.g. "port: 8080"' },
    ]);
  }
  const raw = withoutNulls(content);
  const fileCameras = objectOrEmpty(raw['cameras']);
  const merged = {
    ...raw,
    ...overrides.values,
    ...((overrides.values.cameras ?? 'cameras' in raw) && {
      cameras: fileCameras === undefined ? raw['cameras'] : { ...fileCameras, ...overrides.values.cameras },
    }),
  };
  const checked = configSchema.safeParse(merged);
  if (!checked.success) {
    throw new ConfigError(
      'config/invalid',
      checked.error.issues.flatMap((issue) => describe(issue, merged, yaml, overrides)),
    );
  }
  return absolutePaths(checked.data, file === undefined ? undefined : dirname(file), overrides);
}

/** Checks values that a program gives, as tests do. @throws {ConfigError} `config/invalid` */
export function checkConfig(values: ServerConfigInput): ServerConfig {
  return loadConfig(undefined, { values, names: {} });
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const issue = { at: file, path: '', message: `cannot be read: ${messageOf(cause)}` };
    throw new ConfigError('config/unreadable', [issue], { cause });
  }
}

/** A key whose values are all commented out counts as left out. */
const withoutNulls = (keys: object): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(keys).filter(([, value]) => value !== null));

const objectOrEmpty = (value: unknown): Record<string, unknown> | undefined =>
  value === undefined || value === null
    ? {}
    : typeof value === 'object' && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;

function describe(
  issue: z.core.$ZodIssue,
  values: unknown,
  yaml: YamlFile | undefined,
  overrides: Overrides,
): ConfigIssue[] {
  // A record's own complaint about a key carries what is wrong with that key inside.
  if (issue.code === 'invalid_key') {
    return issue.issues.map((inner) => ({ ...place(issue.path, yaml, overrides), message: inner.message }));
  }
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const message = issue.keys.length === 1 ? issue.message : `unknown key "${key}".`;
      return { ...place(issue.path, yaml, overrides, key), message };
    });
  }
  const value = valueAt(values, issue.path);
  if (value === undefined)
    return [{ ...place(issue.path, yaml, overrides), message: `is missing; it ${issue.message}` }];
  const shown = short(value);
  const repeats = typeof value === 'string' && issue.message.includes(value);
  return [
    {
      ...place(issue.path, yaml, overrides),
      message: issue.message,
      ...(!repeats && !SECRET.test(issue.path.join('.')) && { value: shown }),
    },
  ];
}

/** Keys whose value is nobody's business, also where it is a wrong one. */
const SECRET = /(?:secretAccessKey|credential|secret)$/;

function place(
  path: readonly PropertyKey[],
  yaml: YamlFile | undefined,
  overrides: Overrides,
  key?: string,
): Pick<ConfigIssue, 'at' | 'path'> {
  const keys = key === undefined ? path : [...path, key];
  const name = overrides.names[keys.slice(0, 2).join('.')] ?? overrides.names[String(keys[0])];
  return name === undefined
    ? { at: yaml?.locate(path, key) ?? 'configuration', path: keys.join('.') }
    : { at: name, path: '' };
}

/** The value at a path. Where a short form stands in for an object, that is the value of all that is inside. */
function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let at = value;
  for (const step of path) {
    const list = Array.isArray(at) && !Object.hasOwn(at, step);
    if (typeof at !== 'object' || at === null || list) return at;
    at = Object.hasOwn(at, step) ? (at as Record<PropertyKey, unknown>)[step] : undefined;
  }
  return at;
}

function short(value: unknown): string {
  const text = withoutUserInfo(JSON.stringify(scrub(value)) ?? String(value));
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

/** A wrong address is read as nothing in particular: what stands before the last `@` may be a password. */
const withoutUserInfo = (text: string): string => text.replace(/(:\/\/).*@/, '$1…@');

function absolutePaths(
  config: ServerConfig,
  fileFolder: string | undefined,
  overrides: Overrides,
): ServerConfig {
  const folderFor = (name: string) =>
    name in overrides.names ? process.cwd() : (fileFolder ?? process.cwd());
  const absolute = (camera: CameraConfig, folder: string): CameraConfig => {
    const { source, sub, picamera } = camera;
    return {
      ...camera,
      ...(source.kind === 'file' && { source: { ...source, path: resolve(folder, source.path) } }),
      ...(sub?.kind === 'file' && { sub: { ...sub, path: resolve(folder, sub.path) } }),
      ...(picamera && { picamera: picameraPaths(picamera, folder) }),
    };
  };
  const { tls, recordings, mqtt } = config;
  const ofMqtt = (path: string): string => resolve(folderFor('mqtt'), path);
  const { root, upload } = recordings;
  return {
    ...config,
    data: resolve(folderFor('data'), config.data),
    recordings: {
      ...recordings,
      ...(root !== undefined && { root: resolve(folderFor('recordings'), root) }),
      ...(upload?.secretAccessKeyFile !== undefined && {
        upload: {
          ...upload,
          secretAccessKeyFile: resolve(folderFor('recordings'), upload.secretAccessKeyFile),
        },
      }),
    },
    mqtt: {
      ...mqtt,
      ...(mqtt.ca !== undefined && { ca: ofMqtt(mqtt.ca) }),
      ...(mqtt.tcp?.tls && {
        tcp: {
          ...mqtt.tcp,
          tls: { cert: ofMqtt(mqtt.tcp.tls.cert), key: ofMqtt(mqtt.tcp.tls.key) },
        },
      }),
    },
    cameras: Object.fromEntries(
      Object.entries(config.cameras).map(([id, camera]) => [
        id,
        absolute(camera, folderFor(`cameras.${id}`)),
      ]),
    ),
    ...(typeof tls === 'object' && {
      tls: { cert: resolve(folderFor('tls'), tls.cert), key: resolve(folderFor('tls'), tls.key) },
    }),
  };
}

function picameraPaths(picamera: PicameraConfig, folder: string): PicameraConfig {
  const { ipc, recordings } = picamera;
  return {
    ...picamera,
    ...(recordings !== undefined && { recordings: resolve(folder, recordings) }),
    ...(ipc.socket !== undefined && { ipc: { ...ipc, socket: resolve(folder, ipc.socket) } }),
  };
}
