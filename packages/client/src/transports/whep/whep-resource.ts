import { parseIceServerLinks } from '@pinhole/protocol/whep';
import { authorization } from '../authorization.ts';
import { TransportError } from '../failure.ts';
import { httpFailure } from '../http-failure.ts';

/** Where a viewer's offer goes. */
export interface WhepEndpoint {
  /** Absolute URL of the camera's WHEP endpoint. */
  readonly url: string;
  readonly token?: string;
}

/** The answer of a WHEP server to an offer. */
export interface WhepAnswer {
  readonly sdp: string;
  /** The session's own URL, for DELETE. */
  readonly resource?: string;
  /** STUN and TURN servers that the server offers. */
  readonly iceServers: readonly RTCIceServer[];
}

/**
 * Posts an offer.
 * @throws {TransportError} `whep/*` or a code of the server's
 */
export async function postOffer(
  endpoint: WhepEndpoint,
  options: { readonly sdp: string; readonly signal: AbortSignal },
): Promise<WhepAnswer> {
  let response: Response;
  let body: string;
  try {
    response = await fetch(endpoint.url, {
      method: 'POST',
      headers: { 'content-type': 'application/sdp', accept: 'application/sdp', ...authorization(endpoint) },
      body: options.sdp,
      signal: options.signal,
    });
    body = await response.text();
  } catch (cause) {
    const reason = 'The server cannot be reached.';
    throw new TransportError({ code: 'whep/unreachable', reason, remedy: 'retry' }, { cause });
  }
  if (response.status !== 201) {
    throw new TransportError(
      httpFailure('whep', { status: response.status, headers: response.headers, body }),
    );
  }
  const location = response.headers.get('location');
  return {
    sdp: body,
    ...(location === null ? {} : { resource: new URL(location, response.url || endpoint.url).href }),
    iceServers: iceServersOf(response.headers.get('link') ?? ''),
  };
}

/**
 * Tells the server that the viewer leaves, even while the page is being closed. Resolves when it answered, or will not:
 * it ends a silent session by itself.
 */
export async function deleteSession(endpoint: WhepEndpoint, resource: string): Promise<void> {
  const signal = AbortSignal.timeout(DELETE_PATIENCE_MS);
  await fetch(resource, {
    method: 'DELETE',
    headers: authorization(endpoint),
    keepalive: true,
    signal,
  }).catch(() => undefined);
}

const DELETE_PATIENCE_MS = 1_000;

const iceServersOf = (link: string): RTCIceServer[] => {
  try {
    return parseIceServerLinks(link).map((server) => ({ ...server, urls: [...server.urls] }));
  } catch {
    return []; // most viewers need none
  }
};
