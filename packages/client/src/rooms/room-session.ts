import { Backoff, millis } from '@pinhole/core';
import { type Patience, Waiting } from './patience.ts';
import { RoomLink, type RoomLinkCounters } from './room-link.ts';
import type { RoomClientMessage, RoomServerMessage, RoomServerMessageOf } from './room-messages.ts';
import type { ReconnectOptions, RoomClientOptions } from './room-options.ts';
import { RoomsError } from './rooms-error.ts';
import type { RoomIceServer, RoomWebSocket, RoomWebSocketClass } from './web-interfaces.ts';

/** What a session tells. */
export interface RoomSessionHandlers {
  /** The server knows this client; again after each reconnect. */
  readonly opened: (welcome: RoomServerMessageOf<'welcome'>) => void;
  readonly message: (message: RoomServerMessage) => void;
  readonly binary: (bytes: Uint8Array) => void;
  /** The connection is gone. */
  readonly lost: (error: RoomsError) => void;
  /** It comes back after so long. */
  readonly waits: (wait: { readonly delayMs: number; readonly tries: number }) => void;
  /** It does not come back: the server refused. */
  readonly refused: (error: RoomsError) => void;
}

/** The server looks at so many. */
const MAX_RESUME_TOKENS = 4;

type State = 'idle' | 'connecting' | 'open' | 'waiting';

/**
 * The connection to the server, and the only owner of its retries.
 *
 *   idle ──open()──▶ connecting ──welcome, token──▶ open ──lost──▶ waiting ──delay──▶ connecting …
 *     ▲                  │ failed, by open()                          │ refused, close()
 *     └──────────────────┴────────────────────────────────────────────┘
 */
export class RoomSession {
  readonly #options: RoomClientOptions & { readonly serverUrl: string; readonly timeoutMs: number };
  readonly #handlers: RoomSessionHandlers;
  readonly #backoff: Backoff;
  readonly #counters = { malformed: 0, unknown: 0 };
  #state: State = 'idle';
  #link: RoomLink | undefined;
  #opening: Waiting<void> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #welcome: RoomServerMessageOf<'welcome'> | undefined;
  #iceServers: readonly RoomIceServer[] | undefined;
  /** Of the connections before; the camera id may still be that of any of them. */
  #resumeTokens: readonly string[] = [];

  constructor(
    options: RoomClientOptions & { readonly serverUrl: string; readonly timeoutMs: number },
    handlers: RoomSessionHandlers,
  ) {
    this.#options = options;
    this.#handlers = handlers;
    const { minDelayMs = 500, maxDelayMs = 15_000, random }: ReconnectOptions = options.reconnect || {};
    this.#backoff = new Backoff({
      firstMs: millis(minDelayMs),
      maxMs: millis(maxDelayMs),
      ...(random !== undefined && { random }),
    });
  }

  get state(): State {
    return this.#state;
  }

  get socket(): RoomWebSocket | null {
    return this.#link?.socket ?? null;
  }

  get counters(): RoomLinkCounters {
    return { ...this.#counters };
  }

  /** Those that the server named last; undefined: it named none. */
  get iceServers(): readonly RoomIceServer[] | undefined {
    return this.#iceServers;
  }

  /** Whether the server knows the messages that came later, and answers what it refuses. */
  get isModern(): boolean {
    return (this.#welcome?.protocol ?? 1) >= 2;
  }

  /** Connects; at once when it is connected, together with who else does. */
  open(patience: Patience): Promise<void> {
    if (this.#state === 'open') return Promise.resolve();
    if (this.#opening === undefined || this.#opening.settled) this.#attempt();
    const shared = this.#opening;
    const own = new Waiting<void>('connecting', patience);
    shared?.promise.then(
      () => own.resolve(),
      (error: RoomsError) => own.reject(error),
    );
    own.promise.catch(() => {
      // Given up by the only one who wanted it.
      if (shared === this.#opening && this.#state === 'connecting' && patience.signal?.aborted) this.close();
    });
    return own.promise;
  }

  /** @returns false when it is not connected */
  send(message: RoomClientMessage): boolean {
    return this.#state === 'open' && this.#link?.send(message) === true;
  }

  sendBinary(bytes: Uint8Array): boolean {
    return this.#state === 'open' && this.#link?.sendBinary(bytes) === true;
  }

  /** Ends it for good, or until `open`. */
  close(): void {
    clearTimeout(this.#timer);
    this.#link?.close();
    this.#link = undefined;
    this.#state = 'idle';
    this.#opening?.reject(new RoomsError('rooms/aborted', 'the client was disconnected'));
    this.#resumeTokens = [];
  }

  #attempt(): void {
    clearTimeout(this.#timer);
    this.#link?.close();
    this.#state = 'connecting';
    const { serverUrl, timeoutMs } = this.#options;
    const opening = new Waiting<void>(`connecting to ${serverUrl}`, { timeoutMs });
    this.#opening = opening;
    // A refusal settles it first; what fails in any other way here was no connection.
    opening.promise.catch((error: RoomsError) => this.#failed(opening, error));
    try {
      const link = new RoomLink(
        { webSocket: socketClass(this.#options.webSocket), url: serverUrl, counters: this.#counters },
        {
          message: (message) => this.#receive(message),
          binary: (bytes) => this.#handlers.binary(bytes),
          closed: (error, final) => this.#closed(error, final),
        },
      );
      this.#link = link;
    } catch (thrown) {
      opening.reject(thrown as RoomsError);
    }
  }

  #receive(message: RoomServerMessage): void {
    if (this.#state === 'open') {
      this.#handlers.message(message);
      return;
    }
    if (message.type === 'welcome') this.#welcomed(message);
    else if (message.type === 'authenticated') {
      if (message.iceServers !== undefined) this.#iceServers = iceServersOf(message.iceServers);
      this.#opened();
    } else if (message.type === 'error' && (message.re === 'auth' || message.code === 'unauthenticated'))
      this.#refuse(new RoomsError('rooms/token', message.message, { roomCode: message.code }));
  }

  #welcomed(welcome: RoomServerMessageOf<'welcome'>): void {
    const { token } = this.#options;
    this.#welcome = welcome;
    this.#iceServers = welcome.iceServers && iceServersOf(welcome.iceServers);
    if (token !== undefined && this.isModern) this.#link?.send({ type: 'auth', token });
    else if (welcome.authRequired === true)
      this.#refuse(new RoomsError('rooms/token', 'the server wants a token: give it as `token`'));
    else this.#opened();
  }

  #opened(): void {
    const welcome = this.#welcome;
    const link = this.#link;
    if (welcome === undefined || link === undefined) return;
    this.#state = 'open';
    if (this.isModern) {
      link.watch(welcome.pingIntervalMs);
      // Proves that it is the same camera as before, whose connection may still count as alive.
      for (const resumeToken of this.#resumeTokens) link.send({ type: 'resume', resumeToken });
    }
    if (welcome.resumeToken !== undefined)
      this.#resumeTokens = [...this.#resumeTokens, welcome.resumeToken].slice(-MAX_RESUME_TOKENS);
    this.#backoff.reset();
    this.#opening?.resolve();
    this.#handlers.opened(welcome);
  }

  #refuse(error: RoomsError): void {
    const before = this.#opening;
    const first = this.#backoff.tries === 0;
    this.#link?.close();
    this.#link = undefined;
    this.#state = 'idle';
    before?.reject(error);
    if (!first) this.#handlers.refused(error);
  }

  #closed(error: RoomsError, final: boolean): void {
    this.#link = undefined;
    const wasOpen = this.#state === 'open';
    if (!wasOpen) {
      if (final) this.#refuse(error);
      else this.#opening?.reject(new RoomsError('rooms/connect', error.message, { cause: error }));
      return;
    }
    this.#state = 'idle';
    this.#handlers.lost(error);
    if (final) this.#handlers.refused(error);
    // The handler may have closed or opened it.
    else if (this.#state === 'idle') this.#waitThenTry();
  }

  /** An attempt came to nothing: one of ours is followed by the next, the first one by what its caller does. */
  #failed(opening: Waiting<void>, error: RoomsError): void {
    if (opening !== this.#opening || this.#state !== 'connecting') return;
    this.#link?.close();
    this.#link = undefined;
    this.#state = 'idle';
    if (this.#backoff.tries > 0) this.#waitThenTry(error);
  }

  #waitThenTry(error?: RoomsError): void {
    if (this.#options.reconnect === false) return;
    const delayMs = Math.max(this.#backoff.next(), error?.retryAfterMs ?? 0);
    this.#state = 'waiting';
    this.#handlers.waits({ delayMs, tries: this.#backoff.tries });
    // The handler may have closed it.
    if (this.#state === 'waiting') this.#timer = setTimeout(() => this.#attempt(), delayMs);
  }
}

function socketClass(given: RoomWebSocketClass | undefined): RoomWebSocketClass {
  const found = given ?? (globalThis as { readonly WebSocket?: RoomWebSocketClass }).WebSocket;
  if (found === undefined)
    throw new RoomsError(
      'rooms/unsupported',
      'there is no WebSocket here: give a class of them as `webSocket`',
    );
  return found;
}

type ToldIceServers = NonNullable<RoomServerMessageOf<'welcome'>['iceServers']>;

const iceServersOf = (servers: ToldIceServers): readonly RoomIceServer[] =>
  servers.map(({ urls, username, credential }) => ({
    urls,
    ...(username !== undefined && { username }),
    ...(credential !== undefined && { credential }),
  }));
