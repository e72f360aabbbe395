import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { configFileToRead } from './config-file.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pinhole-config-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

it('reads no file where there is none', () => {
  expect(configFileToRead(undefined, folder)).toBeUndefined();
});

it('reads the pinhole.yaml of the folder it was started in', () => {
  writeFileSync(join(folder, 'pinhole.yaml'), 'port: 1234');
  expect(configFileToRead(undefined, folder)).toBe(join(folder, 'pinhole.yaml'));
});

it('reads the file that was named and no other, also when it is missing: that is an error to be told', () => {
  writeFileSync(join(folder, 'pinhole.yaml'), 'port: 1234');
  expect(configFileToRead('other.yaml', folder)).toBe('other.yaml');
});
