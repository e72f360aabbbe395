import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, PinholeError } from '@pinhole/core';
import type { Right } from '@pinhole/engine';
import { z } from 'zod';
import { makePrivate, openPrivateFolder, withLock, writePrivateFile } from './private-files.ts';
import { hashToken, newToken, newTokenId, RIGHTS, sameHash, type TokenRecord } from './token.ts';

/** The id of the token that the start link carries. */
const ADMIN_TOKEN_ID = 'admin';

const MAX_TOKENS = 10_000;

const tokensFile = z.object({
  version: z.literal(1),
  tokens: z
    .array(
      z.object({
        id: z.string().min(1),
        name: z.string(),
        hash: z.string().regex(/^[0-9a-f]{64}$/),
        cameras: z.union([z.literal('*'), z.array(z.string())]),
        rights: z.array(z.enum(RIGHTS)),
        createdAt: z.iso.datetime(),
        expiresAt: z.iso.datetime().exactOptional(),
      }),
    )
    .max(MAX_TOKENS),
});

/** What a new token is to allow. */
export interface TokenRequest {
  readonly name: string;
  readonly cameras: '*' | readonly string[];
  readonly rights: readonly Right[];
  /** Left out: until it is revoked. */
  readonly lifetimeMs?: number;
}

/**
 * The tokens of one data folder: `tokens.json` with hashes, and `admin-token`, the only one kept as it is, because the
 * link is made from it. Other processes may change both; `refresh` notices.
 */
export class TokenStore {
  readonly #folder: string;
  #tokens: readonly TokenRecord[] = [];
  #adminToken = '';
  #byHash: ReadonlyMap<string, TokenRecord> = new Map();
  #seen = '';
  #reading: Promise<unknown> = Promise.resolve();

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * Opens the folder; the first time makes it (mode 0700) and the admin token (mode 0600). Files that others may read
   * become private.
   * @throws {PinholeError} `data/folder`, `data/tokens-unreadable`
   */
  static async open(folder: string): Promise<TokenStore> {
    await openPrivateFolder(folder);
    const store = new TokenStore(folder);
    await Promise.all([store.#tokensPath, store.#adminPath].map(makePrivate));
    await store.refresh();
    if (store.#adminToken === '') await store.#writeAdminToken({ unless: () => store.#adminToken !== '' });
    return store;
  }

  /** The token of the start link. A secret. */
  get adminToken(): string {
    return this.#adminToken;
  }

  /** All records, the admin's own first. */
  list(): readonly TokenRecord[] {
    return [this.#adminRecord(), ...this.#tokens];
  }

  /** The record of a token, expired or not. */
  find(token: string): TokenRecord | undefined {
    const hash = hashToken(token);
    const record = this.#byHash.get(hash);
    // The look-up already compares hashes, of which nobody can choose a part; this keeps the last word constant in time.
    return record !== undefined && sameHash(record.hash, hash) ? record : undefined;
  }

  /**
   * Reads the files again if they changed.
   * @returns whether they did.
   * @throws {PinholeError} `data/tokens-unreadable`; what was known before stays in force.
   */
  refresh(): Promise<boolean> {
    // One after the other: what one has read must not be forgotten for what another read before.
    const read = this.#reading.then(() => this.#read());
    this.#reading = read.catch(() => false);
    return read;
  }

  async #read(): Promise<boolean> {
    const seen = `${await fingerprint(this.#tokensPath)} ${await fingerprint(this.#adminPath)}`;
    if (seen === this.#seen) return false;
    this.#tokens = await this.#readTokens();
    this.#adminToken = (await readIfThere(this.#adminPath))?.trim() ?? '';
    this.#seen = seen;
    this.#byHash = new Map(this.list().map((record) => [record.hash, record]));
    return true;
  }

  /**
   * Makes a token.
   * @returns the token, which nobody can read again later, and its record.
   * @throws {PinholeError} `auth/too-many-tokens`, `data/locked`
   */
  async create(
    request: TokenRequest,
    now: Date,
  ): Promise<{ readonly token: string; readonly record: TokenRecord }> {
    const token = newToken();
    const record: TokenRecord = {
      id: newTokenId(),
      name: request.name,
      hash: hashToken(token),
      cameras: request.cameras,
      rights: request.rights,
      createdAt: now.toISOString(),
      ...(request.lifetimeMs !== undefined && {
        expiresAt: new Date(now.getTime() + request.lifetimeMs).toISOString(),
      }),
    };
    await this.#change((tokens) => {
      if (tokens.length >= MAX_TOKENS) {
        throw new PinholeError('auth/too-many-tokens', `${MAX_TOKENS} tokens exist; revoke some first`);
      }
      return [...tokens, record];
    });
    return { token, record };
  }

  /**
   * Makes a token worthless. The admin's own is replaced by a new one.
   * @returns whether there was one.
   */
  async revoke(id: string): Promise<boolean> {
    if (id === ADMIN_TOKEN_ID) {
      await this.renewAdminToken();
      return true;
    }
    let found = false;
    await this.#change((tokens) => {
      const left = tokens.filter((record) => record.id !== id);
      found = left.length < tokens.length;
      return left;
    });
    return found;
  }

  /** Replaces the admin's own token. */
  async renewAdminToken(): Promise<void> {
    await this.#writeAdminToken({ unless: () => false });
  }

  async #writeAdminToken({ unless }: { readonly unless: () => boolean }): Promise<void> {
    await withLock(this.#adminPath, async () => {
      await this.refresh();
      if (!unless()) await writePrivateFile(this.#adminPath, `${newToken()}\n`);
    });
    await this.refresh();
  }

  async #change(edit: (tokens: readonly TokenRecord[]) => readonly TokenRecord[]): Promise<void> {
    await withLock(this.#tokensPath, async () => {
      const tokens = edit(await this.#readTokens());
      await writePrivateFile(this.#tokensPath, `${JSON.stringify({ version: 1, tokens }, null, 2)}\n`);
    });
    await this.refresh();
  }

  async #readTokens(): Promise<readonly TokenRecord[]> {
    try {
      const text = await readIfThere(this.#tokensPath);
      return text === undefined ? [] : tokensFile.parse(JSON.parse(text)).tokens;
    } catch (cause) {
      const what = cause instanceof z.ZodError ? z.prettifyError(cause) : messageOf(cause);
      throw new PinholeError('data/tokens-unreadable', `${this.#tokensPath} cannot be read: ${what}`, {
        cause,
      });
    }
  }

  #adminRecord(): TokenRecord {
    return {
      id: ADMIN_TOKEN_ID,
      name: 'start link',
      hash: this.#adminToken === '' ? '' : hashToken(this.#adminToken),
      cameras: '*',
      rights: ['admin'],
      createdAt: new Date(0).toISOString(),
    };
  }

  get #tokensPath(): string {
    return join(this.#folder, 'tokens.json');
  }

  get #adminPath(): string {
    return join(this.#folder, 'admin-token');
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw cause;
  }
}

const fingerprint = (path: string): Promise<string> =>
  stat(path).then(
    ({ ino, size, mtimeMs }) => `${ino}:${size}:${mtimeMs}`,
    () => 'none',
  );
