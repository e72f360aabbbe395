import { LIVE_CLOSE_CODE } from '@pinhole/protocol/live';
import type { Failure, Remedy } from '../failure.ts';
import { httpFailure } from '../http-failure.ts';

const REASON_OF_CODE = new Map<number, string>(
  Object.entries(LIVE_CLOSE_CODE).map(([reason, code]) => [code, reason]),
);

const WORDS: Readonly<Record<string, readonly [remedy: Remedy, reason: string]>> = {
  expired: ['refused', 'The token has ended.'],
  revoked: ['refused', 'The token was revoked.'],
  'camera-removed': ['refused', 'The camera was removed from the server.'],
  shutdown: ['retry', 'The server shuts down.'],
  stalled: ['retry', 'This viewer did not keep up with the pictures.'],
  silent: ['retry', 'The server heard nothing of this viewer for too long.'],
  refused: ['retry', 'The server has no room for another viewer now.'],
};

/** What the close of an open WebSocket means (RFC 6455 §7.4; the codes of `LIVE_CLOSE_CODE`). */
export function closeFailure(code: number, reason: string): Failure {
  const name = REASON_OF_CODE.get(code);
  const [remedy, words] = WORDS[name ?? ''] ?? ['retry', 'The connection to the server broke.'];
  return { code: `live/${name ?? 'closed'}`, reason: reason === '' ? words : reason, remedy };
}

/**
 * Why a WebSocket did not open. Browsers do not tell, so the same address is asked over HTTP: a server that refuses the
 * one refuses the other with the same status.
 */
export async function openFailure(
  url: string,
  options: { readonly token?: string; readonly signal: AbortSignal },
): Promise<Failure> {
  try {
    const response = await fetch(url.replace(/^ws/, 'http'), {
      headers: options.token === undefined ? {} : { authorization: `Bearer ${options.token}` },
      signal: options.signal,
    });
    const { status, headers } = response;
    if ([401, 403, 404, 409, 429, 503].includes(status)) {
      return httpFailure('live', { status, headers, body: await response.text() });
    }
  } catch {
    return { code: 'live/unreachable', reason: 'The server cannot be reached.', remedy: 'retry' };
  }
  const reason = 'The server is there, but something on the way lets no WebSocket through.';
  return { code: 'live/blocked', reason, remedy: 'retry' };
}
