import { MalformedError } from '@pinhole/core';
import {
  LIVE_CLOSE_CODE,
  type LiveByeCode,
  type LiveServerMessage,
  serializeLiveMessage,
} from '@pinhole/protocol/live';
import type { RawData, WebSocket } from 'ws';
import type { FramePieces } from './framing.ts';

/** A viewer that does not answer the close within this time is cut off. */
const CLOSE_PATIENCE_MS = 2_000;

/** `1008 Policy Violation` (RFC 6455 §7.4.1). */
const POLICY_VIOLATION = 1008;

/** The sending half of one WebSocket. */
export class LiveConnection {
  readonly #socket: WebSocket;
  readonly #texts: boolean;
  #closing = false;

  /** @param options.texts false for a client that takes nothing but pictures: texts are swallowed */
  constructor(socket: WebSocket, options: { readonly texts: boolean }) {
    this.#socket = socket;
    this.#texts = options.texts;
  }

  send(message: LiveServerMessage): void {
    this.sendText(serializeLiveMessage(message));
  }

  /** @returns whether it was sent: the connection takes texts, and is not being closed */
  sendText(text: string): boolean {
    const takes = this.#texts && !this.#closing;
    if (takes) this.#socket.send(text);
    return takes;
  }

  /** Sends one binary message; `taken` is called when the operating system has it, or the connection is gone. */
  sendFrame(pieces: FramePieces, taken: () => void): void {
    const [first, second] = pieces;
    if (this.#closing) {
      taken();
    } else if (second === undefined) {
      this.#socket.send(first, { binary: true }, taken);
    } else {
      // Two fragments of one message (RFC 6455 §5.4): the payload is not copied behind a header of its own.
      this.#socket.send(first, { binary: true, fin: false });
      this.#socket.send(second, { binary: true, fin: true }, taken);
    }
  }

  /** Asks the viewer's WebSocket, not its page, for a sign of life; the answer brings `mark` back. */
  ping(mark = ''): void {
    if (!this.#closing) this.#socket.ping(mark);
  }

  /** Answers its ping with the same `mark` (RFC 6455 §5.5.3). */
  pong(mark: Uint8Array): void {
    if (!this.#closing) this.#socket.pong(mark);
  }

  /** Says why and closes. */
  close(code: LiveByeCode, reason: string): void {
    this.#closeWith(LIVE_CLOSE_CODE[code], { type: 'bye', code, reason });
  }

  /** Says what was wrong with the viewer's message and closes. */
  reject(code: string, message: string): void {
    this.#closeWith(POLICY_VIOLATION, { type: 'error', code, message });
  }

  #closeWith(closeCode: number, last: LiveServerMessage): void {
    if (this.#closing) return;
    this.send(last);
    this.#closing = true;
    this.#socket.close(closeCode);
    // A viewer that stopped reading never sees the close frame, let alone answers it.
    const cut = setTimeout(() => this.#socket.terminate(), CLOSE_PATIENCE_MS);
    this.#socket.once('close', () => clearTimeout(cut));
  }
}

/**
 * A viewer's message as text.
 * @throws {MalformedError} `live/binary`
 */
export const textOf = (payload: RawData, isBinary: boolean): string => {
  if (isBinary) throw new MalformedError('live/binary', 'a viewer sends text messages only');
  if (Array.isArray(payload)) return Buffer.concat(payload).toString();
  return Buffer.from(payload as Uint8Array).toString();
};
