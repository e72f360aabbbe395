import { PinholeError } from '@pinhole/core';
import { networkFault } from '../../network-fault.ts';
import type { RtspCode } from '../rtsp-code.ts';

/** A camera, or the way to it, failed. The message holds no credentials. */
export class RtspError extends PinholeError<RtspCode> {
  override readonly name: string = 'RtspError';
}

/** The camera is there, but wants something that only FFmpeg does. `message` says what, as the end of a sentence. */
export class HandOver extends Error {
  override readonly name: string = 'HandOver';
}

/** Puts what a socket reported in our words. */
export function socketFailure(error: NodeJS.ErrnoException): RtspError | HandOver {
  const code = error.code ?? '';
  const known = networkFault(code);
  if (known !== undefined) return new RtspError(known.code, known.why, { cause: error });
  if (code === 'EPROTO' || code.startsWith('ERR_SSL') || code.startsWith('ERR_TLS')) {
    return new HandOver(`its TLS is not one that Node accepts (${code})`);
  }
  return new RtspError('source/failed', `the connection failed (${code || error.message})`, { cause: error });
}
