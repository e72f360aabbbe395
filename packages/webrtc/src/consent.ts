import { createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import type { RemoteAddress } from './ice-socket.ts';
import { transactionOf } from './stun-header.ts';
import { type IceRole, readBinding, serializeCheck, serializeCheckResponse } from './stun-message.ts';

/** What the checks on a path in use need. */
export interface ConsentOptions {
  readonly local: { readonly ufrag: string; readonly password: string };
  readonly remote: { readonly ufrag: string; readonly password: string };
  readonly role: IceRole;
  readonly tieBreaker: bigint;
  /** The peer makes no checks of its own, and has to be told each time that this is the path (RFC 8445 §8.1.1). */
  readonly isLite: boolean;
  /** Sends on the path in use. */
  readonly send: (datagram: Uint8Array) => void;
  /** The peer did not answer for so long that nothing more may be sent. */
  readonly expired: () => void;
}

/** What a datagram was that came on the path in use. */
export type ConsentVerdict =
  /** A check of the peer's, which was answered. */
  | 'check'
  /** The same, and the peer chooses the path that it uses. */
  | 'nomination'
  /** The answer to a check of ours. */
  | 'signed-answer'
  /** The same, signed with a password that was told to nobody. */
  | 'answer'
  /** Something else: the agent's. */
  | undefined;

/** Checks are sent this often, give or take a fifth (RFC 7675 §5.1). */
const CHECK_EVERY_MS = 5000;
const SPREAD = 0.2;
/** A peer that answers none for so long does not want to be sent anything (RFC 7675 §5.1). */
const EXPIRES_AFTER_MS = 30_000;
/** Checks whose answer is waited for: those of the time above. */
const MAX_UNANSWERED = 8;

/**
 * The checks on a path once it is in use, for hours: those of the peer are answered, and ours show that it still wants what
 * is sent. That is all that goes on there, so it is done without the agent, which would read each datagram three times.
 * @see RFC 7675 (consent freshness), RFC 8445 §11 (keepalives)
 */
export class Consent {
  readonly #options: ConsentOptions;
  readonly #localKey: KeyObject;
  readonly #remoteKey: KeyObject;
  /** Numbers of the checks that were not answered yet, the oldest first. */
  readonly #unanswered: string[] = [];
  #answeredAtMs = performance.now();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ConsentOptions) {
    this.#options = options;
    this.#localKey = keyOf(options.local.password);
    this.#remoteKey = keyOf(options.remote.password);
  }

  /** The path is in use from now on, or another one is; its first check was answered. */
  begin(): void {
    this.#answeredAtMs = performance.now();
    clearTimeout(this.#timer);
    this.#wait();
  }

  /** Takes a STUN message that came on the path in use, from `from`. */
  receive(datagram: Uint8Array, from: RemoteAddress): ConsentVerdict {
    return (datagram[0] ?? 0) === 0 ? this.#answer(datagram, from) : this.#hear(datagram);
  }

  /** Nothing more is sent. */
  end(): void {
    clearTimeout(this.#timer);
    this.#unanswered.length = 0;
  }

  #answer(datagram: Uint8Array, from: RemoteAddress): ConsentVerdict {
    const { role, send } = this.#options;
    const request = readBinding(datagram, this.#localKey);
    // A conflict of roles is the agent's, too.
    const isCheck = request?.kind === 'request' && request.isSigned && request.role !== undefined;
    if (!isCheck || request.role === role) return undefined;
    const response = serializeCheckResponse(datagram, from, this.#localKey);
    if (!response) return undefined;
    send(response);
    return request.nominates && role === 'controlled' ? 'nomination' : 'check';
  }

  #hear(datagram: Uint8Array): ConsentVerdict {
    const at = this.#unanswered.indexOf(transactionOf(datagram));
    const response = at < 0 ? undefined : readBinding(datagram, this.#remoteKey);
    if (response?.kind !== 'success') return undefined;
    this.#unanswered.splice(at, 1);
    this.#answeredAtMs = performance.now();
    return response.isSigned ? 'signed-answer' : 'answer';
  }

  #wait(): void {
    const next = CHECK_EVERY_MS * (1 + SPREAD * (2 * Math.random() - 1));
    const left = this.#answeredAtMs + EXPIRES_AFTER_MS - performance.now();
    this.#timer = setTimeout(() => this.#check(), Math.min(next, left));
  }

  #check(): void {
    const { local, remote, role, tieBreaker, isLite, send, expired } = this.#options;
    if (performance.now() - this.#answeredAtMs >= EXPIRES_AFTER_MS) {
      expired();
      return;
    }
    const transaction = randomBytes(12);
    const username = `${remote.ufrag}:${local.ufrag}`;
    const nominates = role === 'controlling' && isLite;
    const check = serializeCheck({
      transaction,
      username,
      role,
      tieBreaker,
      nominates,
      key: this.#remoteKey,
    });
    this.#unanswered.push(transactionOf(check));
    if (this.#unanswered.length > MAX_UNANSWERED) this.#unanswered.shift();
    this.#wait();
    send(check);
  }
}

const keyOf = (password: string): KeyObject => createSecretKey(Buffer.from(password));
