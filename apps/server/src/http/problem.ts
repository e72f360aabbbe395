import { STATUS_CODES } from 'node:http';
import { messageOf, PinholeError } from '@pinhole/core';
import { PROBLEM_TYPE, serializeProblem } from '@pinhole/protocol/whep';
import { HTTPException } from 'hono/http-exception';

/** A request that is not served: what HTTP says about it, and what a person reads. */
export class HttpProblem extends PinholeError {
  override readonly name = 'HttpProblem';
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    code: string,
    message: string,
    options: { readonly headers?: Readonly<Record<string, string>>; readonly cause?: unknown } = {},
  ) {
    super(code, message, { cause: options.cause });
    this.status = status;
    this.headers = options.headers ?? {};
  }
}

const RETRY_SOON = { 'Retry-After': '2' };

/** What HTTP makes of errors that come from inside, by code or by the area before its slash. */
const BY_CODE: Readonly<
  Record<string, { readonly status: number; readonly headers?: Record<string, string> }>
> = {
  'camera/not-live': { status: 409, headers: RETRY_SOON },
  'session/limit': { status: 503, headers: { 'Retry-After': '10' } },
  'session/unknown': { status: 404 },
  'rooms/too-many-sockets': { status: 503, headers: { 'Retry-After': '10' } },
  'janus/too-many-sockets': { status: 503, headers: { 'Retry-After': '10' } },
  'mqtt/too-many-clients': { status: 503, headers: { 'Retry-After': '10' } },
  'control/unknown': { status: 404 },
  'control/out-of-range': { status: 422 },
  'control/not-a-choice': { status: 422 },
  'control/inactive': { status: 409 },
  'control/busy': { status: 503, headers: RETRY_SOON },
  'control/timeout': { status: 504 },
  'preset/unknown': { status: 404 },
  'preset/too-many': { status: 409 },
  'preset/too-large': { status: 422 },
  'snapshot/no-decoder': { status: 501 },
  'snapshot/no-picture': { status: 409, headers: RETRY_SOON },
  'snapshot/busy': { status: 503, headers: RETRY_SOON },
  'snapshot/bad-option': { status: 400 },
  'mjpeg/bad-rate': { status: 400 },
  'publish/occupied': { status: 409, headers: { 'Retry-After': '5' } },
  'publish/unsupported': { status: 409 },
  'recording/bad-path': { status: 400 },
  'recording/not-found': { status: 404 },
  'recording/symlink': { status: 403 },
  'recording/not-a-file': { status: 403 },
  'recording/in-use': { status: 409 },
  'recording/unreadable': { status: 503 },
  'footage/bad-range': { status: 400 },
  'footage/nothing-recorded': { status: 404 },
  'footage/mixed': { status: 409 },
  'recorder/bad-request': { status: 422 },
  'recorder/not-on-demand': { status: 409 },
  'recorder/too-many-starters': { status: 409 },
  'recorder/nothing-to-save': { status: 409 },
  'recorder/locked': { status: 409 },
  'recorder/busy': { status: 503, headers: RETRY_SOON },
  'recorder/disk-full': { status: 507 },
  'recorder/read-only': { status: 503 },
  'recorder/not-permitted': { status: 503 },
  'recorder/folder-gone': { status: 503 },
  'recorder/other-disk': { status: 503 },
  'recorder/file-gone': { status: 503 },
  'recorder/file-too-large': { status: 503 },
  'recorder/disk-error': { status: 503 },
  'recorder/disk-slow': { status: 503, headers: RETRY_SOON },
  'auth/too-many-tokens': { status: 409 },
  'auth/duration': { status: 422 },
  'data/locked': { status: 503, headers: RETRY_SOON },
};

/** The problem that anything thrown while serving stands for; `undefined` when it is a bug of ours. */
export function problemOf(thrown: unknown): HttpProblem | undefined {
  if (thrown instanceof HttpProblem) return thrown;
  // What Hono itself refuses: a body that is no JSON.
  if (thrown instanceof HTTPException)
    return new HttpProblem(thrown.status, 'http/bad-request', thrown.message);
  if (!(thrown instanceof PinholeError)) return undefined;
  const known = BY_CODE[thrown.code];
  return new HttpProblem(known?.status ?? 502, thrown.code, messageOf(thrown), {
    cause: thrown,
    ...(known?.headers && { headers: known.headers }),
  });
}

/** `application/problem+json` (RFC 9457) in words. */
export function problemResponse({ status, code, message, headers }: HttpProblem): Response {
  const body = serializeProblem({ status, code, title: STATUS_CODES[status] ?? 'Error', detail: message });
  return new Response(body, {
    status,
    headers: { 'Content-Type': PROBLEM_TYPE, 'Cache-Control': 'no-store', ...headers },
  });
}

/** 401: nobody knows who asks. */
export const unauthorized = (code: string, message: string): HttpProblem =>
  new HttpProblem(401, code, message, {
    headers: { 'WWW-Authenticate': code === 'auth/required' ? 'Bearer' : 'Bearer error="invalid_token"' },
  });

/** 429, with the time after which it is worth trying again. */
export const tooMany = (code: string, message: string, retryAfterSeconds: number): HttpProblem =>
  new HttpProblem(429, code, message, { headers: { 'Retry-After': String(retryAfterSeconds) } });
