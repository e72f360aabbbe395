import { MalformedError } from '@pinhole/core';
import {
  type AnyClientMessage,
  type LiveFrame,
  liveSubprotocols,
  parseLiveFrame,
} from '@pinhole/protocol/live';
import type { ClockOffset } from '../../clock/clock-offset.ts';
import { Conversation, type ServerMessage } from '../conversation.ts';
import type { Failure } from '../failure.ts';
import { closeFailure, openFailure } from './close-failure.ts';

/** What a live connection tells its owner. */
export type LiveEvent =
  | { readonly kind: 'stage'; readonly stage: 'socket' | 'key-frame' }
  | { readonly kind: 'frame'; readonly frame: LiveFrame }
  | { readonly kind: 'message'; readonly message: ServerMessage }
  /** It is over and will not come back. */
  | { readonly kind: 'failed'; readonly failure: Failure };

/** What a live connection needs. */
export interface LiveConnectionOptions {
  /** `ws:` or `wss:` address of the camera's live endpoint. */
  readonly url: string;
  readonly token?: string;
  readonly clock: ClockOffset;
  /** What kind of pictures to ask for. */
  readonly pictures: 'video' | 'jpeg';
  readonly handle: (event: LiveEvent) => void;
}

/** One viewer's WebSocket to `/live/{camera}`. It never tries again by itself. */
export class LiveConnection {
  readonly #options: LiveConnectionOptions;
  readonly #abort = new AbortController();
  #socket: WebSocket | undefined;
  #conversation: Conversation | undefined;
  #opened = false;
  #received = 0;
  #receivedBytes = 0;
  #malformed = 0;

  constructor(options: LiveConnectionOptions) {
    this.#options = options;
  }

  /** Pictures that came. */
  get received(): number {
    return this.#received;
  }

  /** Bytes that came in binary messages. */
  get receivedBytes(): number {
    return this.#receivedBytes;
  }

  /** Binary messages that could not be read. */
  get malformed(): number {
    return this.#malformed;
  }

  /** Connects; what becomes of it comes as events. */
  open(): void {
    const { signal } = this.#abort;
    if (signal.aborted) return;
    const { token, clock, handle } = this.#options;
    const socket = new WebSocket(this.#address(), liveSubprotocols(token));
    const conversation = new Conversation({
      send: (text) => {
        if (socket.readyState === WebSocket.OPEN) socket.send(text);
      },
      handle: (message) => handle({ kind: 'message', message }),
      clock,
    });
    this.#socket = socket;
    this.#conversation = conversation;
    socket.binaryType = 'arraybuffer';
    handle({ kind: 'stage', stage: 'socket' });
    socket.addEventListener(
      'open',
      () => {
        this.#opened = true;
        conversation.open();
        handle({ kind: 'stage', stage: 'key-frame' });
      },
      { signal },
    );
    socket.addEventListener('message', ({ data }: MessageEvent<unknown>) => this.#receive(data), { signal });
    socket.addEventListener('close', ({ code, reason }) => void this.#ended(code, reason), { signal });
  }

  /** Says something to the server. */
  say(message: AnyClientMessage): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#conversation?.say(message);
  }

  /** Ends it, with a word to the server. May be called again. */
  close(): void {
    if (this.#abort.signal.aborted) return;
    this.#abort.abort();
    this.#conversation?.close();
    this.#socket?.close(1000);
  }

  #address(): string {
    const { url, pictures } = this.#options;
    return pictures === 'video' ? url : `${url}${url.includes('?') ? '&' : '?'}format=jpeg`;
  }

  #receive(message: unknown): void {
    if (typeof message === 'string') {
      this.#conversation?.receive(message);
      return;
    }
    if (!(message instanceof ArrayBuffer)) return;
    this.#receivedBytes += message.byteLength;
    let frame: LiveFrame;
    try {
      frame = parseLiveFrame(new Uint8Array(message));
    } catch (thrown) {
      if (!(thrown instanceof MalformedError)) throw thrown;
      this.#malformed++;
      return;
    }
    if (frame.type !== this.#options.pictures || frame.track !== 0) return;
    this.#received++;
    this.#options.handle({ kind: 'frame', frame });
  }

  async #ended(code: number, reason: string): Promise<void> {
    const { token } = this.#options;
    const { signal } = this.#abort;
    const url = this.#address();
    const failure = this.#opened ? closeFailure(code, reason) : await openFailure(url, { signal, token });
    if (signal.aborted) return;
    this.close();
    this.#options.handle({ kind: 'failed', failure });
  }
}
