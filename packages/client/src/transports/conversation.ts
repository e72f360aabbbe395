import { MalformedError, micros, millis } from '@pinhole/core';
import {
  type AnyClientMessage,
  type LiveServerMessage,
  parseLiveServerMessage,
} from '@pinhole/protocol/live';
import type { ClockOffset } from '../clock/clock-offset.ts';
import { localNow } from '../clock/local-clock.ts';

/** What the server says: about the pictures, or of a kind that somebody else on the page may know. */
export type ServerMessage = LiveServerMessage | { readonly type: 'other'; readonly text: string };

/** What a conversation needs of the connection under it. */
export interface ConversationOptions {
  /** Sends a text message; may throw or drop it when the connection is gone. */
  readonly send: (text: string) => void;
  /** Takes what the server says, except for pongs. */
  readonly handle: (message: ServerMessage) => void;
  /** Takes the clock exchanges. */
  readonly clock: ClockOffset;
}

/** The first pings come fast, since the shortest round trip of a few gives a good offset within half a second. */
const FIRST_PINGS = 5;
const FIRST_PING_INTERVAL_MS = 120;
const PING_INTERVAL_MS = 2_000;

/**
 * What both ends say to each other beside the pictures, over a data channel or a WebSocket alike: clock exchange,
 * heartbeats, pause and resume, requests for a key frame, goodbye.
 */
export class Conversation {
  readonly #options: ConversationOptions;
  #pings = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;
  #malformed = 0;

  constructor(options: ConversationOptions) {
    this.#options = options;
  }

  /** Messages of the server that could not be read. */
  get malformed(): number {
    return this.#malformed;
  }

  /** The connection is up: clock exchanges begin. */
  open(): void {
    if (!this.#closed && this.#timer === undefined) this.#ping();
  }

  /** Takes a text message of the server. */
  receive(text: string): void {
    if (this.#closed) return;
    let message: LiveServerMessage;
    try {
      message = parseLiveServerMessage(text);
    } catch (thrown) {
      if (!(thrown instanceof MalformedError)) throw thrown;
      if (thrown.code === 'live/unknown-message') this.#options.handle({ type: 'other', text });
      else this.#malformed++;
      return;
    }
    if (message.type !== 'pong') {
      this.#options.handle(message);
      return;
    }
    this.#options.clock.add({
      sentAt: millis(message.clientTimeMs),
      receivedAt: localNow(),
      serverTime: micros(message.serverTimeUs),
    });
  }

  /** Says something; a connection that is gone loses it. */
  say(message: AnyClientMessage): void {
    try {
      this.#options.send(JSON.stringify(message));
    } catch {
      // The connection's own close event tells what happened.
    }
  }

  /** Says goodbye and ends the pings. */
  close(): void {
    if (!this.#closed) this.say({ type: 'bye' });
    this.stop();
  }

  /** Ends the pings without a word: the goodbye goes another way. */
  stop(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  #ping(): void {
    this.say({ type: 'ping', clientTimeMs: localNow() });
    this.#pings++;
    const waitMs = this.#pings < FIRST_PINGS ? FIRST_PING_INTERVAL_MS : PING_INTERVAL_MS;
    this.#timer = setTimeout(() => this.#ping(), waitMs);
  }
}
