import { HttpProblem } from './problem.ts';

/** Where pages may come from that use this server. */
export interface OriginPolicy {
  /** Origins from the configuration; `*` for any. */
  readonly origins: readonly string[];
  /** Whether pages of the same host at another port may come: `any` for what is served on a port of its own. */
  readonly ports?: 'same' | 'any';
}

/** How an `Origin` header stands to this server. */
export type OriginKind = 'none' | 'same' | 'allowed' | 'foreign';

/** Sorts an `Origin` header; `host` is the request's own `Host`. */
export function originKind(
  origin: string | undefined,
  host: string | undefined,
  policy: OriginPolicy,
): OriginKind {
  if (origin === undefined) return 'none';
  if (URL.canParse(origin) && new URL(origin).host === host?.toLowerCase()) return 'same';
  const near = policy.ports === 'any' && isSameHost(origin, host);
  return near || policy.origins.includes('*') || policy.origins.includes(origin) ? 'allowed' : 'foreign';
}

const isSameHost = (origin: string, host: string | undefined): boolean =>
  URL.canParse(origin) &&
  URL.canParse(`http://${host}`) &&
  new URL(origin).hostname === new URL(`http://${host}`).hostname;

/**
 * Refuses what a page elsewhere on the web sends to change something or to open a WebSocket: without it, anonymous
 * rights would be every web page's rights.
 *
 * @throws {HttpProblem} `http/origin`, 403
 */
export function refuseForeignOrigin(origin: string | undefined, kind: OriginKind): void {
  if (kind !== 'foreign') return;
  throw new HttpProblem(
    403,
    'http/origin',
    `pages of ${(origin ?? '').slice(0, 100)} may not use this server; add it to "origins" in the configuration`,
  );
}

const EXPOSED =
  'Location, ETag, Link, Accept-Post, Accept-Patch, WWW-Authenticate, Retry-After, Age, Last-Modified, X-Captured-At';

/** The CORS headers for an allowed origin. */
export const corsHeaders = (origin: string): Readonly<Record<string, string>> => ({
  'Access-Control-Allow-Origin': origin,
  'Access-Control-Expose-Headers': EXPOSED,
  'Cross-Origin-Resource-Policy': 'cross-origin',
});

/** What a preflight is answered with, beside {@link corsHeaders}. `*` would not cover `Authorization`, so all are named. */
export const PREFLIGHT_HEADERS: Readonly<Record<string, string>> = {
  'Access-Control-Allow-Methods': 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS',
  'Access-Control-Allow-Headers': 'Authorization, Content-Type, If-Match, If-None-Match, Link',
  'Access-Control-Max-Age': '7200',
};
