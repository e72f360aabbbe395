import { messageOf } from '@pinhole/core';
import {
  parseRoomServerMessage,
  ROOM_CLOSE_CODE,
  RoomMessageError,
  serializeRoomClientMessage,
} from '@pinhole/protocol/rooms';
import type { RoomClientMessage, RoomServerMessage } from './room-messages.ts';
import { RoomsError } from './rooms-error.ts';
import type { RoomWebSocket, RoomWebSocketClass } from './web-interfaces.ts';

/** What a link tells; nothing after `closed`. */
export interface RoomLinkHandlers {
  readonly message: (message: RoomServerMessage) => void;
  /** A binary message. */
  readonly binary: (bytes: Uint8Array) => void;
  /** It is over; `final`: the server does not want this client again. */
  readonly closed: (error: RoomsError, final: boolean) => void;
}

/** Messages that were passed over. */
export interface RoomLinkCounters {
  /** No message of rooms, or a broken one. */
  readonly malformed: number;
  /** Of a type that this client is too old for. */
  readonly unknown: number;
}

const OPEN = 1;
/** A server that takes nothing for so long costs pictures, and then the connection. */
const MAX_BUFFERED_BYTES = 1_048_576;
/** What the server uses to tell for itself when it says nothing of it. */
const DEFAULT_PING_MS = 20_000;

/** What a close code means where the same again would be refused. */
const FINAL_CODES = new Map<number, { readonly code: string; readonly why: string }>([
  [ROOM_CLOSE_CODE.unauthenticated, { code: 'rooms/token', why: 'the server wants a token that it knows' }],
  [ROOM_CLOSE_CODE.forbidden, { code: 'rooms/token', why: 'the token was revoked' }],
  [ROOM_CLOSE_CODE.replaced, { code: 'rooms/replaced', why: 'the same camera came by another connection' }],
]);

/** One WebSocket to the server, from its opening to its end: parsed messages, a heartbeat, no retry. */
export class RoomLink {
  readonly #socket: RoomWebSocket;
  readonly #handlers: RoomLinkHandlers;
  readonly #counters: { malformed: number; unknown: number };
  #beat: ReturnType<typeof setInterval> | undefined;
  #heard = true;
  #asked = false;
  #over = false;

  constructor(
    options: {
      readonly webSocket: RoomWebSocketClass;
      readonly url: string;
      readonly counters: { malformed: number; unknown: number };
    },
    handlers: RoomLinkHandlers,
  ) {
    this.#handlers = handlers;
    this.#counters = options.counters;
    try {
      this.#socket = new options.webSocket(options.url);
    } catch (cause) {
      throw new RoomsError(
        'rooms/connect',
        `${options.url} is no address of a WebSocket: ${messageOf(cause)}`,
        {
          cause,
        },
      );
    }
    this.#socket.binaryType = 'arraybuffer';
    this.#socket.addEventListener('message', (event) => this.#receive((event as MessageEvent<unknown>).data));
    this.#socket.addEventListener('error', () => {}); // `close` follows
    this.#socket.addEventListener('close', (event) => {
      const { code, reason } = event as CloseEvent;
      const known = FINAL_CODES.get(code);
      const why = known?.why ?? `the connection to ${options.url} ended (${reason || `code ${code}`})`;
      this.#end(new RoomsError(known?.code ?? 'rooms/disconnected', why), known !== undefined);
    });
  }

  /** The WebSocket itself. */
  get socket(): RoomWebSocket {
    return this.#socket;
  }

  get isOpen(): boolean {
    return !this.#over && this.#socket.readyState === OPEN;
  }

  /** @returns false when it was not sent: the connection is not open */
  send(message: RoomClientMessage): boolean {
    if (!this.isOpen) return false;
    this.#socket.send(serializeRoomClientMessage(message));
    return true;
  }

  /** Sends a picture. @returns false when it was left out: not open, or others wait before it */
  sendBinary(bytes: Uint8Array): boolean {
    if (!this.isOpen || this.#socket.bufferedAmount > MAX_BUFFERED_BYTES) return false;
    // Sockets take no shared memory; a copy is what the caller may change afterwards, too.
    this.#socket.send(new Uint8Array(bytes));
    return true;
  }

  /** From now on asks a server that is silent for signs of life, and gives it up without. */
  watch(intervalMs = DEFAULT_PING_MS): void {
    clearInterval(this.#beat);
    this.#beat = setInterval(() => this.#tick(), Math.max(1000, intervalMs));
  }

  /** Ends it without a word to the handlers. */
  close(): void {
    this.#over = true;
    clearInterval(this.#beat);
    // While it is connecting this makes an error event in browsers, which has its listener.
    this.#socket.close();
  }

  #tick(): void {
    if (this.#heard) {
      this.#heard = false;
      this.#asked = false;
      return;
    }
    if (!this.#asked) {
      this.#asked = true;
      this.send({ type: 'ping', t: Date.now() });
      return;
    }
    const error = new RoomsError('rooms/disconnected', 'the server gives no sign of life');
    this.#socket.close();
    this.#end(error, false);
  }

  #receive(payload: unknown): void {
    if (this.#over) return;
    this.#heard = true;
    if (payload instanceof ArrayBuffer) {
      this.#handlers.binary(new Uint8Array(payload));
      return;
    }
    if (typeof payload !== 'string') return;
    let message: RoomServerMessage;
    try {
      message = parseRoomServerMessage(payload);
    } catch (thrown) {
      if (!(thrown instanceof RoomMessageError)) throw thrown;
      this.#counters[thrown.code === 'rooms/unknown-message' ? 'unknown' : 'malformed']++;
      return;
    }
    this.#handlers.message(message);
  }

  #end(error: RoomsError, final: boolean): void {
    if (this.#over) return;
    this.#over = true;
    clearInterval(this.#beat);
    this.#handlers.closed(error, final);
  }
}
