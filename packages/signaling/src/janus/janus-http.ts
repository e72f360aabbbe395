import { type Millis, millis } from '@pinhole/core';
import {
  type JanusCredentials,
  JanusRefusal,
  type JanusServerMessage,
  type JsonObject,
  MAX_JANUS_TEXT_CHARS,
  serializeJanusMessage,
} from '@pinhole/protocol/janus';
import type { JanusGateway } from './gateway.ts';
import type { JanusVisitor } from './janus-identity.ts';
import type { LongPoll } from './mailbox.ts';

/** What {@link JanusHttp} works with. */
export interface JanusHttpOptions {
  readonly gateway: JanusGateway;
  /** Monotonic. */
  readonly now: () => Millis;
}

/** How long a poll waits for something to happen. */
export const LONG_POLL_MS = millis(30_000);
/** Events in one answer, whatever the client asks for. */
const MAX_EVENTS = 100;

/** The Janus API over HTTP as fetch-style functions; none of them throws. */
export class JanusHttp {
  readonly #options: JanusHttpOptions;

  constructor(options: JanusHttpOptions) {
    this.#options = options;
  }

  /**
   * Serves a request.
   * @param path what stands behind the base path, e.g. `/12345/678`; empty for the base itself
   * @param options.base the base path, for where clients are sent
   */
  async respond(
    request: Request,
    path: string,
    { visitor, base }: { readonly visitor: JanusVisitor; readonly base: string },
  ): Promise<Response> {
    const parts = path.split('/').filter((part) => part !== '');
    switch (request.method) {
      case 'POST':
        return parts.length > 2 ? empty(404) : await this.#post(request, parts, visitor);
      case 'GET':
        return await this.#get(request, parts, { visitor, base });
      case 'OPTIONS':
        return preflight(request);
      default:
        return json(refusal(new JanusRefusal('transportSpecific', `Unsupported method ${request.method}`)));
    }
  }

  async #post(request: Request, parts: readonly string[], visitor: JanusVisitor): Promise<Response> {
    const asked = await read(request, parts);
    if (asked instanceof JanusRefusal) {
      this.#options.gateway.counters.requestsRefused++;
      return json(refusal(asked));
    }
    const answer = await new Promise<JanusServerMessage>((reply) => {
      this.#options.gateway.request(asked, { visitor, client: undefined, reply });
    });
    return json(answer);
  }

  async #get(
    request: Request,
    [first, second, ...more]: readonly string[],
    { visitor, base }: { readonly visitor: JanusVisitor; readonly base: string },
  ): Promise<Response> {
    if (first === undefined || more.length > 0) return empty(404);
    const { searchParams } = new URL(request.url);
    if (second !== undefined) return empty(302, { Location: [base, first].join('/') });
    if (first === 'info' || first === 'ping') return this.#ask(first, visitor);
    const id = idOf(first);
    const session =
      id === undefined ? undefined : this.#options.gateway.session(id, credentialsOf(searchParams), visitor);
    if (session === 'refused') return empty(403);
    if (session === undefined) return empty(404);
    const text = await new Promise<string>((answer) => {
      const poll: LongPoll = {
        most: mostOf(searchParams),
        deadline: millis(this.#options.now() + LONG_POLL_MS),
        answer,
      };
      request.signal.addEventListener('abort', () => {
        session.mailbox.forget(poll);
        answer('');
      });
      session.mailbox.poll(poll);
    });
    // A client that polled was there all the time.
    session.heardAt = this.#options.now();
    return new Response(text, { headers: JSON_TYPE });
  }

  /** What can be asked with a GET, too. */
  #ask(janus: 'info' | 'ping', visitor: JanusVisitor): Promise<Response> {
    return new Promise((resolve) => {
      this.#options.gateway.request(
        { janus, transaction: janus },
        { visitor, client: undefined, reply: (answer) => resolve(json(answer)) },
      );
    });
  }
}

const JSON_TYPE = { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' };

const json = (message: JanusServerMessage): Response =>
  new Response(serializeJanusMessage(message), { headers: JSON_TYPE });

const empty = (status: number, headers: Readonly<Record<string, string>> = {}): Response =>
  new Response(null, { status, headers });

const refusal = ({ number: code, message: reason }: JanusRefusal): JanusServerMessage => ({
  janus: 'error',
  code,
  reason,
});

/** What a browser asks first; tells nothing of anything. */
const preflight = (request: Request): Response =>
  empty(200, {
    'Access-Control-Allow-Methods': 'POST',
    'Access-Control-Allow-Headers': request.headers.get('Access-Control-Request-Headers') ?? 'Content-Type',
    'Access-Control-Max-Age': '86400',
  });

/** The request in a body, with the ids of the path. */
async function read(
  request: Request,
  [session, handle]: readonly string[],
): Promise<JsonObject | JanusRefusal> {
  const text = await request.text().catch(() => '');
  if (text.length > MAX_JANUS_TEXT_CHARS) {
    return new JanusRefusal('invalidJson', `JSON error: more than ${MAX_JANUS_TEXT_CHARS} characters`);
  }
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return new JanusRefusal('invalidJson', `JSON error: on line 1: no JSON near '${text.slice(0, 20)}'`);
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    return new JanusRefusal('notAnObject', 'JSON error: not an object');
  }
  const fields = body as JsonObject;
  const [sessionId, handleId] = [idOf(session), idOf(handle)];
  if (conflicts(fields, 'session_id', sessionId)) return conflict('session');
  if (conflicts(fields, 'handle_id', handleId)) return conflict('handle');
  return {
    ...fields,
    ...(sessionId !== undefined && { session_id: sessionId }),
    ...(handleId !== undefined && { handle_id: handleId }),
  };
}

const conflicts = (fields: JsonObject, name: string, inPath: number | undefined): boolean =>
  inPath !== undefined && Object.hasOwn(fields, name) && fields[name] !== inPath;

const conflict = (what: string): JanusRefusal =>
  new JanusRefusal('invalidPath', `Conflicting ${what} ID (payload and path)`);

const idOf = (part: string | undefined): number | undefined => {
  const id = part !== undefined && /^\d{1,16}$/.test(part) ? Number(part) : 0;
  return Number.isSafeInteger(id) && id > 0 ? id : undefined;
};

function mostOf(query: URLSearchParams): number | undefined {
  const most = Number(query.get('maxev') ?? 1);
  return Number.isInteger(most) && most > 1 ? Math.min(most, MAX_EVENTS) : undefined;
}

function credentialsOf(query: URLSearchParams): JanusCredentials {
  const [apisecret, token] = [query.get('apisecret'), query.get('token')];
  return { ...(apisecret !== null && { apisecret }), ...(token !== null && { token }) };
}
