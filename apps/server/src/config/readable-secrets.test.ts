import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { checkConfig } from './load-config.ts';
import { tellsSecrets } from './readable-secrets.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pinhole-config-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const WITH_PASSWORD = checkConfig({ cameras: { door: 'rtsp://me:hunter2@cam/1' } });
const WITH_CREDENTIAL = checkConfig({ webrtc: { iceServers: [{ urls: 'turn:relay', credential: 'x' }] } });
const WITH_KEY = checkConfig({
  recordings: { upload: { endpoint: 'http://s3', bucket: 'films', accessKeyId: 'me', secretAccessKey: 'x' } },
});
const WITHOUT = checkConfig({ cameras: { door: 'rtsp://cam/1', test: 'synthetic' } });

it.each([
  ['a password', 0o644, WITH_PASSWORD, true],
  ['a credential', 0o604, WITH_CREDENTIAL, true],
  ['a key', 0o644, WITH_KEY, true],
  ['a password that its group may read', 0o640, WITH_PASSWORD, false],
  ['nothing of the kind', 0o644, WITHOUT, false],
])('tells of a file that holds %s and has mode %o: %#', async (_, mode, config, tells) => {
  const file = join(folder, 'pinhole.yaml');
  writeFileSync(file, '', { mode });

  expect(await tellsSecrets(file, config)).toBe(tells);
});
