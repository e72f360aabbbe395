import { createPrivateKey, type KeyObject, sign } from 'node:crypto';
import { messageOf } from '@pinhole/core';
import {
  DtlsClient,
  DtlsServer,
  Event,
  ProtectionProfileAeadAes128Gcm,
  ProtectionProfileAes128CmHmacSha1_80,
  type RTCCertificate,
  RTCDtlsFingerprint,
  RTCDtlsParameters,
  RTCDtlsTransport,
  type RTCIceTransport,
} from 'werift';
import { CONTENT_TYPE, type DtlsKeys, DtlsRecords } from './dtls-records.ts';
import { ServerProof } from './server-proof.ts';
import { SRTP_PROFILE, type SrtpKeys } from './srtp-keys.ts';
import { useSystemCurves } from './system-curves.ts';
import type { Fingerprint } from './transport-sides.ts';

/** What DTLS agreed on for both directions. */
export interface SrtpKeyPair {
  /** For what we send. */
  readonly local: SrtpKeys;
  /** For what the peer sends. */
  readonly remote: SrtpKeys;
}

const ALERT = { warning: 1, fatal: 2, closeNotify: 0 } as const;
const RECORD_HEADER_BYTES = 13;
const HANDSHAKE_RECORD = 22;
const LENGTH_AT = 11;

/** A handshake takes a tenth of it, with every flight sent again; werift keeps each part that waits for others. */
const MAX_HANDSHAKE_BYTES = 256 * 1024;

/** More records than a handshake has. */
const FIRST_RECORD = 4096;

/** No flight is sent again once the handshake stands at this one. */
const NO_MORE_FLIGHTS = 99;

/** A client that lost our last words is sent them so often again. */
const MAX_REPEATS = 10;

useSystemCurves();

/**
 * DTLS by werift, as the client wherever the peer lets us: it speaks first and at once, which is sooner than werift's own
 * 100 ms and sooner than waiting for a browser's first flight; and when its handshake ends the browser is ready for
 * media, which it is not the other way round. Once the handshake is over, its records are ours.
 */
export class WeriftDtls extends RTCDtlsTransport {
  readonly #path: DtlsPath;
  #socket: DtlsClient | DtlsServer | undefined;
  #records: DtlsRecords | undefined;
  #said = false;

  /** @param send takes a datagram to the peer, whatever the path is by then. */
  constructor(send: (datagram: Uint8Array) => void, certificate: RTCCertificate) {
    const path = new DtlsPath(send);
    super({}, path as unknown as RTCIceTransport, certificate, [
      ProtectionProfileAeadAes128Gcm,
      ProtectionProfileAes128CmHmacSha1_80,
    ]);
    this.#path = path;
  }

  /**
   * Makes the handshake with the peer whose certificate has one of `fingerprints`, in the part that is ours.
   * @throws {Error} the handshake failed; the peer tells its session.
   */
  async handshake(
    fingerprints: readonly Fingerprint[],
    handlers: {
      readonly role: 'client' | 'server';
      readonly closed: () => void;
      /** Takes what the peer sends inside DTLS. */
      readonly plain: (payload: Uint8Array) => void;
    },
  ): Promise<SrtpKeyPair> {
    const { role } = handlers;
    this.role = role;
    this.setRemoteParams(
      new RTCDtlsParameters(
        fingerprints.map(({ algorithm, value }) => new RTCDtlsFingerprint(algorithm, value)),
        role === 'client' ? 'server' : 'client',
      ),
    );
    const done = super.start();
    const socket = this.dtls;
    if (!(socket instanceof DtlsClient || socket instanceof DtlsServer))
      throw new Error('werift made no DTLS');
    this.#socket = socket;
    this.#guard(socket, handlers);
    this.#signBySystem(socket);
    const proof = new ServerProof(() => socket.cipher.localRandom.serialize());
    if (socket instanceof DtlsClient) {
      const pass = socket.onHandleHandshakes;
      socket.onHandleHandshakes = (messages) => pass(proof.admit(messages));
      const connect = socket.connect.bind(socket);
      socket.connect = () => Promise.resolve();
      connect().catch((error: unknown) => socket.onError.execute(new Error(messageOf(error))));
    }
    await done;
    if (role === 'client' && !proof.done) throw new Error('the peer did not sign its key');
    // werift counts from 0 once more, though its last words had numbers of this epoch already: the peer would take ours for
    // theirs sent again, and no nonce may come twice.
    socket.dtls.recordSequenceNumber += FIRST_RECORD;
    this.#records = new DtlsRecords(keysOf(socket, role), () => ++socket.dtls.recordSequenceNumber);
    return this.#keys(socket);
  }

  /** Takes a datagram of DTLS. */
  receive(datagram: Buffer): void {
    this.#path.connection.onData.execute(datagram);
  }

  /** Sends something inside DTLS. */
  sendPlain(payload: Uint8Array): void {
    if (this.#records && !this.#said)
      this.#path.send(this.#records.seal(CONTENT_TYPE.applicationData, payload));
  }

  /** RTP and RTCP do not come this way; only the keys are made. */
  override startSrtp(): void {
    if (this.srtpStarted) return;
    this.srtpStarted = true;
    this.updateSrtpSession();
  }

  /** The RTCP in an SRTCP datagram; undefined when it is not signed by the peer. */
  unprotectRtcp(datagram: Buffer): Uint8Array | undefined {
    try {
      return this.srtcp.decrypt(datagram);
    } catch {
      return undefined;
    }
  }

  /** Encrypts and sends an RTCP datagram. */
  sendRtcpDatagram(datagram: Uint8Array): void {
    if (this.#records && !this.#said) this.#path.send(this.srtcp.encrypt(Buffer.from(datagram)));
  }

  /** Tells the peer that the connection ends (RFC 5246 §7.2.1). */
  sayClosed(): void {
    const socket = this.#socket;
    if (!socket || this.#said) return;
    this.#said = true;
    if (this.#records) {
      const alert = Uint8Array.of(ALERT.warning, ALERT.closeNotify);
      this.#path.send(this.#records.seal(CONTENT_TYPE.alert, alert));
    }
    socket.dtls.flight = NO_MORE_FLIGHTS;
  }

  /**
   * Shows werift of the handshake no more than one needs, and nothing after it: it would believe a forged alert, and any
   * content type that it does not know, to be the end, and takes a record as often as it comes.
   */
  #guard(
    dtls: DtlsClient | DtlsServer,
    { closed, plain }: { readonly closed: () => void; readonly plain: (payload: Uint8Array) => void },
  ): void {
    const { socket } = dtls.transport;
    const pass = socket.onData;
    let handshakeBytes = 0;
    let repeats = 0;
    socket.onData = (datagram, from) => {
      const records = this.#records;
      if (!records) {
        handshakeBytes += datagram.byteLength;
        if (handshakeBytes <= MAX_HANDSHAKE_BYTES) pass(datagram, from);
        return;
      }
      for (const sealed of recordsOf(datagram)) {
        const record = records.open(sealed);
        if (record?.type === CONTENT_TYPE.applicationData) plain(record.payload);
        else if (record?.type === CONTENT_TYPE.alert && endsConnection(record.payload)) closed();
      }
      // Its last flight came again: ours got lost (RFC 6347 §4.2.4).
      if (dtls instanceof DtlsServer && datagram[0] === HANDSHAKE_RECORD && repeats++ < MAX_REPEATS)
        for (const words of dtls.dtls.lastMessage) this.#path.send(words);
    };
  }

  /** werift reads the key from text for each signature, which takes several times as long as to sign. */
  #signBySystem(socket: DtlsClient | DtlsServer): void {
    const pem = this.localCertificate?.privateKey;
    if (pem === undefined) return;
    const key = keyOf(pem);
    socket.cipher.signatureData = (content, hash) => sign(hash, content, key);
  }

  #keys(socket: DtlsClient | DtlsServer): SrtpKeyPair {
    const gcm = socket.srtp.srtpProfile === ProtectionProfileAeadAes128Gcm;
    const profile = gcm ? SRTP_PROFILE.aeadAes128Gcm : SRTP_PROFILE.aes128CmHmacSha1;
    const { localKey, localSalt, remoteKey, remoteSalt } = socket.extractSessionKeys(16, gcm ? 12 : 14) as {
      readonly [name in 'localKey' | 'localSalt' | 'remoteKey' | 'remoteSalt']: Buffer;
    };
    return {
      local: { profile, masterKey: localKey, masterSalt: localSalt },
      remote: { profile, masterKey: remoteKey, masterSalt: remoteSalt },
    };
  }
}

let latestKey: { readonly pem: string; readonly key: KeyObject } | undefined;

/** All peers have one certificate. */
function keyOf(pem: string): KeyObject {
  if (latestKey?.pem !== pem) latestKey = { pem, key: createPrivateKey(pem) };
  return latestKey.key;
}

/** The whole records of a datagram (RFC 6347 §4.1): views. What is cut short at its end is left out. */
function* recordsOf(datagram: Buffer): Generator<Buffer> {
  for (let at = 0; at + RECORD_HEADER_BYTES <= datagram.byteLength; ) {
    const end = at + RECORD_HEADER_BYTES + datagram.readUInt16BE(at + LENGTH_AT);
    if (end > datagram.byteLength) return;
    yield datagram.subarray(at, end);
    at = end;
  }
}

const endsConnection = (alert: Uint8Array): boolean =>
  alert[0] === ALERT.fatal || alert[1] === ALERT.closeNotify;

/** The part of werift's cipher that tells what the records are sealed with; its types keep it to itself. */
interface AeadCipher {
  readonly blockAlgorithm: string;
  readonly clientWriteKey: Buffer;
  readonly serverWriteKey: Buffer;
  readonly clientNonce: Buffer;
  readonly serverNonce: Buffer;
}

const SALT_BYTES = 4;

function keysOf(
  { cipher, dtls: { epoch, version } }: DtlsClient | DtlsServer,
  role: 'client' | 'server',
): DtlsKeys {
  const { blockAlgorithm, clientWriteKey, serverWriteKey, clientNonce, serverNonce } =
    cipher.cipher as unknown as AeadCipher;
  if (blockAlgorithm !== 'aes-128-gcm' && blockAlgorithm !== 'aes-256-gcm')
    throw new Error(`DTLS agreed on ${blockAlgorithm}`);
  const client = { key: clientWriteKey, salt: clientNonce.subarray(0, SALT_BYTES) };
  const server = { key: serverWriteKey, salt: serverNonce.subarray(0, SALT_BYTES) };
  const [local, remote] = role === 'client' ? [client, server] : [server, client];
  return {
    algorithm: blockAlgorithm,
    localKey: local.key,
    remoteKey: remote.key,
    localSalt: local.salt,
    remoteSalt: remote.salt,
    epoch,
    version: (version.major << 8) | version.minor,
  };
}

/** What werift's DTLS takes for its way to the peer: it outlives each path that ICE finds. */
class DtlsPath {
  readonly send: (datagram: Uint8Array) => void;
  readonly connection: {
    readonly onData: Event<[Buffer]>;
    readonly send: (datagram: Buffer) => Promise<void>;
    readonly close: () => Promise<void>;
  };

  constructor(send: (datagram: Uint8Array) => void) {
    this.send = send;
    this.connection = {
      onData: new Event<[Buffer]>(),
      send: (datagram) => {
        send(datagram);
        return Promise.resolve();
      },
      close: () => Promise.resolve(),
    };
  }
}
