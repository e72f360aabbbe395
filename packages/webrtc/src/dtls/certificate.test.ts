import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createCertificate, sharedCertificate } from './certificate.ts';

describe('a certificate', () => {
  it('is what Node reads: signed by itself, with the fingerprint that is told', () => {
    const { der, privateKey, fingerprint } = createCertificate();

    const read = new X509Certificate(der);

    expect(read.verify(read.publicKey)).toBe(true);
    expect(read.checkPrivateKey(privateKey)).toBe(true);
    expect(fingerprint).toEqual({ algorithm: 'sha-256', value: read.fingerprint256 });
    expect(read.subject).toBe('CN=WebRTC');
    expect(new Date(read.validFrom).getUTCFullYear()).toBe(1970);
    expect(new Date(read.validTo).getUTCFullYear()).toBe(2049);
  });

  it('is another each time, but for the one of this process', () => {
    expect(createCertificate().fingerprint).not.toEqual(createCertificate().fingerprint);
    expect(sharedCertificate()).toBe(sharedCertificate());
  });
});
