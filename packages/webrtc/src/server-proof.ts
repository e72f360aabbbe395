import { verify, X509Certificate } from 'node:crypto';

/** Messages of a handshake by their types (RFC 5246 §7.4). */
const MESSAGE = { serverHello: 2, certificate: 11, serverKeyExchange: 12 } as const;

/** Hashes of signatures by their code points (RFC 5246 §7.4.1.4.1); what is weaker was not offered. */
const HASHES: Readonly<Record<number, string>> = { 4: 'sha256', 5: 'sha384', 6: 'sha512' };

const SIGNATURES: readonly number[] = [1, 3]; // RSA, ECDSA
const NAMED_CURVE = 3;
const RANDOM = { at: 2, bytes: 32 } as const;
/** Length of the list, and of the first certificate in it. */
const CERTIFICATE_AT = 6;

/** One message of a handshake, put together. */
export interface HandshakeMessage {
  readonly msg_type: number;
  readonly fragment: Buffer;
}

/**
 * Has the server of a DTLS handshake prove that it holds the key of its certificate: it signs the key that it agrees by.
 * Without that whoever sits on the way could show the certificate of another, which travels in the clear.
 *
 * @see RFC 5246 §7.4.3, RFC 8422 §5.4
 */
export class ServerProof {
  readonly #clientRandom: () => Uint8Array;
  #serverRandom: Buffer | undefined;
  #certificate: Buffer | undefined;
  #exchange: Buffer | undefined;
  /** Came before what it is checked with. */
  #early: HandshakeMessage | undefined;

  constructor(clientRandom: () => Uint8Array) {
    this.#clientRandom = clientRandom;
  }

  /** Whether the key exchange was signed by the certificate. */
  get done(): boolean {
    return this.#exchange !== undefined;
  }

  /** What of these messages may be believed: nothing that is not signed, and nothing other than the first time. */
  admit<Message extends HandshakeMessage>(messages: readonly Message[]): Message[] {
    const admitted: Message[] = [];
    for (const message of messages) {
      if (!this.#admits(message)) continue;
      admitted.push(message);
      const early = this.#early as Message | undefined;
      if (early && early !== message && this.#admits(early)) {
        this.#early = undefined;
        admitted.push(early);
      }
    }
    return admitted;
  }

  #admits(message: HandshakeMessage): boolean {
    const { msg_type: type, fragment } = message;
    if (type === MESSAGE.serverHello) {
      const random = fragment.subarray(RANDOM.at, RANDOM.at + RANDOM.bytes);
      this.#serverRandom ??= Buffer.from(random);
      return this.#serverRandom.equals(random) && random.byteLength === RANDOM.bytes;
    }
    if (type === MESSAGE.certificate) {
      this.#certificate ??= Buffer.from(fragment);
      return this.#certificate.equals(fragment);
    }
    if (type !== MESSAGE.serverKeyExchange) return true;
    if (this.#exchange) return this.#exchange.equals(fragment);
    if (!this.#serverRandom || !this.#certificate) {
      this.#early = message;
      return false;
    }
    if (!this.#isSigned(fragment, this.#serverRandom, this.#certificate)) return false;
    this.#exchange = Buffer.from(fragment);
    return true;
  }

  #isSigned(exchange: Buffer, serverRandom: Buffer, certificates: Buffer): boolean {
    try {
      const paramsBytes = 4 + exchange.readUInt8(3);
      const hash = HASHES[exchange.readUInt8(paramsBytes)];
      const known = SIGNATURES.includes(exchange.readUInt8(paramsBytes + 1));
      if (hash === undefined || !known || exchange[0] !== NAMED_CURVE) return false;
      const signatureAt = paramsBytes + 4;
      const signature = exchange.subarray(signatureAt, signatureAt + exchange.readUInt16BE(paramsBytes + 2));
      const der = certificates.subarray(CERTIFICATE_AT, CERTIFICATE_AT + certificates.readUIntBE(3, 3));
      const signed = Buffer.concat([this.#clientRandom(), serverRandom, exchange.subarray(0, paramsBytes)]);
      return verify(hash, signed, new X509Certificate(der).publicKey, signature);
    } catch {
      // Cut short, or no certificate.
      return false;
    }
  }
}
