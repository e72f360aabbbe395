import { micros } from '@pinhole/core';
import { localNow } from '../clock/local-clock.ts';
import { errorOf, RecordingsError } from './recordings-error.ts';
import { ServerClock } from './server-clock.ts';

/** Whom to ask, and on whose behalf. */
export interface ApiRequestsOptions {
  /** Address of the server; the page's own when left out. */
  readonly base?: string;
  /** Sent as `Authorization: Bearer`; never in an address. */
  readonly token?: string;
  /** The browser's own unless told. */
  readonly fetch?: typeof fetch;
}

interface SendOptions {
  readonly method?: string;
  /** Times in microseconds are sent as milliseconds. */
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** Those that are times, in queries. */
const TIMES: ReadonlySet<string> = new Set(['from', 'to', 'origin', 'at', 'time']);
/** Those that are times, in answers. */
const ANSWERED_TIMES: ReadonlySet<string> = new Set(['from', 'to', 'since', 'until', 'at', 'start', 'end']);

/** Requests to a server with a token, and what became of them in words. */
export class ApiRequests {
  /** The server's clock. */
  readonly clock = new ServerClock();
  readonly #options: ApiRequestsOptions;

  constructor(options: ApiRequestsOptions) {
    this.#options = options;
  }

  /** Asks for JSON, with times as microseconds. @throws {RecordingsError} */
  async json<Answer>(path: string, options: SendOptions = {}): Promise<Answer> {
    const text = await (await this.send(path, options)).text();
    try {
      return JSON.parse(text, withMicros) as Answer;
    } catch (cause) {
      throw new RecordingsError('recordings/answer', 'The server answered something else than JSON.', {
        status: 200,
        cause,
      });
    }
  }

  /** @throws {RecordingsError} without success */
  async send(path: string, options: SendOptions = {}): Promise<Response> {
    return this.succeeded(await this.sendAny(path, options));
  }

  /** @throws {RecordingsError} `recordings/unreachable` */
  async sendAny(
    path: string,
    { query = {}, body, headers, ...options }: SendOptions = {},
  ): Promise<Response> {
    const { token, fetch: send = fetch } = this.#options;
    const sentMs = localNow();
    let response: Response;
    try {
      response = await send(this.urlOf(path, query), {
        ...options,
        headers: {
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
    } catch (cause) {
      options.signal?.throwIfAborted();
      throw new RecordingsError('recordings/unreachable', 'The server does not answer.', {
        status: 0,
        cause,
      });
    }
    this.clock.heard(response, sentMs);
    return response;
  }

  /** @throws {RecordingsError} the server's words when it is no success */
  async succeeded(response: Response): Promise<Response> {
    if (!response.ok) throw await errorOf(response);
    return response;
  }

  /** The absolute address of a path, or of one that is absolute already. */
  urlOf(path: string, query: NonNullable<SendOptions['query']>): string {
    const { base = '/' } = this.#options;
    const url = new URL(path, new URL(`${base.replace(/\/+$/, '')}/`, globalThis.location?.href));
    for (const [name, value] of Object.entries(query)) {
      if (value === undefined) continue;
      url.searchParams.set(
        name,
        TIMES.has(name) && typeof value === 'number' ? millisText(value) : String(value),
      );
    }
    return url.href;
  }
}

/** Microseconds as milliseconds with three places. */
const millisText = (time: number): string => (time / 1000).toFixed(3).replace(/\.?0+$/, '') || '0';

const withMicros = (name: string, value: unknown): unknown =>
  ANSWERED_TIMES.has(name) && typeof value === 'string' ? micros(Date.parse(value) * 1000) : value;
