import { authorization } from '../authorization.ts';
import type { Failure, Remedy } from '../failure.ts';
import { httpFailure } from '../http-failure.ts';

/** What stands behind the close codes of `LIVE_CLOSE_CODE`, where the `bye` before it got lost. */
const BY_CLOSE_CODE: Readonly<Record<number, readonly [what: string, remedy: Remedy, reason: string]>> = {
  4401: ['unauthorized', 'refused', 'The server wants a token, or this one has ended.'],
  4403: ['forbidden', 'refused', 'This token does not allow to watch this camera, or was revoked.'],
  4404: ['unknown-camera', 'refused', 'The server knows no such camera, or it was removed.'],
  4409: ['silent', 'retry', 'The server heard nothing of this viewer for too long.'],
  4410: ['shutdown', 'retry', 'The server shuts down.'],
  4413: ['stalled', 'retry', 'This viewer did not keep up with the pictures.'],
  4429: ['limit', 'retry', 'The server has no room for another viewer now.'],
};

/** What the close of an open WebSocket means (RFC 6455 §7.4). */
export function closeFailure(code: number, reason: string): Failure {
  const [what, remedy, words] = BY_CLOSE_CODE[code] ?? [
    'closed',
    'retry',
    'The connection to the server broke.',
  ];
  return { code: `live/${what}`, reason: reason === '' ? words : reason, remedy };
}

/**
 * Why a WebSocket did not open. Browsers do not tell, so the same address is asked over HTTP; only a refusal that is
 * meant for this viewer counts, since a server may serve nothing but WebSockets there.
 */
export async function openFailure(
  url: string,
  options: { readonly token: string | undefined; readonly signal: AbortSignal },
): Promise<Failure> {
  try {
    const response = await fetch(url.replace(/^ws/, 'http'), {
      headers: authorization(options),
      signal: options.signal,
    });
    const { status, headers } = response;
    const failure = httpFailure('live', { status, headers, body: await response.text() });
    if (status === 401 || status === 403 || failure.code === 'camera/unknown') return failure;
    if (status === 429 || status === 503) return failure;
  } catch {
    return { code: 'live/unreachable', reason: 'The server cannot be reached.', remedy: 'retry' };
  }
  const reason = 'The server is there, but something on the way lets no WebSocket through.';
  return { code: 'live/blocked', reason, remedy: 'retry' };
}
