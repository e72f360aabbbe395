import { execFileSync } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { createCertificate, type DtlsCertificate } from '../../packages/webrtc/src/dtls/certificate.ts';
import { DtlsConnection } from '../../packages/webrtc/src/dtls/dtls-connection.ts';
import type { HandshakeResult } from '../../packages/webrtc/src/dtls/handshake.ts';
import { freeUdpPort } from '../support/free-udp-port.ts';
import { OpensslDtls, type OpensslIdentity, opensslIdentity } from '../support/openssl-dtls.ts';
import { needs } from '../support/third-parties.ts';

const { describe, it } = needs('openssl');

const LOOPBACK = '127.0.0.1';
const undo: (() => void)[] = [];
afterEach(() => {
  for (const one of undo.splice(0).reverse()) one();
});

let folder: string;
let ecdsa: OpensslIdentity;
let rsa: OpensslIdentity;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pinhole-dtls-'));
  ecdsa = opensslIdentity(folder, 'ecdsa', 'ecdsa');
  rsa = opensslIdentity(folder, 'rsa', 'rsa');
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What is done to datagrams on their way. */
type Weather = (datagram: Uint8Array, deliver: (datagram: Uint8Array) => void) => void;
const fine: Weather = (datagram, deliver) => deliver(datagram);

/** Of seven datagrams the second is lost, the fourth comes twice, the sixth late. */
function bad(): Weather {
  let count = 0;
  return (datagram, deliver) => {
    const nth = count++ % 7;
    if (nth === 1) return;
    const copy = new Uint8Array(datagram);
    if (nth === 5) setTimeout(deliver, 30, copy);
    else deliver(copy);
    if (nth === 3) deliver(copy);
  };
}

const codeOf = ({ code }: { readonly code: string }): string => code;

/** Our end, on a socket. */
class Ours {
  readonly heard: string[] = [];
  readonly connection: DtlsConnection;
  readonly #socket: Socket;
  #peer: number;
  closed = false;

  private constructor(socket: Socket, peer: number, weather: Weather, certificate: DtlsCertificate) {
    this.#socket = socket;
    this.#peer = peer;
    const deliver = (datagram: Uint8Array): void => {
      if (!this.closed) socket.send(datagram, this.#peer, LOOPBACK);
    };
    this.connection = new DtlsConnection({
      certificate,
      send: (datagram) => weather(datagram, deliver),
    });
    socket.on('message', (datagram, { port }) => {
      this.#peer = port;
      weather(datagram, (one) => this.connection.receive(one));
    });
  }

  static async open(
    peer = 0,
    weather: Weather = fine,
    certificate: DtlsCertificate = createCertificate(),
  ): Promise<Ours> {
    const socket = createSocket('udp4');
    socket.bind(0, LOOPBACK);
    await once(socket, 'listening');
    const ours = new Ours(socket, peer, weather, certificate);
    undo.push(() => ours.close());
    return ours;
  }

  get port(): number {
    return this.#socket.address().port;
  }

  handshake(role: 'client' | 'server', { fingerprint }: OpensslIdentity): Promise<HandshakeResult> {
    return this.connection.handshake({
      role,
      fingerprints: [fingerprint],
      closed: () => this.heard.push('(closed)'),
      plain: (payload) => this.heard.push(Buffer.from(payload).toString().trim()),
    });
  }

  close(): void {
    this.connection.sayClosed();
    this.closed = true;
    this.#socket.close();
  }
}

async function opensslServer(identity: OpensslIdentity, ...more: string[]) {
  const port = await freeUdpPort();
  const files = ['-cert', identity.cert, '-key', identity.key];
  const server = new OpensslDtls(['s_server', '-accept', `${LOOPBACK}:${port}`, ...files, ...more]);
  undo.push(() => server.end());
  await expect.poll(() => server.output).toMatch(/ACCEPT|Using default/);
  return { server, port };
}

function opensslClient(port: number, { cert, key }: OpensslIdentity, ...more: string[]): OpensslDtls {
  const client = new OpensslDtls([
    's_client',
    '-connect',
    `${LOOPBACK}:${port}`,
    '-cert',
    cert,
    '-key',
    key,
    ...more,
  ]);
  undo.push(() => client.end());
  return client;
}

/** Both directions as the exporter gives them: keys of client and server, then their salts. */
function exported({ srtp }: HandshakeResult, role: 'client' | 'server'): string {
  const [client, server] = role === 'client' ? [srtp?.local, srtp?.remote] : [srtp?.remote, srtp?.local];
  return [client?.masterKey, server?.masterKey, client?.masterSalt, server?.masterSalt]
    .map((bytes) => Buffer.from(bytes ?? []).toString('hex'))
    .join('');
}

it('our certificate is what OpenSSL reads', () => {
  const { der } = createCertificate();

  const text = execFileSync('openssl', ['x509', '-inform', 'der', '-noout', '-text'], {
    input: der,
  }).toString();

  expect(text).toContain('Version: 3 (0x2)');
  expect(text).toContain('Signature Algorithm: ecdsa-with-SHA256');
  expect(text).toContain('ASN1 OID: prime256v1');
});

describe('as the client of OpenSSL', () => {
  it.each<[string, () => OpensslIdentity, string[], string]>([
    ['an ECDSA certificate', () => ecdsa, [], 'ECDHE-ECDSA-AES128-GCM-SHA256'],
    ['an RSA certificate', () => rsa, [], 'ECDHE-RSA-AES128-GCM-SHA256'],
    ['RSA without PSS', () => rsa, ['-sigalgs', 'RSA+SHA256:ECDSA+SHA256'], 'ECDHE-RSA'],
    ['AES-256 and SHA-384', () => ecdsa, ['-cipher', 'ECDHE-ECDSA-AES256-GCM-SHA384'], 'AES256-GCM-SHA384'],
    ['P-256', () => ecdsa, ['-groups', 'P-256'], 'ECDHE-ECDSA'],
    ['the other SRTP profile', () => ecdsa, ['-use_srtp', 'SRTP_AES128_CM_SHA1_80'], 'ECDHE-ECDSA'],
    ['small datagrams', () => rsa, ['-mtu', '256'], 'ECDHE-RSA'],
    ['cookies', () => ecdsa, ['-listen'], 'ECDHE-ECDSA'],
    ['no wish for our certificate', () => ecdsa, ['-naccept', '1'], 'ECDHE-ECDSA'],
  ])('connects to a server with %s', async (name, identity, more, cipher) => {
    const ask = name.startsWith('no wish') ? [] : ['-Verify', '1'];
    const { server, port } = await opensslServer(identity(), ...ask, ...more);
    const ours = await Ours.open(port);

    const result = await ours.handshake('client', identity());

    ours.connection.sendPlain(Buffer.from('from Pinhole\n'));
    await expect.poll(() => server.output).toContain('from Pinhole');
    expect(server.output).toContain(cipher);
    // The exporter was asked for as many bytes as GCM needs; the other profile begins with the same.
    expect(exported(result, 'client').slice(0, 112)).toBe(server.keys);
    server.say('from OpenSSL');
    await expect.poll(() => ours.heard).toEqual(['from OpenSSL']);
    expect(server.output.includes('Client certificate')).toBe(ask.length > 0);
  });
});

describe('as the server of OpenSSL', () => {
  it.each<[string, () => OpensslIdentity, string[]]>([
    ['an ECDSA certificate', () => ecdsa, []],
    ['an RSA certificate', () => rsa, []],
    ['RSA without PSS', () => rsa, ['-sigalgs', 'RSA+SHA256:ECDSA+SHA256']],
    ['P-256', () => ecdsa, ['-groups', 'P-256']],
    ['small datagrams', () => rsa, ['-mtu', '256']],
    ['the other SRTP profile', () => ecdsa, ['-use_srtp', 'SRTP_AES128_CM_SHA1_80']],
    ['AES-256 and SHA-384', () => ecdsa, ['-cipher', 'ECDHE-ECDSA-AES256-GCM-SHA384']],
  ])('takes a client with %s', async (_name, identity, more) => {
    const ours = await Ours.open();
    const done = ours.handshake('server', identity());
    const client = opensslClient(ours.port, identity(), ...more);

    const result = await done;

    await expect.poll(() => client.keys).toBeDefined();
    expect(exported(result, 'server').slice(0, 112)).toBe(client.keys);
    expect(client.output).toContain('Extended master secret: yes');
    client.say('from OpenSSL');
    await expect.poll(() => ours.heard).toEqual(['from OpenSSL']);
    ours.connection.sendPlain(Buffer.from('from Pinhole\n'));
    await expect.poll(() => client.output).toContain('from Pinhole');
  });
});

describe('on a bad network', () => {
  it('connects as the client', async () => {
    const { port } = await opensslServer(rsa, '-Verify', '1', '-mtu', '300');
    const ours = await Ours.open(port, bad());

    const { srtp } = await ours.handshake('client', rsa);

    expect(srtp.local.masterKey).toHaveLength(16);
  });

  it('connects as the server', async () => {
    const ours = await Ours.open(0, bad());
    const done = ours.handshake('server', rsa);
    opensslClient(ours.port, rsa, '-mtu', '300');

    expect((await done).srtp.local.masterKey).toHaveLength(16);
  });
});

describe('refuses OpenSSL', () => {
  it('as a server with another certificate than was announced, and tells it', async () => {
    const { server, port } = await opensslServer(rsa);
    const ours = await Ours.open(port);

    expect(await ours.handshake('client', ecdsa).catch(codeOf)).toBe('dtls/fingerprint');
    await expect.poll(() => server.output).toContain('alert bad certificate');
  });

  it('as a client with another certificate than was announced, and tells it', async () => {
    const ours = await Ours.open();
    const done = ours.handshake('server', ecdsa).catch(codeOf);
    const client = opensslClient(ours.port, rsa);

    expect(await done).toBe('dtls/fingerprint');
    await expect.poll(() => client.output).toContain('alert bad certificate');
  });

  it('as a client without a certificate, and tells it', async () => {
    const ours = await Ours.open();
    const done = ours.handshake('server', ecdsa).catch(codeOf);
    const client = new OpensslDtls(['s_client', '-connect', `${LOOPBACK}:${ours.port}`]);
    undo.push(() => client.end());

    expect(await done).toBe('dtls/certificate');
    await expect.poll(() => client.output).toContain('alert handshake failure');
  });

  it.each([
    ['suites without forward secrecy', ['-cipher', 'AES128-GCM-SHA256'], 'dtls/nothing-in-common'],
    ['another curve', ['-groups', 'P-521'], 'dtls/nothing-in-common'],
    ['no SRTP profile of ours', ['-use_srtp', 'SRTP_AES128_CM_SHA1_32'], 'dtls/srtp-profile'],
  ])('as a client with %s', async (_name, more, code) => {
    const ours = await Ours.open();
    const done = ours.handshake('server', ecdsa).catch(codeOf);
    opensslClient(ours.port, ecdsa, ...more);

    expect(await done).toBe(code);
  });
});

describe('OpenSSL refuses', () => {
  it('a client that signs by another key than that of its certificate', async () => {
    const { server, port } = await opensslServer(ecdsa, '-Verify', '1');
    const lying = { ...createCertificate(), privateKey: createCertificate().privateKey };
    const ours = await Ours.open(port, fine, lying);

    ours.handshake('client', ecdsa).catch(() => {});

    await expect.poll(() => server.output).toContain('bad signature');
  });
});
