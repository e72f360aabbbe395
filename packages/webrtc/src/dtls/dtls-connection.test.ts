import { describe, expect, it } from 'vitest';
import { createCertificate } from './certificate.ts';
import { DtlsConnection } from './dtls-connection.ts';

describe('x', () => {
  it('connects', async () => {
    const a = createCertificate();
    const b = createCertificate();
    const got: string[] = [];
    let client!: DtlsConnection;
    const server: DtlsConnection = new DtlsConnection({
      certificate: b,
      send: (d) => setImmediate(() => client.receive(d)),
    });
    client = new DtlsConnection({ certificate: a, send: (d) => setImmediate(() => server.receive(d)) });
    const opts = {
      closed: () => got.push('closed'),
      plain: (p: Uint8Array) => got.push(Buffer.from(p).toString()),
    };
    const [c, s] = await Promise.all([
      client.handshake({ role: 'client', fingerprints: [b.fingerprint], ...opts }),
      server.handshake({ role: 'server', fingerprints: [a.fingerprint], ...opts }),
    ]);
    expect(c.srtp?.local).toEqual(s.srtp?.remote);
    client.sendPlain(Buffer.from('hi'));
    await expect.poll(() => got).toEqual(['hi']);
  });
});
