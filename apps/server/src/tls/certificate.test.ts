import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { selfSignedKeyPair } from './certificate.ts';

const NOW = new Date('2030-01-01T00:00:00Z');

describe('selfSignedKeyPair', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'pinhole-tls-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('covers the names and addresses of this machine, and those told', async () => {
    const { cert, key } = await selfSignedKeyPair(folder, { names: ['cam.example'], now: NOW });

    const certificate = new X509Certificate(cert);
    expect(certificate.checkHost('localhost')).toBe('localhost');
    expect(certificate.checkHost('cam.example')).toBe('cam.example');
    expect(certificate.checkHost(hostname())).toBe(hostname());
    expect(certificate.checkIP('127.0.0.1')).toBe('127.0.0.1');
    expect(certificate.checkHost('evil.example')).toBeUndefined();
    expect(key).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
    expect(statSync(join(folder, 'tls-key.pem')).mode & 0o777).toBe(0o600);
  });

  it('is kept until it is about to end or does not cover a name', async () => {
    const first = await selfSignedKeyPair(folder, { names: [], now: NOW });
    const again = await selfSignedKeyPair(folder, { names: [], now: NOW });
    const named = await selfSignedKeyPair(folder, { names: ['cam.example'], now: NOW });
    const late = await selfSignedKeyPair(folder, {
      names: ['cam.example'],
      now: new Date('2031-01-15T00:00:00Z'),
    });

    expect(again.fingerprint).toBe(first.fingerprint);
    expect(named.fingerprint).not.toBe(first.fingerprint);
    expect(late.fingerprint).not.toBe(named.fingerprint);
  });
});
