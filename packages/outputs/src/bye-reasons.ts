import type { ViewerEnd } from '@pinhole/engine';

/** Why a viewer's connection is ended, for the person who watches. */
export const BYE_REASON: Readonly<Record<ViewerEnd, string>> = {
  left: 'goodbye',
  timeout: 'the connection was not made in time',
  silent: 'nothing was heard from the viewer',
  'ice-failed': 'the connection was lost',
  stalled: 'the viewer read nothing for 5 s; the connection is too slow, or gone',
  revoked: 'the token was revoked; sign in again',
  expired: 'the token has expired; sign in again',
  'b-frames': 'the camera now sends B-frames',
  'camera-removed': 'the camera was removed',
  shutdown: 'the server stops; try again in a moment',
};
