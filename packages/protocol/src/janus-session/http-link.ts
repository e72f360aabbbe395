import { type Millis, millis } from '@pinhole/core';
import { type JanusCredentials, type JanusSentRequest, serializeJanusRequest } from '../janus/index.ts';
import { type JanusFault, lasting, passing } from './janus-fault.ts';
import {
  type JanusClock,
  type JanusLink,
  type JanusLinkHandlers,
  type JanusLinkOpener,
  MAX_SERVER_TEXT_CHARS,
} from './janus-link.ts';

/** One HTTP request to Janus. */
export interface JanusHttpRequest {
  readonly method: 'GET' | 'POST';
  /** In its query stand secret and token, where there are any: never to be logged. */
  readonly url: string;
  /** JSON. */
  readonly body?: string;
  /** Nobody waits for the answer, and the page may be on its way out. */
  readonly parting?: boolean;
}

/** A request on its way. */
export interface JanusHttpExchange {
  /** Rejects when there is no answer; `body` is cut where it is longer than anything of Janus. */
  readonly answer: Promise<{ readonly status: number; readonly body: string }>;
  cancel(): void;
}

/** Sends HTTP requests, as whoever uses this can. */
export type JanusHttp = (request: JanusHttpRequest) => JanusHttpExchange;

/** What a link over HTTP is made with. */
export interface JanusHttpLinkOptions {
  /** Janus's base path, e.g. `http://host:8088/janus`, without a query. */
  readonly url: string;
  readonly credentials: JanusCredentials;
  readonly http: JanusHttp;
  readonly clock: JanusClock;
  /** Why a request got no answer, in words without the address. */
  readonly explain: (thrown: unknown) => JanusFault;
}

/** Events in one answer. */
const MAX_EVENTS = 10;
/** Janus answers a poll after 30 s at the latest. */
const POLL_MS = millis(60_000);
/** So many polls in a row may fail. */
const MAX_POLL_FAILURES = 3;
const POLL_AGAIN = millis(500);
/** Requests that wait for those before them. */
const MAX_QUEUED = 128;

/** Talks with Janus over HTTP: requests one after the other, and a long poll for what it says by itself. */
export const janusHttpLink =
  (options: JanusHttpLinkOptions): JanusLinkOpener =>
  (handlers) =>
    new HttpLink(options, handlers);

class HttpLink implements JanusLink {
  readonly #options: JanusHttpLinkOptions;
  readonly #handlers: JanusLinkHandlers;
  readonly #queue: JanusSentRequest[] = [];
  #post: JanusHttpExchange | undefined;
  #poll: JanusHttpExchange | undefined;
  #session: number | undefined;
  #pollFailures = 0;
  #polls = 0;
  #over = false;
  #cancelTimer: () => void;
  #cancelPollTimer: () => void = () => {};

  constructor(options: JanusHttpLinkOptions, handlers: JanusLinkHandlers) {
    this.#options = options;
    this.#handlers = handlers;
    // There is nothing to open: the first request shows whether the server is there.
    this.#cancelTimer = options.clock.after(millis(0), () => {
      if (!this.#over) handlers.opened();
    });
  }

  send(request: JanusSentRequest): void {
    if (this.#over) return;
    if (request.janus === 'destroy') {
      this.#part(request);
      return;
    }
    if (this.#queue.length >= MAX_QUEUED) {
      this.#lose(passing('janus/unreachable', 'The server takes our requests too slowly.'));
      return;
    }
    this.#queue.push(request);
    this.#next();
    if (request.sessionId !== undefined && this.#session === undefined) {
      this.#session = request.sessionId;
      this.#listen();
    }
  }

  close(): void {
    this.#over = true;
    this.#queue.length = 0;
    this.#cancelTimer();
    this.#cancelPollTimer();
    this.#poll?.cancel();
    this.#post?.cancel();
  }

  #next(): void {
    const request = this.#queue[0];
    if (request === undefined || this.#post || this.#over) return;
    const exchange = this.#options.http({ method: 'POST', ...this.#sent(request) });
    this.#post = exchange;
    exchange.answer.then(
      ({ status, body }) => {
        if (this.#over) return;
        this.#post = undefined;
        this.#queue.shift();
        if (this.#take(status, body)) this.#next();
      },
      (thrown: unknown) => this.#lose(this.#options.explain(thrown)),
    );
  }

  #sent(request: JanusSentRequest): { readonly url: string; readonly body: string } {
    const { sessionId, handleId } = request;
    const path = [sessionId, handleId].filter((id) => id !== undefined).map((id) => `/${id}`);
    return { url: this.#options.url + path.join(''), body: serializeJanusRequest(request) };
  }

  /** The last request overtakes those that wait: nobody asks for their answers any more. */
  #part(request: JanusSentRequest): void {
    const { answer } = this.#options.http({ method: 'POST', ...this.#sent(request), parting: true });
    answer.catch(() => {}); // the server forgets the session by itself, later
  }

  #listen(): void {
    if (this.#over) return;
    const { http, clock, url, credentials, explain } = this.#options;
    const query = [
      `rid=${++this.#polls}`,
      `maxev=${MAX_EVENTS}`,
      ...Object.entries(credentials).map(([name, value]) => `${name}=${encodeURIComponent(value)}`),
    ];
    const poll = http({ method: 'GET', url: `${url}/${this.#session}?${query.join('&')}` });
    this.#poll = poll;
    this.#cancelPollTimer = clock.after(POLL_MS, () => poll.cancel());
    const failed = (fault: JanusFault): void => {
      if (this.#over) return;
      this.#cancelPollTimer();
      if (++this.#pollFailures > MAX_POLL_FAILURES) this.#lose(fault);
      else this.#cancelPollTimer = clock.after(this.#pollAgain(), () => this.#listen());
    };
    poll.answer.then(
      ({ status, body }) => {
        if (this.#over) return;
        this.#cancelPollTimer();
        if (status >= 500) failed(httpFault(status));
        else if (this.#take(status, body)) {
          this.#pollFailures = 0;
          this.#listen();
        }
      },
      (thrown: unknown) => failed(explain(thrown)),
    );
  }

  #pollAgain(): Millis {
    return millis(POLL_AGAIN * this.#pollFailures);
  }

  /** @returns whether the link goes on */
  #take(status: number, body: string): boolean {
    if (status !== 200) this.#lose(httpFault(status));
    else if (body.length > MAX_SERVER_TEXT_CHARS)
      this.#lose(
        passing('janus/no-janus', `The server answered with more than ${MAX_SERVER_TEXT_CHARS} characters.`),
      );
    else this.#handlers.received(body);
    return !this.#over;
  }

  #lose(fault: JanusFault): void {
    if (this.#over) return;
    this.close();
    this.#handlers.lost(fault);
  }
}

/** What a status means with which Janus itself, or what stands before it, answers. */
function httpFault(status: number): JanusFault {
  switch (status) {
    case 401:
    case 403:
      return lasting(
        'janus/credentials',
        `The server wants a secret or a token, or these are wrong (${status}).`,
      );
    case 404:
      return passing('janus/session-gone', 'The server knows no such path, or the session is gone (404).');
    default:
      return passing(
        'janus/unreachable',
        `What answers at this address does not speak for Janus (${status}).`,
      );
  }
}
