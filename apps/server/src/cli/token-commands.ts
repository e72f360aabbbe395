import { PinholeError } from '@pinhole/core';
import type { TokenRecord } from '../auth/token.ts';
import { type TokenRequest, TokenStore } from '../auth/token-store.ts';
import type { ServerConfig } from '../config/config-schema.ts';
import { nameForItself } from '../config/network-range.ts';
import { didYouMean } from '../config/suggest.ts';
import { linkOf } from './start-message.ts';

/** Makes a token and prints it; a running server takes it within a second. */
export async function createToken(
  folder: string,
  request: TokenRequest,
  print: (text: string) => void,
): Promise<void> {
  const store = await TokenStore.open(folder);
  const { token, record } = await store.create(request, new Date());
  print(`${token}\n`);
  print(
    `\nThis is the only time it is shown. Put it behind the server's address: http://…/#token=…\n${row(record)}\n`,
  );
}

/** Prints all tokens, without their secrets. */
export async function listTokens(folder: string, print: (text: string) => void): Promise<void> {
  const store = await TokenStore.open(folder);
  for (const record of store.list()) print(`${row(record)}\n`);
}

/** Prints the link of the start again: where a service manager starts the program, it goes into no log. */
export async function printLink(config: ServerConfig, print: (text: string) => void): Promise<void> {
  const store = await TokenStore.open(config.data);
  const scheme = config.tls === undefined ? 'http' : 'https';
  print(`${linkOf(`${scheme}://${nameForItself(config.listen)}:${config.port}`, store.adminToken)}\n`);
}

/**
 * Makes a token worthless; a running server ends what was opened with it within a second.
 * @throws {PinholeError} `auth/no-such-token`
 */
export async function revokeToken(folder: string, id: string, print: (text: string) => void): Promise<void> {
  const store = await TokenStore.open(folder);
  if (!(await store.revoke(id))) {
    const ids = store.list().map((record) => record.id);
    throw new PinholeError(
      'auth/no-such-token',
      `no token has the id "${id}".${didYouMean(id, ids)} pinhole token list shows them`,
    );
  }
  print(`Token ${id} is revoked.\n`);
}

function row({ id, name, cameras, rights, expiresAt }: TokenRecord): string {
  const covered = cameras === '*' ? 'all cameras' : cameras.join(',');
  return [
    id.padEnd(12),
    rights.join(',').padEnd(12),
    covered,
    expiresAt === undefined ? 'until revoked' : `until ${expiresAt}`,
    name,
  ].join('  ');
}
