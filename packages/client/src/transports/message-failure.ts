import type { LiveServerMessage } from '@pinhole/protocol/live';
import type { Failure, Remedy } from './failure.ts';

const REMEDY: Readonly<Record<string, Remedy>> = {
  expired: 'refused',
  revoked: 'refused',
  'camera-removed': 'refused',
  'webrtc/no-h264': 'other-transport',
  'webrtc/b-frames': 'other-transport',
};

/**
 * What the server's `error` or `bye` means for the connection; `undefined` when it goes on (an `error` without a `bye`
 * tells of one request only, unless it says that WebRTC cannot play this stream).
 */
export function messageFailure(message: LiveServerMessage): Failure | undefined {
  if (message.type === 'bye') {
    const code = message.code.includes('/') ? message.code : `session/${message.code}`;
    return { code, reason: message.reason, remedy: REMEDY[message.code] ?? 'retry' };
  }
  if (message.type === 'error' && REMEDY[message.code] !== undefined) {
    return { code: message.code, reason: message.message, remedy: REMEDY[message.code] ?? 'retry' };
  }
  return undefined;
}
