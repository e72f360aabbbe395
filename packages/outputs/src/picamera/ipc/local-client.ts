import type { Socket } from 'node:net';
import { MalformedError } from '@pinhole/core';
import { type IpcFraming, type IpcSplitter, ipcFrame, ipcSplitter } from './ipc-framing.ts';

/** What a local program's connection tells. */
export interface LocalClientHandlers {
  /** A message came. @returns false when there shall be no more for now */
  readonly message: (message: Uint8Array) => boolean;
  readonly ended: (why: 'left' | 'slow' | 'malformed') => void;
}

/** A program that reads nothing is dropped when so much waits for it. */
const LOCAL_WAITING_BYTES = 1024 * 1024;

/** One program of this machine on the socket. */
export class LocalClient {
  readonly #socket: Socket;
  readonly #framing: IpcFraming;
  readonly #splitter: IpcSplitter;
  readonly #handlers: LocalClientHandlers;
  #ended = false;
  #held = false;

  constructor(
    socket: Socket,
    { framing, ...handlers }: LocalClientHandlers & { readonly framing: IpcFraming },
  ) {
    this.#socket = socket;
    this.#framing = framing;
    this.#splitter = ipcSplitter(framing);
    this.#handlers = handlers;
    socket.on('data', (bytes: Uint8Array) => {
      this.#splitter.push(bytes);
      this.#read();
    });
    socket.on('close', () => this.#end('left'));
    // It closes then, which says all there is to say: a program that ended.
    socket.on('error', () => {});
  }

  /** Writes a message to the program. @returns whether it is still there */
  write(message: Uint8Array): boolean {
    if (this.#ended) return false;
    this.#socket.write(ipcFrame(message, this.#framing));
    if (this.#socket.writableLength > LOCAL_WAITING_BYTES) this.#end('slow');
    return !this.#ended;
  }

  /** Takes no more messages until `resume`: the program is held up by the system then. */
  hold(): void {
    this.#held = true;
    this.#socket.pause();
  }

  resume(): void {
    if (!this.#held) return;
    this.#held = false;
    this.#read();
    if (!this.#held) this.#socket.resume();
  }

  /** May be called again. */
  close(): void {
    this.#end('left');
  }

  #read(): void {
    try {
      while (!this.#held && !this.#ended) {
        const message = this.#splitter.next();
        if (message === undefined) return;
        if (!this.#handlers.message(message)) this.hold();
      }
    } catch (thrown) {
      if (!(thrown instanceof MalformedError)) throw thrown;
      this.#end('malformed');
    }
  }

  #end(why: 'left' | 'slow' | 'malformed'): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#socket.destroy();
    this.#handlers.ended(why);
  }
}
