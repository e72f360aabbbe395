import { PinholeError } from '@pinhole/core';
import type { RtspCode } from '../rtsp-code.ts';

/** A camera, or the way to it, failed. The message holds no credentials. */
export class RtspError extends PinholeError<RtspCode> {
  override readonly name: string = 'RtspError';
}

/** The camera is there, but wants something that only FFmpeg does. `message` says what, as the end of a sentence. */
export class HandOver extends Error {
  override readonly name: string = 'HandOver';
}

const BY_NODE_CODE: Readonly<Record<string, readonly [RtspCode, string]>> = {
  ECONNREFUSED: ['source/refused', 'connection refused: check host and port, and that the camera is on'],
  ENOTFOUND: ['source/no-such-host', 'no such host: check the name in the URL'],
  EAI_AGAIN: ['source/no-such-host', 'the host name cannot be looked up now'],
  EAI_NODATA: ['source/no-such-host', 'no such host: check the name in the URL'],
  EHOSTUNREACH: ['source/unreachable', 'no route to the host'],
  EHOSTDOWN: ['source/unreachable', 'no route to the host'],
  ENETUNREACH: ['source/unreachable', 'no route to the host'],
  ETIMEDOUT: ['source/timeout', 'did not answer in time'],
  ECONNRESET: ['source/ended', 'the camera closed the connection'],
  EPIPE: ['source/ended', 'the camera closed the connection'],
};

/** Puts what a socket reported in our words. */
export function socketFailure(error: NodeJS.ErrnoException): RtspError | HandOver {
  const code = error.code ?? '';
  const known = BY_NODE_CODE[code];
  if (known !== undefined) return new RtspError(known[0], `${known[1]} (${code})`, { cause: error });
  if (code === 'EPROTO' || code.startsWith('ERR_SSL') || code.startsWith('ERR_TLS')) {
    return new HandOver(`its TLS is not one that Node accepts (${code})`);
  }
  return new RtspError('source/failed', `the connection failed (${code || error.message})`, { cause: error });
}
