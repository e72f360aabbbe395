import { messageOf } from '@pinhole/core';
import {
  DtlsClient,
  ProtectionProfileAeadAes128Gcm,
  ProtectionProfileAes128CmHmacSha1_80,
  type RTCCertificate,
  RTCDtlsFingerprint,
  RTCDtlsParameters,
  RTCDtlsTransport,
} from 'werift';
import { SRTP_PROFILE, type SrtpKeys } from './srtp-keys.ts';
import type { Fingerprint } from './transport-sides.ts';
import type { WeriftIce } from './werift-ice.ts';

/** What DTLS agreed on for both directions. */
export interface SrtpKeyPair {
  /** For what we send. */
  readonly local: SrtpKeys;
  /** For what the peer sends. */
  readonly remote: SrtpKeys;
}

const CONTENT_TYPE = { alert: 21, applicationData: 23 } as const;
const ALERT = { warning: 1, fatal: 2, closeNotify: 0 } as const;
const RECORD_HEADER_BYTES = 13;
const EPOCH_AT = 3;
const LENGTH_AT = 11;

/** A handshake takes a tenth of it, with every flight sent again; werift keeps each part that waits for others. */
const MAX_HANDSHAKE_BYTES = 256 * 1024;

/** No flight is sent again once the handshake stands at this one. */
const NO_MORE_FLIGHTS = 99;

/**
 * DTLS by werift, always as the client: it speaks first and at once, which is sooner than werift's own 100 ms and sooner
 * than waiting for a browser's first flight; and when its handshake ends the browser is ready for media, which it is not
 * the other way round.
 */
export class WeriftDtls extends RTCDtlsTransport {
  readonly #ice: WeriftIce;
  #client: DtlsClient | undefined;
  #up = false;
  #said = false;

  constructor(ice: WeriftIce, certificate: RTCCertificate) {
    super({}, ice.transport, certificate, [
      ProtectionProfileAeadAes128Gcm,
      ProtectionProfileAes128CmHmacSha1_80,
    ]);
    this.#ice = ice;
    this.role = 'client';
  }

  /**
   * Makes the handshake with the peer whose certificate has one of `fingerprints`.
   * @throws {Error} the handshake failed; the peer tells its session.
   */
  async handshake(
    fingerprints: readonly Fingerprint[],
    handlers: { readonly closed: () => void },
  ): Promise<SrtpKeyPair> {
    this.setRemoteParams(
      new RTCDtlsParameters(
        fingerprints.map(({ algorithm, value }) => new RTCDtlsFingerprint(algorithm, value)),
        'server',
      ),
    );
    const done = super.start();
    if (!(this.dtls instanceof DtlsClient)) throw new Error('werift made no DTLS client');
    const client = this.dtls;
    this.#client = client;
    const connect = client.connect.bind(client);
    client.connect = () => Promise.resolve();
    this.#guard(client, handlers.closed);
    connect().catch((error: unknown) => client.onError.execute(new Error(messageOf(error))));
    await done;
    this.#up = true;
    return this.#keys(client);
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
    if (this.#up && !this.#said) this.#ice.send(this.srtcp.encrypt(Buffer.from(datagram)));
  }

  /** Tells the peer that the connection ends (RFC 5246 §7.2.1). */
  sayClosed(): void {
    const client = this.#client;
    if (!client || this.#said) return;
    this.#said = true;
    if (this.#up) this.#ice.send(alertRecord(client, [ALERT.warning, ALERT.closeNotify]));
    client.dtls.flight = NO_MORE_FLIGHTS;
  }

  /**
   * Shows werift of the handshake no more than one needs, and after it only what is encrypted data: it would believe a
   * forged alert, and any content type that it does not know, to be the end.
   */
  #guard(client: DtlsClient, closed: () => void): void {
    const { socket } = client.transport;
    const pass = socket.onData;
    let handshakeBytes = 0;
    socket.onData = (datagram, from) => {
      if (!this.#up) {
        handshakeBytes += datagram.byteLength;
        if (handshakeBytes <= MAX_HANDSHAKE_BYTES) pass(datagram, from);
        return;
      }
      for (const record of recordsOf(datagram)) {
        if (record.readUInt16BE(EPOCH_AT) === 0) continue;
        if (record[0] === CONTENT_TYPE.applicationData) pass(record, from);
        else if (record[0] === CONTENT_TYPE.alert && endsConnection(client, record)) closed();
      }
    };
  }

  #keys(client: DtlsClient): SrtpKeyPair {
    const gcm = client.srtp.srtpProfile === ProtectionProfileAeadAes128Gcm;
    const profile = gcm ? SRTP_PROFILE.aeadAes128Gcm : SRTP_PROFILE.aes128CmHmacSha1;
    const { localKey, localSalt, remoteKey, remoteSalt } = client.extractSessionKeys(16, gcm ? 12 : 14) as {
      readonly [name in 'localKey' | 'localSalt' | 'remoteKey' | 'remoteSalt']: Buffer;
    };
    return {
      local: { profile, masterKey: localKey, masterSalt: localSalt },
      remote: { profile, masterKey: remoteKey, masterSalt: remoteSalt },
    };
  }
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

/** What werift's cipher wants of a record. */
type CipherRecord = Parameters<DtlsClient['cipher']['decryptPacket']>[0];

function endsConnection(client: DtlsClient, alert: Buffer): boolean {
  const record = {
    recordLayerHeader: {
      contentType: CONTENT_TYPE.alert,
      protocolVersion: { major: alert.readUInt8(1), minor: alert.readUInt8(2) },
      epoch: alert.readUInt16BE(EPOCH_AT),
      sequenceNumber: alert.readUIntBE(5, 6),
      contentLen: alert.readUInt16BE(LENGTH_AT),
    },
    fragment: alert.subarray(RECORD_HEADER_BYTES),
  } as CipherRecord;
  try {
    const [level, description] = client.cipher.decryptPacket(record);
    return level === ALERT.fatal || description === ALERT.closeNotify;
  } catch {
    return false;
  }
}

function alertRecord(client: DtlsClient, alert: readonly [level: number, description: number]): Uint8Array {
  const { version, epoch } = client.dtls;
  const sequenceNumber = ++client.dtls.recordSequenceNumber;
  const { fragment } = client.cipher.encryptPacket({
    recordLayerHeader: {
      contentType: CONTENT_TYPE.alert,
      protocolVersion: version,
      epoch,
      sequenceNumber,
      contentLen: 2,
    },
    fragment: Buffer.from(alert),
  } as CipherRecord);
  const datagram = Buffer.alloc(RECORD_HEADER_BYTES + fragment.byteLength);
  datagram[0] = CONTENT_TYPE.alert;
  datagram[1] = version.major;
  datagram[2] = version.minor;
  datagram.writeUInt16BE(epoch, 3);
  datagram.writeUIntBE(sequenceNumber, 5, 6);
  datagram.writeUInt16BE(fragment.byteLength, 11);
  datagram.set(fragment, RECORD_HEADER_BYTES);
  return datagram;
}
