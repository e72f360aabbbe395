/** The WebSocket subprotocol that a server selects for `/live/{camera}`. */
export const LIVE_SUBPROTOCOL = 'pinhole.live.v1';

const BEARER_PREFIX = 'bearer.';

/** The WebSocket close code that goes with each reason of a `bye`. Those of one number ask the same of a client. */
export const LIVE_CLOSE_CODE = {
  left: 1000,
  unauthorized: 4401,
  expired: 4401,
  forbidden: 4403,
  revoked: 4403,
  'unknown-camera': 4404,
  'camera-removed': 4404,
  timeout: 4408,
  silent: 4409,
  'ice-failed': 4409,
  shutdown: 4410,
  stalled: 4413,
  'b-frames': 4415,
  limit: 4429,
} as const;

/** Why a server ends a live connection; also the `code` of its `bye`. */
export type LiveByeCode = keyof typeof LIVE_CLOSE_CODE;

/** The subprotocols a browser offers, which is how it can carry a token without putting it into the address. */
export const liveSubprotocols = (token?: string): string[] =>
  token === undefined ? [LIVE_SUBPROTOCOL] : [LIVE_SUBPROTOCOL, `${BEARER_PREFIX}${token}`];
