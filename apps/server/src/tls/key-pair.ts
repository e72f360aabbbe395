import type { Logger } from '@pinhole/core';
import type { ServerConfig } from '../config/config-schema.ts';
import { type KeyPair, readKeyPair, selfSignedKeyPair } from './certificate.ts';

/**
 * The key pair that the configuration asks for; undefined without TLS.
 * @throws {PinholeError} `tls/unreadable`
 */
export async function keyPairFor(
  config: Pick<ServerConfig, 'tls' | 'data' | 'hosts'>,
  log: Logger,
): Promise<KeyPair | undefined> {
  if (config.tls === undefined) return undefined;
  if (config.tls !== 'auto') return await readKeyPair(config.tls);
  const { fingerprint, ...pair } = await selfSignedKeyPair(config.data, {
    names: config.hosts,
    now: new Date(),
  });
  log.info(
    { fingerprint },
    'self-signed certificate; compare this SHA-256 fingerprint with what the browser shows',
  );
  return pair;
}
