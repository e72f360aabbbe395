import type { ServerMessage } from './conversation.ts';
import type { Failure, Remedy } from './failure.ts';

const REMEDY: Readonly<Record<string, Remedy>> = {
  unauthorized: 'refused',
  expired: 'refused',
  forbidden: 'refused',
  revoked: 'refused',
  'unknown-camera': 'refused',
  'camera-removed': 'refused',
  'b-frames': 'other-transport',
};

/** Errors that end a connection although no `bye` need follow. */
const FATAL_ERRORS = new Set(['webrtc/no-h264', 'webrtc/b-frames', 'mjpeg/no-decoder']);

/** What the server's `bye` or `error` means for the connection; `undefined` when it goes on. */
export function messageFailure(message: ServerMessage): Failure | undefined {
  if (message.type === 'bye') {
    const { code, reason } = message;
    return { code: `session/${code}`, reason, remedy: REMEDY[code] ?? 'retry' };
  }
  if (message.type === 'error' && FATAL_ERRORS.has(message.code)) {
    return { code: message.code, reason: message.message, remedy: 'other-transport' };
  }
  return undefined;
}
