import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { belongsToStranger, writePrivateFile } from './private-files.ts';
import { TokenStore } from './token-store.ts';

const NOW = new Date('2030-01-01T00:00:00Z');
const VIEW = { name: 'phone', cameras: ['door'], rights: ['view'] } as const;

describe('TokenStore', () => {
  let parent: string;
  let folder: string;
  beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), 'pinhole-tokens-'));
    folder = join(parent, 'state');
  });
  afterEach(() => rmSync(parent, { recursive: true }));

  it('makes the folder and the admin token, for its owner alone', async () => {
    const store = await TokenStore.open(folder);

    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(statSync(join(folder, 'admin-token')).mode & 0o777).toBe(0o600);
    expect(store.adminToken).toMatch(/^pin_[\w-]{43}$/);
    expect(store.find(store.adminToken)).toMatchObject({ id: 'admin', rights: ['admin'], cameras: '*' });
  });

  it('takes files away from others that could read them', async () => {
    const { adminToken } = await TokenStore.open(folder);
    chmodSync(join(folder, 'admin-token'), 0o644);
    writeFileSync(join(folder, 'tokens.json'), '{"version":1,"tokens":[]}', { mode: 0o666 });

    const store = await TokenStore.open(folder);

    expect(store.adminToken).toBe(adminToken);
    expect(statSync(join(folder, 'admin-token')).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, 'tokens.json')).mode & 0o777).toBe(0o600);
  });

  it('refuses a folder into which everybody may write', async () => {
    mkdirSync(folder);
    chmodSync(folder, 0o777);

    await expect(TokenStore.open(folder)).rejects.toMatchObject({ code: 'data/folder' });
  });

  it.each([
    [1000, 1000, false],
    [0, 1000, false],
    [1001, 1000, true],
    [1001, 0, false],
    [1001, undefined, false],
  ])('a folder of account %s is a stranger to account %s: %s', (owner, us, stranger) => {
    expect(belongsToStranger(owner, us)).toBe(stranger);
  });

  it('keeps the admin token over a restart', async () => {
    const first = await TokenStore.open(folder);

    expect((await TokenStore.open(folder)).adminToken).toBe(first.adminToken);
  });

  it('stores hashes, not tokens', async () => {
    const store = await TokenStore.open(folder);
    const { token } = await store.create(VIEW, NOW);

    const text = readFileSync(join(folder, 'tokens.json'), 'utf8');

    expect(text).toContain('phone');
    expect(text).not.toContain(token);
    expect(text).not.toContain(store.adminToken);
    expect(statSync(join(folder, 'tokens.json')).mode & 0o777).toBe(0o600);
  });

  it('notices what another process did', async () => {
    const ours = await TokenStore.open(folder);
    const theirs = await TokenStore.open(folder);
    const { token, record } = await theirs.create(VIEW, NOW);

    expect(ours.find(token)).toBeUndefined();
    expect(await ours.refresh()).toBe(true);
    expect(ours.find(token)).toMatchObject({ id: record.id, cameras: ['door'] });
    expect(await ours.refresh()).toBe(false);

    await theirs.revoke(record.id);
    await ours.refresh();
    expect(ours.find(token)).toBeUndefined();
  });

  it('holds a revoked token worthless, though an older list is still being read', async () => {
    const [ours, theirs] = await Promise.all([TokenStore.open(folder), TokenStore.open(folder)]);
    const { token, record } = await theirs.create(VIEW, NOW);
    const path = join(folder, 'tokens.json');
    const { tokens } = JSON.parse(readFileSync(path, 'utf8')) as { tokens: object[] };
    const longer = Array.from({ length: 9_000 }, (_, i) => ({ ...tokens[0], id: `${record.id}${i}` }));
    const textOf = (list: readonly object[]): string => JSON.stringify({ version: 1, tokens: list });
    // A long list takes its time; the short one that takes its place is read before that is done.
    for (let turns = 0; turns < 20; turns++) {
      await writePrivateFile(path, textOf([...tokens, ...longer]));
      writeFileSync(`${path}.next`, textOf([]));
      const long = ours.refresh();
      for (let i = 0; i < turns; i++) await turn();
      renameSync(`${path}.next`, path);
      await Promise.all([long, ours.refresh()]);

      expect(ours.find(token)).toBeUndefined();
    }
  });

  it('loses no token when several are made at once', async () => {
    const stores = await Promise.all([TokenStore.open(folder), TokenStore.open(folder)]);

    await Promise.all(
      Array.from(
        { length: 10 },
        async (_, i) => await stores[i % 2]?.create({ ...VIEW, name: `t${i}` }, NOW),
      ),
    );

    expect((await TokenStore.open(folder)).list()).toHaveLength(11);
  });

  it('writes down when a token ends', async () => {
    const store = await TokenStore.open(folder);

    const { record } = await store.create({ ...VIEW, lifetimeMs: 3_600_000 }, NOW);

    expect(record.expiresAt).toBe('2030-01-01T01:00:00.000Z');
  });

  it("replaces the admin's own token when it is revoked", async () => {
    const store = await TokenStore.open(folder);
    const old = store.adminToken;

    await store.revoke('admin');

    expect(store.find(old)).toBeUndefined();
    expect(store.find(store.adminToken)?.id).toBe('admin');
  });

  it.each(['{', '{"version":2,"tokens":[]}', '{"version":1,"tokens":[{"id":"x"}]}'])(
    'does not start with a file that it cannot read, nor forget what it knew: %s',
    async (text) => {
      const store = await TokenStore.open(folder);
      const { token } = await store.create(VIEW, NOW);
      writeFileSync(join(folder, 'tokens.json'), text);

      await expect(store.refresh()).rejects.toMatchObject({ code: 'data/tokens-unreadable' });
      await expect(TokenStore.open(folder)).rejects.toMatchObject({ code: 'data/tokens-unreadable' });
      expect(store.find(token)).toBeDefined();
    },
  );
});
