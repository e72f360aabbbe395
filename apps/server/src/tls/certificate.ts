import 'reflect-metadata';
import { X509Certificate as NodeCertificate, webcrypto } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';
import { join } from 'node:path';
import * as x509 from '@peculiar/x509';
import { messageOf, PinholeError } from '@pinhole/core';
import { makePrivate, writePrivateFile } from '../auth/private-files.ts';
import { plainAddress } from '../config/network-range.ts';

/** A certificate and its key, PEM. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const DAY_MS = 86_400_000;
/** Apple refuses longer ones. */
const LIFETIME_MS = 397 * DAY_MS;
/** One that ends sooner is replaced at the start. */
const RENEW_BEFORE_MS = 30 * DAY_MS;

/** @throws {PinholeError} `tls/unreadable` */
export async function readKeyPair(files: KeyPair): Promise<KeyPair> {
  const read = (path: string) =>
    readFile(path, 'utf8').catch((cause: unknown) => {
      throw new PinholeError('tls/unreadable', `${path} cannot be read: ${messageOf(cause)}`, { cause });
    });
  return { cert: await read(files.cert), key: await read(files.key) };
}

/**
 * The self-signed certificate of the data folder; made anew when there is none, when it runs out, or when this machine
 * got a name or an address that it does not cover. The fingerprint for a careful person is in the log.
 */
export async function selfSignedKeyPair(
  folder: string,
  options: { readonly names: readonly string[]; readonly now: Date },
): Promise<KeyPair & { readonly fingerprint: string }> {
  const [certPath, keyPath] = [join(folder, 'tls-cert.pem'), join(folder, 'tls-key.pem')];
  await makePrivate(keyPath);
  const wanted = [...new Set([...ownNames(), ...options.names])];
  const kept = await Promise.all([readFile(certPath, 'utf8'), readFile(keyPath, 'utf8')]).catch(
    () => undefined,
  );
  if (kept !== undefined && covers(kept[0], wanted, options.now)) {
    return { cert: kept[0], key: kept[1], fingerprint: fingerprintOf(kept[0]) };
  }
  const made = await makeKeyPair(wanted, options.now);
  await writePrivateFile(keyPath, made.key);
  await writeFile(certPath, made.cert);
  return { ...made, fingerprint: fingerprintOf(made.cert) };
}

/** The names and addresses by which this machine is reached. */
function ownNames(): readonly string[] {
  const addresses = Object.values(networkInterfaces()).flatMap((entries) => entries ?? []);
  return [
    'localhost',
    hostname(),
    `${hostname()}.local`,
    '127.0.0.1',
    '::1',
    ...addresses.map(({ address }) => plainAddress(address)),
  ];
}

function covers(pem: string, names: readonly string[], now: Date): boolean {
  try {
    const certificate = new NodeCertificate(pem);
    const inTime = Date.parse(certificate.validTo) - now.getTime() > RENEW_BEFORE_MS;
    return (
      inTime &&
      names.every(
        (name) => (isIP(name) === 0 ? certificate.checkHost(name) : certificate.checkIP(name)) !== undefined,
      )
    );
  } catch (unreadable) {
    return unreadable === undefined; // whatever it says, such a file is of no use: make a new one
  }
}

async function makeKeyPair(names: readonly string[], now: Date): Promise<KeyPair> {
  x509.cryptoProvider.set(globalThis.crypto);
  const keys = (await webcrypto.subtle.generateKey(ALGORITHM, true, [
    'sign',
    'verify',
  ])) as webcrypto.CryptoKeyPair;
  const serial = webcrypto.getRandomValues(new Uint8Array(16));
  serial[0] = (serial[0] ?? 0) & 0x7f; // positive, RFC 5280 §4.1.2.2
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: Buffer.from(serial).toString('hex'),
    name: `CN=Pinhole on ${hostname().replace(/[^\w.-]/g, '')}`,
    notBefore: new Date(now.getTime() - DAY_MS),
    notAfter: new Date(now.getTime() + LIFETIME_MS),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(
        names.map((name) => ({ type: isIP(name) === 0 ? ('dns' as const) : ('ip' as const), value: name })),
      ),
    ],
  });
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  const key = `-----BEGIN PRIVATE KEY-----\n${pkcs8.replace(/.{64}/g, '$&\n').trimEnd()}\n-----END PRIVATE KEY-----\n`;
  return { cert: certificate.toString('pem'), key };
}

const fingerprintOf = (pem: string): string => new NodeCertificate(pem).fingerprint256;
