import { type KeyObject, randomBytes } from 'node:crypto';
import type { SrtpKeys } from '../srtp-keys.ts';
import { CIPHER_SUITES, type CipherSuite } from './cipher-suites.ts';
import { ALERT, EXTENSION, MESSAGE, VERSION } from './code-points.ts';
import { DtlsError } from './dtls-error.ts';
import type { Flight } from './flight.ts';
import { type Handshake, type HandshakeOptions, type HandshakeStep, unexpectedMessage } from './handshake.ts';
import { checkFinished, missingCertificate, refusedVersion, wrongSignature } from './handshake-checks.ts';
import type { HandshakeMessage } from './handshake-message.ts';
import { parseHelloVerifyRequest, parseServerHello, RANDOM_BYTES, serializeClientHello } from './hellos.ts';
import { groupOf, openKeyExchange } from './key-exchange.ts';
import {
  parseCertificate,
  parseCertificateRequest,
  parseServerKeyExchange,
  type ServerKeyExchange,
  serializeCertificate,
  serializeClientKeyExchange,
  serializeSignature,
} from './key-messages.ts';
import { masterSecret, type Randoms, recordKeys, verifyData } from './key-schedule.ts';
import { agreedProfile, offeredExtensions, requireFirstHandshake } from './offered-extensions.ts';
import { admitCertificate } from './peer-certificate.ts';
import { isSigned, OWN_SCHEME, signByOwn } from './signature-schemes.ts';
import { exportSrtpKeys } from './srtp-key-pair.ts';
import { Transcript } from './transcript.ts';

/** What the server chose. */
interface Agreed {
  readonly suite: CipherSuite;
  readonly randoms: Randoms;
  readonly extendsMaster: boolean;
  readonly profile: SrtpKeys['profile'] | undefined;
}

type State =
  | { readonly waitsFor: 'serverHello'; readonly asked: boolean }
  | { readonly waitsFor: 'certificate'; readonly agreed: Agreed }
  | { readonly waitsFor: 'serverKeyExchange'; readonly agreed: Agreed; readonly serverKey: KeyObject }
  | {
      readonly waitsFor: 'serverHelloDone';
      readonly agreed: Agreed;
      readonly exchange: ServerKeyExchange;
      /** What we may sign with, when the server asked who we are. */
      readonly request?: readonly number[];
    }
  | { readonly waitsFor: 'finished'; readonly agreed: Agreed; readonly master: Uint8Array }
  | { readonly waitsFor: 'nothing' };

/**
 * The client's end of a handshake.
 *
 * ```
 *  ClientHello ─▶          (◀─ HelloVerifyRequest, ClientHello with its cookie ─▶)
 *  ◀─ ServerHello, Certificate, ServerKeyExchange, CertificateRequest, ServerHelloDone
 *  Certificate, ClientKeyExchange, CertificateVerify, [ChangeCipherSpec] Finished ─▶
 *  ◀─ [ChangeCipherSpec] Finished
 * ```
 * @see RFC 6347 §4.2.4 (flights), RFC 5246 §7.3, RFC 8422 §2
 */
export class ClientHandshake implements Handshake {
  readonly #options: HandshakeOptions;
  readonly #random = randomBytes(RANDOM_BYTES);
  readonly #transcript = new Transcript();
  #state: State = { waitsFor: 'serverHello', asked: false };

  constructor(options: HandshakeOptions) {
    this.#options = options;
  }

  /** The first words, to be asked for once. */
  open(): Flight {
    return this.#hello(new Uint8Array(0));
  }

  handle(message: HandshakeMessage): HandshakeStep {
    const state = this.#state;
    const { type, body } = message;
    if (state.waitsFor === 'serverHello' && type === MESSAGE.helloVerifyRequest && !state.asked) {
      this.#state = { waitsFor: 'serverHello', asked: true };
      this.#transcript.restart();
      return { flight: this.#hello(parseHelloVerifyRequest(body)) };
    }
    if (state.waitsFor === 'finished' && type === MESSAGE.finished) return this.#end(state, message);
    this.#transcript.add(message);
    if (state.waitsFor === 'serverHello' && type === MESSAGE.serverHello) {
      this.#state = { waitsFor: 'certificate', agreed: this.#agree(body) };
    } else if (state.waitsFor === 'certificate' && type === MESSAGE.certificate) {
      this.#state = { ...state, waitsFor: 'serverKeyExchange', serverKey: this.#admit(body, state.agreed) };
    } else if (state.waitsFor === 'serverKeyExchange' && type === MESSAGE.serverKeyExchange) {
      const exchange = requireSigned(parseServerKeyExchange(body), state);
      this.#state = { waitsFor: 'serverHelloDone', agreed: state.agreed, exchange };
    } else if (
      state.waitsFor === 'serverHelloDone' &&
      type === MESSAGE.certificateRequest &&
      !state.request
    ) {
      this.#state = { ...state, request: parseCertificateRequest(body) };
    } else if (state.waitsFor === 'serverHelloDone' && type === MESSAGE.serverHelloDone) {
      return this.#answer(state);
    } else {
      throw unexpectedMessage(type, state.waitsFor);
    }
    return {};
  }

  #hello(cookie: Uint8Array): Flight {
    const suites = CIPHER_SUITES.map(({ code }) => code);
    const hello = { random: this.#random, cookie, suites, extensions: offeredExtensions() };
    return { plain: [this.#transcript.write(MESSAGE.clientHello, serializeClientHello(hello))] };
  }

  /** The mark that servers of TLS 1.3 put into their random number says nothing to who offers no later version than 1.2. */
  #agree(body: Uint8Array): Agreed {
    const { version, random, suite: code, extensions } = parseServerHello(body);
    if (version !== VERSION.dtls12) throw refusedVersion(version);
    const suite = CIPHER_SUITES.find((one) => one.code === code);
    if (!suite)
      throw new DtlsError('dtls/cipher-suite', `the peer chose suite 0x${code.toString(16)}, not offered`, {
        alert: ALERT.illegalParameter,
      });
    const offered = offeredExtensions();
    const unasked = [...extensions.keys()].find((one) => !offered.has(one));
    if (unasked !== undefined)
      throw new DtlsError('dtls/extension', `the peer answered extension ${unasked}, not offered`, {
        alert: ALERT.unsupportedExtension,
      });
    requireFirstHandshake(extensions);
    return {
      suite,
      randoms: { client: this.#random, server: random.slice() },
      extendsMaster: extensions.has(EXTENSION.extendedMasterSecret),
      profile: agreedProfile(extensions),
    };
  }

  #admit(body: Uint8Array, { suite }: Agreed): KeyObject {
    const der = parseCertificate(body);
    if (!der) throw missingCertificate();
    const key = admitCertificate(der, this.#options.fingerprints);
    const signs = key.asymmetricKeyType === 'ec' ? 'ecdsa' : key.asymmetricKeyType;
    if (signs === suite.signature) return key;
    throw new DtlsError('dtls/certificate', `a ${signs} certificate with a suite for ${suite.signature}`, {
      alert: ALERT.badCertificate,
    });
  }

  #answer({
    agreed,
    exchange,
    request,
  }: Extract<State, { readonly waitsFor: 'serverHelloDone' }>): HandshakeStep {
    const { certificate } = this.#options;
    const { suite, randoms, extendsMaster } = agreed;
    const transcript = this.#transcript;
    const group = groupOf(exchange.group);
    if (group === undefined)
      throw new DtlsError('dtls/key-exchange', `the peer chose group ${exchange.group}, not offered`, {
        alert: ALERT.illegalParameter,
      });
    if (request && !request.includes(OWN_SCHEME))
      throw new DtlsError('dtls/signature', 'the peer takes no signature by ECDSA with SHA-256', {
        alert: ALERT.handshakeFailure,
      });
    const own = openKeyExchange(group);
    const preMaster = own.agree(exchange.publicKey);
    const plain: HandshakeMessage[] = [];
    if (request) plain.push(transcript.write(MESSAGE.certificate, serializeCertificate(certificate.der)));
    plain.push(transcript.write(MESSAGE.clientKeyExchange, serializeClientKeyExchange(own.publicKey)));
    const bound = extendsMaster ? transcript.bytes : undefined;
    const master = masterSecret(suite.hash, { preMaster, randoms, transcript: bound });
    if (request) {
      const signature = signByOwn(transcript.bytes, certificate.privateKey);
      plain.push(transcript.write(MESSAGE.certificateVerify, serializeSignature(signature)));
    }
    const proof = verifyData(suite.hash, { master, transcript: transcript.bytes, by: 'client' });
    this.#state = { waitsFor: 'finished', agreed, master };
    return {
      flight: { plain, protected: transcript.write(MESSAGE.finished, proof) },
      keys: recordKeys(suite, { master, randoms, role: 'client' }),
    };
  }

  #end(
    { agreed, master }: Extract<State, { readonly waitsFor: 'finished' }>,
    { body }: HandshakeMessage,
  ): HandshakeStep {
    const { suite, randoms, profile } = agreed;
    const transcript = this.#transcript.bytes;
    checkFinished(body, verifyData(suite.hash, { master, transcript, by: 'server' }));
    this.#state = { waitsFor: 'nothing' };
    const srtp = exportSrtpKeys(suite, { master, randoms, role: 'client', profile });
    return { done: { srtp } };
  }
}

/** Without it, whoever sits on the way could show the certificate of another, which travels in the clear. */
function requireSigned(
  exchange: ServerKeyExchange,
  { agreed, serverKey }: { readonly agreed: Agreed; readonly serverKey: KeyObject },
): ServerKeyExchange {
  const { client, server } = agreed.randoms;
  const signed = Buffer.concat([client, server, exchange.signed]);
  if (!isSigned(signed, exchange.signature, serverKey))
    throw wrongSignature('key exchange', exchange.signature);
  return exchange;
}
