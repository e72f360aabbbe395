import { PinholeError } from '@pinhole/core';
import { type NetworkCode, networkFault } from '../network-fault.ts';

/** Why a camera that sends JPEG over HTTP is not live. */
export type MjpegCode =
  | NetworkCode
  | 'source/unauthorized'
  | 'source/not-found'
  | 'source/redirected'
  | 'source/busy'
  | 'source/stalled'
  | 'source/no-video'
  | 'source/failed';

/** A camera, or the way to it, failed. The message holds no credentials. */
export class MjpegError extends PinholeError<MjpegCode> {
  override readonly name: string = 'MjpegError';
}

/** Puts what a socket, or Node's reader of HTTP, reported in our words. */
export function httpFailure(error: NodeJS.ErrnoException): MjpegError {
  const nodeCode = error.code ?? '';
  const known = networkFault(nodeCode);
  if (known !== undefined) return new MjpegError(known.code, known.why, { cause: error });
  if (nodeCode.startsWith('HPE_'))
    return new MjpegError('source/failed', `what answers is no HTTP (${nodeCode}): check the port`, {
      cause: error,
    });
  if (nodeCode === 'EPROTO' || nodeCode.startsWith('ERR_SSL') || nodeCode.startsWith('ERR_TLS'))
    return new MjpegError('source/failed', `its TLS is not one that Node accepts (${nodeCode})`, {
      cause: error,
    });
  return new MjpegError('source/failed', `the connection failed (${nodeCode || error.message})`, {
    cause: error,
  });
}

const BY_STATUS: Readonly<Record<number, readonly [MjpegCode, string]>> = {
  403: ['source/unauthorized', 'does not let us in'],
  404: ['source/not-found', 'has nothing at this path: check the path in the URL'],
  410: ['source/not-found', 'has nothing at this path any more: check the path in the URL'],
  429: ['source/busy', 'is asked too often'],
  503: ['source/busy', 'is not ready, or serves no more viewers'],
};

/** What a status that is no success means; `words` is what the camera said beside it. */
export function statusFailure(status: number, words = ''): MjpegError {
  const [code, why] = BY_STATUS[status] ?? ['source/failed', 'does not send its pictures'];
  return new MjpegError(code, `the camera ${why} (${[status, words].filter(Boolean).join(': ')})`);
}
