import { type Credentials, credentialsOf } from '../../credentials.ts';

/** Where an HTTP request goes. */
export interface HttpTarget {
  readonly secure: boolean;
  /** Lower case, without the brackets of an IPv6 address. */
  readonly host: string;
  readonly port: number;
  /** With the query, as it goes into the request. */
  readonly path: string;
  readonly credentials?: Credentials;
}

/**
 * Takes an `http:` or `https:` address apart.
 * @returns undefined when it is none.
 */
export function parseHttpTarget(text: string): HttpTarget | undefined {
  if (!/^https?:\/\/[^/?#\s]/i.test(text) || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  const secure = url.protocol === 'https:';
  // The URL parser escapes what it would otherwise not take; that is undone by decoding.
  const userInfo = url.password === '' ? url.username : `${url.username}:${url.password}`;
  return {
    secure,
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
    path: `${url.pathname}${url.search}`,
    ...(userInfo !== '' && { credentials: credentialsOf(userInfo) }),
  };
}

/** The same host elsewhere. */
export const elsewhere = (
  target: HttpTarget,
  change: Partial<Pick<HttpTarget, 'port' | 'path' | 'secure'>>,
): HttpTarget => ({ ...target, ...change });

/** For people: no credentials, no query (it may hold some). */
export function targetInWords({ secure, host, port, path }: HttpTarget): string {
  const name = host.includes(':') ? `[${host}]` : host;
  const shownPort = port === (secure ? 443 : 80) ? '' : `:${port}`;
  return `${secure ? 'https' : 'http'}://${name}${shownPort}${path.split('?', 1)[0]}`;
}
