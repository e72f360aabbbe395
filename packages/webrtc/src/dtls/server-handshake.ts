import { type KeyObject, randomBytes } from 'node:crypto';
import { ByteReader } from '@pinhole/core';
import type { SrtpKeys } from '../srtp-keys.ts';
import { CIPHER_SUITES, type CipherSuite } from './cipher-suites.ts';
import { ALERT, EXTENSION, MESSAGE, RENEGOTIATION_SCSV, VERSION } from './code-points.ts';
import { DtlsError } from './dtls-error.ts';
import { type Handshake, type HandshakeOptions, type HandshakeStep, unexpectedMessage } from './handshake.ts';
import { checkFinished, missingCertificate, refusedVersion, wrongSignature } from './handshake-checks.ts';
import type { HandshakeMessage } from './handshake-message.ts';
import { type ClientHello, parseClientHello, RANDOM_BYTES, serializeServerHello } from './hellos.ts';
import { GROUP, type Group, type KeyExchange, openKeyExchange } from './key-exchange.ts';
import {
  parseCertificate,
  parseClientKeyExchange,
  parseSignature,
  serializeCertificate,
  serializeCertificateRequest,
  serializeKeyParameters,
  serializeSignature,
} from './key-messages.ts';
import { masterSecret, type Randoms, recordKeys, verifyData } from './key-schedule.ts';
import { answeredExtensions, chooseProfile, codesOf, requireFirstHandshake } from './offered-extensions.ts';
import { admitCertificate } from './peer-certificate.ts';
import { isSigned, OWN_SCHEME, signByOwn } from './signature-schemes.ts';
import { exportSrtpKeys } from './srtp-key-pair.ts';
import { Transcript } from './transcript.ts';

/** What we chose of the client's offer. */
interface Agreed {
  readonly suite: CipherSuite;
  readonly randoms: Randoms;
  readonly extendsMaster: boolean;
  readonly profile: SrtpKeys['profile'] | undefined;
  readonly own: KeyExchange;
}

type State =
  | { readonly waitsFor: 'clientHello' }
  | { readonly waitsFor: 'certificate'; readonly agreed: Agreed }
  | { readonly waitsFor: 'clientKeyExchange'; readonly agreed: Agreed; readonly clientKey: KeyObject }
  | {
      readonly waitsFor: 'certificateVerify';
      readonly agreed: Agreed;
      readonly clientKey: KeyObject;
      readonly master: Uint8Array;
    }
  | { readonly waitsFor: 'finished'; readonly agreed: Agreed; readonly master: Uint8Array }
  | { readonly waitsFor: 'nothing' };

/**
 * The server's end of a handshake. It asks for no cookie: ICE has proven already that the client gets what is sent to its
 * address, with a password, and without any datagram of DTLS.
 *
 * ```
 *  ClientHello ─▶
 *  ◀─ ServerHello, Certificate, ServerKeyExchange, CertificateRequest, ServerHelloDone
 *  Certificate, ClientKeyExchange, CertificateVerify, [ChangeCipherSpec] Finished ─▶
 *  ◀─ [ChangeCipherSpec] Finished
 * ```
 * @see RFC 6347 §4.2.4 (flights), §4.2.1 (cookies), RFC 5246 §7.3, RFC 8422 §2
 */
export class ServerHandshake implements Handshake {
  readonly #options: HandshakeOptions;
  readonly #transcript = new Transcript();
  #state: State = { waitsFor: 'clientHello' };

  constructor(options: HandshakeOptions) {
    this.#options = options;
  }

  handle(message: HandshakeMessage): HandshakeStep {
    const state = this.#state;
    const { type, body } = message;
    // What it proves are the messages before it.
    const before = this.#transcript.bytes;
    this.#transcript.add(message);
    if (state.waitsFor === 'clientHello' && type === MESSAGE.clientHello) return this.#answer(body);
    if (state.waitsFor === 'certificate' && type === MESSAGE.certificate) {
      const der = parseCertificate(body);
      if (!der) throw missingCertificate();
      const clientKey = admitCertificate(der, this.#options.fingerprints);
      this.#state = { ...state, waitsFor: 'clientKeyExchange', clientKey };
      return {};
    }
    if (state.waitsFor === 'clientKeyExchange' && type === MESSAGE.clientKeyExchange)
      return this.#agree(state, parseClientKeyExchange(body));
    if (state.waitsFor === 'certificateVerify' && type === MESSAGE.certificateVerify) {
      const signature = parseSignature(new ByteReader(body));
      if (!isSigned(before, signature, state.clientKey)) throw wrongSignature('handshake', signature);
      this.#state = { waitsFor: 'finished', agreed: state.agreed, master: state.master };
      return {};
    }
    if (state.waitsFor === 'finished' && type === MESSAGE.finished) return this.#end(state, { body, before });
    throw unexpectedMessage(type, state.waitsFor);
  }

  #answer(body: Uint8Array): HandshakeStep {
    const hello = parseClientHello(body);
    const { extensions } = hello;
    requireVersion(hello);
    requireFirstHandshake(extensions);
    const suite = chooseSuite(hello.suites);
    const group = chooseGroup(codesOf(extensions, EXTENSION.supportedGroups));
    if (!codesOf(extensions, EXTENSION.signatureAlgorithms).includes(OWN_SCHEME))
      throw nothingInCommon('takes no signature by ECDSA with SHA-256');
    const randoms = { client: hello.random.slice(), server: randomBytes(RANDOM_BYTES) };
    const own = openKeyExchange(group);
    const profile = chooseProfile(extensions);
    const extendsMaster = extensions.has(EXTENSION.extendedMasterSecret);
    this.#state = { waitsFor: 'certificate', agreed: { suite, randoms, own, extendsMaster, profile } };
    const renegotiates =
      extensions.has(EXTENSION.renegotiationInfo) || hello.suites.includes(RENEGOTIATION_SCSV);
    const answer = {
      random: randoms.server,
      suite: suite.code,
      extensions: answeredExtensions(extensions, { profile, renegotiates }),
    };
    return { flight: { plain: this.#words(serializeServerHello(answer), { group, own, randoms }) } };
  }

  #words(
    hello: Uint8Array,
    { group, own, randoms }: { readonly group: Group; readonly own: KeyExchange; readonly randoms: Randoms },
  ): HandshakeMessage[] {
    const { der, privateKey } = this.#options.certificate;
    const parameters = serializeKeyParameters(group, own.publicKey);
    const signature = signByOwn(Buffer.concat([randoms.client, randoms.server, parameters]), privateKey);
    const exchange = Buffer.concat([parameters, serializeSignature(signature)]);
    const transcript = this.#transcript;
    return [
      transcript.write(MESSAGE.serverHello, hello),
      transcript.write(MESSAGE.certificate, serializeCertificate(der)),
      transcript.write(MESSAGE.serverKeyExchange, exchange),
      transcript.write(MESSAGE.certificateRequest, serializeCertificateRequest()),
      transcript.write(MESSAGE.serverHelloDone, new Uint8Array(0)),
    ];
  }

  #agree(
    { agreed, clientKey }: Extract<State, { readonly waitsFor: 'clientKeyExchange' }>,
    publicKey: Uint8Array,
  ): HandshakeStep {
    const { suite, randoms, extendsMaster, own } = agreed;
    const bound = extendsMaster ? this.#transcript.bytes : undefined;
    const preMaster = own.agree(publicKey);
    const master = masterSecret(suite.hash, { preMaster, randoms, transcript: bound });
    this.#state = { waitsFor: 'certificateVerify', agreed, clientKey, master };
    return { keys: recordKeys(suite, { master, randoms, role: 'server' }) };
  }

  #end(
    { agreed, master }: Extract<State, { readonly waitsFor: 'finished' }>,
    { body, before }: { readonly body: Uint8Array; readonly before: Uint8Array },
  ): HandshakeStep {
    const { suite, randoms, profile } = agreed;
    checkFinished(body, verifyData(suite.hash, { master, transcript: before, by: 'client' }));
    this.#state = { waitsFor: 'nothing' };
    const transcript = this.#transcript.bytes;
    const proof = verifyData(suite.hash, { master, transcript, by: 'server' });
    const srtp = exportSrtpKeys(suite, { master, randoms, role: 'server', profile });
    return {
      flight: { plain: [], protected: this.#transcript.write(MESSAGE.finished, proof) },
      done: { srtp },
    };
  }
}

/** A client that knows later versions lists all of them, and says 1.2 where an old one looks (RFC 8446 §4.2.1). */
function requireVersion({ version, extensions }: ClientHello): void {
  if (version > VERSION.dtls12) throw refusedVersion(version);
  const content = extensions.get(EXTENSION.supportedVersions);
  if (!content) return;
  const versions = new ByteReader(content);
  versions.skip(1);
  let latest = version;
  while (versions.remaining > 0) {
    latest = versions.u16();
    if (latest === VERSION.dtls12) return;
  }
  throw refusedVersion(latest);
}

function chooseSuite(offered: readonly number[]): CipherSuite {
  const suite = CIPHER_SUITES.find(({ code, signature }) => signature === 'ecdsa' && offered.includes(code));
  if (suite) return suite;
  throw nothingInCommon('offers no suite with ECDHE, ECDSA and AES-GCM');
}

/** Who names none takes any (RFC 8422 §4); P-256 is what everybody has. */
function chooseGroup(offered: readonly number[]): Group {
  if (offered.length === 0) return GROUP.secp256r1;
  const group = Object.values(GROUP).find((one) => offered.includes(one));
  if (group !== undefined) return group;
  throw nothingInCommon('offers neither X25519 nor P-256');
}

const nothingInCommon = (what: string): DtlsError =>
  new DtlsError('dtls/nothing-in-common', `the peer ${what}`, { alert: ALERT.handshakeFailure });
