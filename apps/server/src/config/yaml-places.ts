import { messageOf } from '@pinhole/core';
import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml';
import { ConfigError } from './config-error.ts';

/** A YAML file as plain values, and where in it each stands. */
export interface YamlFile {
  readonly value: unknown;
  /** `file:line:column` of the deepest part of `path` that the file has; of the key `key` inside it when given. */
  locate(path: readonly PropertyKey[], key?: string): string;
}

/**
 * Reads YAML 1.2. Duplicate keys and anything else the format forbids is an error, with its place.
 * @throws {ConfigError} `config/invalid`
 */
export function readYaml(text: string, name: string): YamlFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${name}:${line}:${col}`;
  };
  if (document.errors.length > 0) {
    const issues = document.errors.map((error) => ({
      at: place(error.pos[0]),
      path: '',
      message: error.message.split('\n', 1)[0] ?? error.code,
    }));
    throw new ConfigError('config/invalid', issues);
  }
  return {
    value: plainValue(document, place(0)),
    locate: (path, key) => place(offsetOf(document, path, key)),
  };
}

function plainValue(document: Document, at: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (cause) {
    // An alias that nobody defined, or aliases that multiply without end.
    throw new ConfigError('config/invalid', [{ at, path: '', message: messageOf(cause) }], { cause });
  }
}

function offsetOf(document: Document, path: readonly PropertyKey[], key: string | undefined): number {
  let node: unknown = document.contents;
  let offset = 0;
  for (const step of key === undefined ? path : [...path, key]) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(step));
      if (pair === undefined) break;
      offset = start(pair.key) ?? offset;
      node = pair.value;
    } else if (isNode(node) && 'get' in node && typeof node.get === 'function') {
      node = node.get(Number(step), true);
      offset = start(node) ?? offset;
    } else {
      break;
    }
  }
  // A value that is wrong is pointed at itself, a key that is wrong at its key.
  return key === undefined && isScalar(node) ? (start(node) ?? offset) : offset;
}

const start = (node: unknown): number | undefined => (isNode(node) && node.range ? node.range[0] : undefined);
