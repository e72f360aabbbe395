/** What of a request can carry a token: a fetch `Request` and a Node `IncomingMessage` both give it. */
export interface CredentialCarrier {
  readonly authorization?: string | undefined;
  /** `Sec-WebSocket-Protocol`. */
  readonly subprotocols?: string | undefined;
  readonly searchParams: URLSearchParams;
}

const MAX_TOKEN_CHARS = 512;

/** What a request says about who sends it. */
export type Credential =
  | { readonly kind: 'none' }
  | { readonly kind: 'token'; readonly token: string }
  /** Something meant as a credential that cannot be one. */
  | { readonly kind: 'malformed'; readonly why: string };

/**
 * Reads `Authorization: Bearer …` (RFC 6750) or `Basic …` with the token as password and any user (RFC 7617; what boards
 * and players can send), else the WebSocket subprotocol `bearer.…`, else
 * `?token=…`.
 */
export function credentialOf(carrier: CredentialCarrier): Credential {
  if (carrier.authorization !== undefined) {
    const match = /^Bearer +([^\s]+) *$/i.exec(carrier.authorization);
    const token = match?.[1] ?? basicPassword(carrier.authorization);
    if (token === undefined) {
      return {
        kind: 'malformed',
        why: 'Authorization must be "Bearer TOKEN", or "Basic" with the token as password',
      };
    }
    return checked(token);
  }
  const protocol = carrier.subprotocols
    ?.split(',')
    .map((name) => name.trim())
    .find((name) => name.startsWith('bearer.'));
  if (protocol !== undefined) return checked(protocol.slice('bearer.'.length));
  const token = carrier.searchParams.get('token');
  return token === null ? { kind: 'none' } : checked(token);
}

/** The password of HTTP's Basic scheme. */
function basicPassword(authorization: string): string | undefined {
  const [, encoded] = /^Basic +([\w+/=-]{1,1024}) *$/i.exec(authorization) ?? [];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString();
  const colon = text.indexOf(':');
  return colon === -1 ? undefined : text.slice(colon + 1);
}

const checked = (token: string): Credential =>
  token.length > 0 && token.length <= MAX_TOKEN_CHARS
    ? { kind: 'token', token }
    : { kind: 'malformed', why: `a token has 1 to ${MAX_TOKEN_CHARS} characters` };
