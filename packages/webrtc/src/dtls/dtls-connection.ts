import { MalformedError } from '@pinhole/core';
import type { Fingerprint } from '../transport-sides.ts';
import type { DtlsCertificate } from './certificate.ts';
import { ClientHandshake } from './client-handshake.ts';
import { ALERT, ALERT_LEVEL, alertInWords, CONTENT_TYPE } from './code-points.ts';
import { DtlsError } from './dtls-error.ts';
import { type DtlsRecord, DtlsRecords, PROTECTED_EPOCH } from './dtls-records.ts';
import type { RecordWriter } from './flight.ts';
import { FlightSender } from './flight-sender.ts';
import type { Handshake, HandshakeResult, HandshakeStep } from './handshake.ts';
import { InboundMessages } from './inbound-messages.ts';
import { plainRecord, type ReceivedRecord, recordsOf } from './record.ts';
import { ServerHandshake } from './server-handshake.ts';

/** Which end of a connection this is, and who is to be told what. */
export interface DtlsOptions {
  readonly role: 'client' | 'server';
  /** Of the peer's certificate; one of the strongest hash must match. */
  readonly fingerprints: readonly Fingerprint[];
  /** The peer ended it. */
  readonly closed: () => void;
  /** Takes what the peer sends inside DTLS, in memory of its own. */
  readonly plain: (payload: Uint8Array) => void;
}

/** Datagrams kept until the handshake begins: a client may have found its path before we have ours. */
const MAX_EARLY_DATAGRAMS = 8;
/** Protected records that overtook what they are opened or understood by. */
const MAX_EARLY_RECORDS = 16;
/** A handshake takes a hundredth of it. */
const MAX_HANDSHAKE_BYTES = 256 * 1024;

type State =
  | { readonly kind: 'new' }
  | { readonly kind: 'shaking'; readonly handshake: Handshake; readonly settle: Settle }
  | { readonly kind: 'open' }
  | { readonly kind: 'over' };

interface Settle {
  readonly resolve: (result: HandshakeResult) => void;
  readonly reject: (error: Error) => void;
}

/**
 * One connection by DTLS 1.2, over a way that carries datagrams. Whatever is received, `receive` does not throw.
 *
 * ```
 *  new ──handshake()──▶ shaking ──both finished──▶ open ──sayClosed(), the peer's close_notify──▶ over
 *                          └──proof missing, no answer──▶ over
 * ```
 * @see RFC 6347, RFC 5764
 */
export class DtlsConnection {
  readonly #send: (datagram: Uint8Array) => void;
  readonly #certificate: DtlsCertificate;
  readonly #sender: FlightSender;
  readonly #inbound = new InboundMessages();
  #options: DtlsOptions | undefined;
  #state: State = { kind: 'new' };
  #records: DtlsRecords | undefined;
  #earlyDatagrams: Uint8Array[] = [];
  #earlyRecords: Uint8Array[] = [];
  #earlyPayloads: Uint8Array[] = [];
  /** Who waited for the handshake has heard of its end. */
  #delivers = false;
  #plainSequence = 0;
  /** From here on what we send is protected. */
  #changedCipher = false;
  #handshakeBytes = 0;
  #refused = 0;
  /** What somebody said in the clear, who may have been the peer. */
  #hearsay: number | undefined;

  /** @param options.send takes a datagram to the peer, whatever the path is by then. */
  constructor(options: {
    readonly send: (datagram: Uint8Array) => void;
    readonly certificate: DtlsCertificate;
  }) {
    this.#send = options.send;
    this.#certificate = options.certificate;
    const writer: RecordWriter = {
      plain: (type, payload) => plainRecord(type, payload, this.#plainSequence++),
      protected: (type, payload) => {
        this.#changedCipher = true;
        return this.#requireRecords().seal(type, payload);
      },
    };
    this.#sender = new FlightSender({
      writer,
      send: options.send,
      gaveUp: () => this.#fail(this.#silence()),
    });
  }

  /** Records and parts of messages that were passed over: not the peer's, cut short, too many or twice. */
  get refused(): number {
    return this.#refused + this.#inbound.refused;
  }

  /**
   * Makes the handshake, once.
   * @throws {DtlsError} `dtls/*`, by the promise
   */
  handshake(options: DtlsOptions): Promise<HandshakeResult> {
    const { role, fingerprints } = options;
    if (this.#state.kind !== 'new') return Promise.reject(new Error('one handshake a connection'));
    this.#options = options;
    const certificate = this.#certificate;
    const early = this.#earlyDatagrams;
    this.#earlyDatagrams = [];
    return new Promise((resolve, reject) => {
      const settle = { resolve, reject };
      if (role === 'client') {
        const handshake = new ClientHandshake({ certificate, fingerprints });
        this.#state = { kind: 'shaking', handshake, settle };
        this.#sender.start(handshake.open());
      } else {
        const handshake = new ServerHandshake({ certificate, fingerprints });
        this.#state = { kind: 'shaking', handshake, settle };
        for (const datagram of early) this.receive(datagram);
      }
    });
  }

  /** Takes a datagram of DTLS; does not keep its memory once the handshake has begun. */
  receive(datagram: Uint8Array): void {
    if (this.#state.kind === 'new') {
      if (this.#earlyDatagrams.length < MAX_EARLY_DATAGRAMS) this.#earlyDatagrams.push(datagram);
      else this.#refused++;
      return;
    }
    if (this.#state.kind === 'shaking') {
      this.#handshakeBytes += datagram.byteLength;
      if (this.#handshakeBytes > MAX_HANDSHAKE_BYTES) {
        this.#refused++;
        return;
      }
    }
    for (const record of recordsOf(datagram)) {
      if (record.epoch === 0) this.#receivePlain(record);
      else this.#receiveProtected(record.bytes);
    }
  }

  /** Sends something inside DTLS, once the handshake is over. */
  sendPlain(payload: Uint8Array): void {
    if (this.#state.kind === 'open' && this.#records)
      this.#send(this.#records.seal(CONTENT_TYPE.applicationData, payload));
  }

  /** Tells the peer that the connection ends (RFC 5246 §7.2.1), and sends nothing any more. */
  sayClosed(): void {
    const state = this.#state;
    this.#over();
    if (state.kind === 'open') this.#sendAlert(ALERT_LEVEL.warning, ALERT.closeNotify);
    if (state.kind === 'shaking')
      state.settle.reject(
        new DtlsError('dtls/closed', 'closed during the handshake', { alert: ALERT.userCanceled }),
      );
  }

  #receivePlain({ type, payload }: ReceivedRecord): void {
    if (type === CONTENT_TYPE.handshake) this.#receiveMessages(payload, 0);
    // Anybody could have sent it: nothing ends by that.
    else if (type === CONTENT_TYPE.alert) this.#hearsay = payload[1] ?? this.#hearsay;
  }

  #receiveProtected(sealed: Uint8Array): void {
    const record = this.#records?.open(sealed);
    if (record) this.#receiveOpened(record);
    else if (!this.#records && this.#earlyRecords.length < MAX_EARLY_RECORDS)
      this.#earlyRecords.push(sealed.slice());
    else this.#refused++;
  }

  #receiveOpened({ type, payload }: DtlsRecord): void {
    if (type === CONTENT_TYPE.handshake) this.#receiveMessages(payload, PROTECTED_EPOCH);
    else if (type === CONTENT_TYPE.alert) this.#receiveAlert(payload);
    else if (type !== CONTENT_TYPE.applicationData || this.#state.kind === 'over') this.#refused++;
    else if (this.#delivers) this.#options?.plain(payload);
    else if (this.#earlyPayloads.length < MAX_EARLY_RECORDS) this.#earlyPayloads.push(payload);
    else this.#refused++;
  }

  #receiveAlert([level, description = ALERT.internalError]: Uint8Array): void {
    const state = this.#state;
    if (level !== ALERT_LEVEL.fatal && description !== ALERT.closeNotify) return;
    this.#over();
    if (state.kind === 'open') this.#options?.closed();
    if (state.kind === 'shaking') state.settle.reject(refusedBy(description));
  }

  #receiveMessages(payload: Uint8Array, epoch: number): void {
    // Of what is said again only the end proves who says it.
    if (this.#state.kind === 'open' && epoch === PROTECTED_EPOCH) this.#sender.repeat();
    if (this.#state.kind !== 'shaking') return;
    const { handshake } = this.#state;
    const { messages, repeats } = this.#inbound.add(payload, epoch);
    if (repeats > 0 && messages.length === 0) this.#sender.repeat();
    try {
      for (const message of messages) {
        if (this.#state.kind !== 'shaking') return;
        this.#take(handshake.handle(message));
      }
    } catch (error) {
      this.#fail(errorOf(error));
    }
    // Only now: what they carry follows on these messages.
    if (this.#records) for (const record of this.#earlyRecords.splice(0)) this.#receiveProtected(record);
  }

  #take({ flight, keys, done }: HandshakeStep): void {
    if (keys) this.#records = new DtlsRecords(keys);
    if (flight) this.#sender.start(flight);
    if (done) this.#open(done);
  }

  #open(result: HandshakeResult): void {
    if (this.#state.kind !== 'shaking') return;
    const { settle } = this.#state;
    this.#state = { kind: 'open' };
    this.#sender.rest();
    settle.resolve(result);
    // Who waits for the handshake hears of its end before anything else.
    queueMicrotask(() => {
      this.#delivers = true;
      for (const payload of this.#earlyPayloads.splice(0))
        if (this.#state.kind === 'open') this.#options?.plain(payload);
    });
  }

  #fail(error: DtlsError): void {
    const state = this.#state;
    if (state.kind !== 'shaking') return;
    this.#over();
    this.#sendAlert(ALERT_LEVEL.fatal, error.alert);
    state.settle.reject(error);
  }

  #over(): void {
    this.#state = { kind: 'over' };
    this.#sender.stop();
    this.#earlyDatagrams = [];
    this.#earlyRecords = [];
    this.#earlyPayloads = [];
  }

  #sendAlert(level: number, description: number): void {
    const alert = Uint8Array.of(level, description);
    const record = this.#changedCipher
      ? this.#requireRecords().seal(CONTENT_TYPE.alert, alert)
      : plainRecord(CONTENT_TYPE.alert, alert, this.#plainSequence++);
    this.#send(record);
  }

  #requireRecords(): DtlsRecords {
    if (!this.#records) throw new Error('nothing is protected before there are keys');
    return this.#records;
  }

  #silence(): DtlsError {
    const said = this.#hearsay === undefined ? '' : `; it may have said ${alertInWords(this.#hearsay)}`;
    return new DtlsError('dtls/timeout', `the peer does not answer${said}`, { alert: ALERT.userCanceled });
  }
}

const refusedBy = (description: number): DtlsError =>
  new DtlsError('dtls/refused', `the peer refused it: ${alertInWords(description)}`, {
    alert: ALERT.closeNotify,
  });

function errorOf(error: unknown): DtlsError {
  if (error instanceof DtlsError) return error;
  if (error instanceof MalformedError)
    return new DtlsError('dtls/malformed', `a message that cannot be read: ${error.message}`, {
      alert: ALERT.decodeError,
      cause: error,
    });
  // A bug of ours ends one connection, not the server.
  return new DtlsError('dtls/internal', 'the handshake failed in a way it should not', {
    alert: ALERT.internalError,
    cause: error,
  });
}
