import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createCertificate } from './certificate.ts';
import { ClientHandshake } from './client-handshake.ts';
import { EXTENSION, MESSAGE, VERSION } from './code-points.ts';
import { type Extensions, serializeCodes } from './extensions.ts';
import type { HandshakeStep } from './handshake.ts';
import { parseClientHello, parseServerHello, serializeClientHello, serializeServerHello } from './hellos.ts';
import { offeredExtensions } from './offered-extensions.ts';
import { ServerHandshake } from './server-handshake.ts';

const options = { certificate: createCertificate(), fingerprints: [] };
const SUITE = 0xc02b;

const changed = (...changes: readonly (readonly [number, Uint8Array | undefined])[]): Extensions => {
  const extensions = new Map(offeredExtensions());
  for (const [code, content] of changes) {
    if (content) extensions.set(code, content);
    else extensions.delete(code);
  }
  return extensions;
};

/** What a server does with a hello. */
function offer({
  suites = [SUITE],
  extensions = offeredExtensions(),
  version = VERSION.dtls12,
}: {
  readonly suites?: readonly number[];
  readonly extensions?: Extensions;
  readonly version?: number;
} = {}): HandshakeStep {
  const body = serializeClientHello({
    random: randomBytes(32),
    cookie: new Uint8Array(0),
    suites,
    extensions,
  });
  new DataView(body.buffer, body.byteOffset).setUint16(0, version);
  return new ServerHandshake(options).handle({ type: MESSAGE.clientHello, sequence: 0, body });
}

/** What the server answered. */
function answered(step: HandshakeStep) {
  const [hello] = step.flight?.plain ?? [];
  return parseServerHello(hello?.body ?? new Uint8Array(0));
}

describe('a server', () => {
  it('answers with what both know: its suite, SRTP by GCM, the bound master secret', () => {
    const { suite, extensions } = answered(offer());

    expect(suite).toBe(SUITE);
    expect([...extensions.keys()].sort((a, b) => a - b)).toEqual([
      EXTENSION.ecPointFormats,
      EXTENSION.useSrtp,
      EXTENSION.extendedMasterSecret,
      EXTENSION.renegotiationInfo,
    ]);
    expect(extensions.get(EXTENSION.useSrtp)).toEqual(Uint8Array.of(0, 2, 0, 7, 0));
  });

  it('answers nothing that was not asked', () => {
    const extensions: Extensions = new Map(
      [EXTENSION.supportedGroups, EXTENSION.signatureAlgorithms].map((code) => [
        code,
        offeredExtensions().get(code) ?? new Uint8Array(0),
      ]),
    );

    expect(answered(offer({ extensions })).extensions.size).toBe(0);
    // The suite that stands for renegotiation_info.
    expect([...answered(offer({ extensions, suites: [SUITE, 0x00ff] })).extensions.keys()]).toEqual([
      EXTENSION.renegotiationInfo,
    ]);
  });

  it('takes a client that knows DTLS 1.3, too', () => {
    const extensions = changed([EXTENSION.supportedVersions, Uint8Array.of(4, 0xfe, 0xfc, 0xfe, 0xfd)]);

    expect(answered(offer({ extensions })).version).toBe(VERSION.dtls12);
  });

  it.each<[string, Parameters<typeof offer>[0], string, RegExp]>([
    ['DTLS 1.0', { version: VERSION.dtls10 }, 'dtls/version', /speaks DTLS 1\.0, need DTLS 1\.2/],
    [
      'DTLS 1.3 alone',
      { extensions: changed([EXTENSION.supportedVersions, Uint8Array.of(2, 0xfe, 0xfc)]) },
      'dtls/version',
      /DTLS 1\.3 only/,
    ],
    ['no suite of ours', { suites: [0x002f, 0xc02f] }, 'dtls/nothing-in-common', /suite/],
    [
      'no curve of ours',
      { extensions: changed([EXTENSION.supportedGroups, serializeCodes([24, 25])]) },
      'dtls/nothing-in-common',
      /X25519/,
    ],
    [
      'no signature of ours',
      { extensions: changed([EXTENSION.signatureAlgorithms, serializeCodes([0x0401])]) },
      'dtls/nothing-in-common',
      /signature/,
    ],
    [
      'no SRTP profile of ours',
      { extensions: changed([EXTENSION.useSrtp, Uint8Array.of(0, 2, 0, 2, 0)]) },
      'dtls/srtp-profile',
      /need 7/,
    ],
    [
      'an earlier handshake',
      { extensions: changed([EXTENSION.renegotiationInfo, Uint8Array.of(1, 9)]) },
      'dtls/renegotiation',
      /earlier/,
    ],
    [
      'use_srtp cut short',
      { extensions: changed([EXTENSION.useSrtp, Uint8Array.of(0, 4, 0, 7)]) },
      'bytes/too-short',
      /wanted/,
    ],
  ])('refuses a client that offers %s', (_name, hello, code, message) => {
    expect(() => offer(hello)).toThrowError(
      expect.objectContaining({ code, message: expect.stringMatching(message) as string }) as Error,
    );
  });

  it('refuses what does not begin with a hello', () => {
    const message = { type: MESSAGE.finished, sequence: 0, body: new Uint8Array(12) };

    expect(() => new ServerHandshake(options).handle(message)).toThrowError(
      /sent finished where clientHello was expected/,
    );
  });
});

describe('a client', () => {
  const answer = (
    hello: Partial<Parameters<typeof serializeServerHello>[0]>,
    version: number = VERSION.dtls12,
  ): HandshakeStep => {
    const body = serializeServerHello({
      random: randomBytes(32),
      suite: SUITE,
      extensions: new Map(),
      ...hello,
    });
    new DataView(body.buffer, body.byteOffset).setUint16(0, version);
    const handshake = new ClientHandshake(options);
    handshake.open();
    return handshake.handle({ type: MESSAGE.serverHello, sequence: 0, body });
  };

  it('offers what a browser knows', () => {
    const [hello] = new ClientHandshake(options).open().plain;
    const { version, suites, extensions } = parseClientHello(hello?.body ?? new Uint8Array(0));

    expect(version).toBe(VERSION.dtls12);
    expect(suites).toContain(SUITE);
    expect(extensions.get(EXTENSION.useSrtp)).toEqual(Uint8Array.of(0, 4, 0, 7, 0, 1, 0));
    expect(extensions.has(EXTENSION.supportedVersions)).toBe(false);
  });

  it('takes an answer that agrees on little', () => {
    expect(answer({})).toEqual({});
  });

  it.each<[string, Parameters<typeof answer>, string]>([
    ['DTLS 1.0', [{}, VERSION.dtls10], 'dtls/version'],
    ['a suite that was not offered', [{ suite: 0x002f }], 'dtls/cipher-suite'],
    [
      'an extension that was not offered',
      [{ extensions: new Map([[35, new Uint8Array(0)]]) }],
      'dtls/extension',
    ],
    [
      'two SRTP profiles',
      [{ extensions: new Map([[EXTENSION.useSrtp, Uint8Array.of(0, 4, 0, 7, 0, 1, 0)]]) }],
      'dtls/srtp-profile',
    ],
    [
      'an MKI',
      [{ extensions: new Map([[EXTENSION.useSrtp, Uint8Array.of(0, 2, 0, 7, 1, 9)]]) }],
      'dtls/srtp-profile',
    ],
    [
      'an earlier handshake',
      [{ extensions: new Map([[EXTENSION.renegotiationInfo, Uint8Array.of(1, 9)]]) }],
      'dtls/renegotiation',
    ],
  ])('refuses a server that chooses %s', (_name, hello, code) => {
    expect(() => answer(...hello)).toThrowError(expect.objectContaining({ code }) as Error);
  });

  it('answers a cookie once, with the same random number', () => {
    const handshake = new ClientHandshake(options);
    const [first] = handshake.open().plain;
    const cookie = {
      type: MESSAGE.helloVerifyRequest,
      sequence: 0,
      body: Uint8Array.of(0xfe, 0xff, 2, 7, 8),
    };

    const [second] = handshake.handle(cookie).flight?.plain ?? [];

    const [one, two] = [first, second].map((message) => parseClientHello(message?.body ?? new Uint8Array(0)));
    expect(two).toMatchObject({ cookie: Uint8Array.of(7, 8), random: one?.random });
    expect(second?.sequence).toBe(1);
    expect(() => handshake.handle({ ...cookie, sequence: 1 })).toThrowError(/helloVerifyRequest/);
  });

  it('refuses a server that opens a connection itself', () => {
    const [hello] = new ClientHandshake(options).open().plain;
    const handshake = new ClientHandshake(options);
    handshake.open();

    expect(() => hello && handshake.handle(hello)).toThrowError(/clientHello where serverHello was expected/);
  });
});
