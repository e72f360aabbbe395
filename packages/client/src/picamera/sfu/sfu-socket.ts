import { messageOf } from '@pinhole/core';
import {
  parseSfuServerMessage,
  type Sayable,
  SFU_PING_INTERVAL_MS,
  type SfuPeerMessage,
  type SfuServerMessage,
  serializeSfuPeerMessage,
} from '@pinhole/protocol/picamera';
import { PiCameraError } from '../picamera-error.ts';

/** What comes of a WebSocket to an SFU server. */
export interface SfuSocketHandlers {
  message(message: SfuServerMessage): void;
  /** Something that cannot be read; told once. */
  malformed(error: PiCameraError): void;
  /** It is closed, or never opened. */
  closed(error: PiCameraError): void;
}

/** The conversation with an SFU server: says and hears messages, and pings once it was let in. */
export class SfuSocket {
  readonly #socket: WebSocket;
  readonly #abort = new AbortController();
  #ping: ReturnType<typeof setInterval> | undefined;
  #malformed = 0;

  constructor(socket: WebSocket, handlers: SfuSocketHandlers) {
    this.#socket = socket;
    const { signal } = this.#abort;
    let opened = false;
    socket.addEventListener('open', () => (opened = true), { signal });
    socket.addEventListener('message', ({ data: text }) => this.#receive(text, handlers), { signal });
    socket.addEventListener(
      'close',
      ({ code, reason }) => {
        const why = reason === '' ? `close code ${code}` : reason;
        handlers.closed(
          opened
            ? new PiCameraError('picamera/sfu-closed', `the SFU server closed the connection: ${why}`)
            : new PiCameraError('picamera/sfu-unreachable', `no connection to the SFU server: ${why}`),
        );
      },
      { signal },
    );
  }

  /** Messages that nobody could read. */
  get malformed(): number {
    return this.#malformed;
  }

  say(message: Sayable<SfuPeerMessage>): void {
    const text = serializeSfuPeerMessage(message);
    if (text !== undefined && this.#socket.readyState === this.#socket.OPEN) this.#socket.send(text);
  }

  /** Says goodbye and closes. May be called again. */
  close(): void {
    if (this.#abort.signal.aborted) return;
    this.say({ action: 'leave' });
    clearInterval(this.#ping);
    this.#abort.abort();
    this.#socket.close();
  }

  #receive(text: unknown, handlers: SfuSocketHandlers): void {
    try {
      const message = parseSfuServerMessage(String(text));
      if (message.action === 'join') {
        this.#ping ??= setInterval(() => this.say({ action: 'ping' }), SFU_PING_INTERVAL_MS);
      }
      handlers.message(message);
    } catch (cause) {
      this.#malformed++;
      if (this.#malformed > 1) return;
      const message = `from the SFU server: ${messageOf(cause)}`;
      handlers.malformed(new PiCameraError('picamera/malformed', message, { cause }));
    }
  }
}
