import type { ViewerEnd } from '@pinhole/engine';

/** Why a connection ended, in Janus's words: clients show them, and some look for `ICE failed`. */
export function hangupReason(why: ViewerEnd): string {
  switch (why) {
    case 'left':
      return 'DTLS alert';
    case 'timeout':
    case 'silent':
    case 'ice-failed':
      return 'ICE failed';
    case 'revoked':
    case 'expired':
      return 'Admin API';
    case 'stalled':
    case 'b-frames':
    case 'camera-removed':
    case 'shutdown':
      return 'Close PC';
  }
}
