/** The WebSocket subprotocol that a server selects for `/live/{camera}`. */
export const LIVE_SUBPROTOCOL = 'pinhole.live.v1';

const BEARER_PREFIX = 'bearer.';

/** The WebSocket close code that goes with each reason of a `bye`. */
export const LIVE_CLOSE_CODE = {
  left: 1000,
  expired: 4401,
  revoked: 4403,
  'camera-removed': 4404,
  timeout: 4408,
  silent: 4409,
  shutdown: 4410,
  stalled: 4413,
  refused: 4429,
} as const;

/** Why a server ends a live connection; also the `code` of its `bye`. */
export type LiveByeCode = keyof typeof LIVE_CLOSE_CODE;

/** The subprotocols a browser offers, which is how it can carry a token without putting it into the address. */
export const liveSubprotocols = (token?: string): string[] =>
  token === undefined ? [LIVE_SUBPROTOCOL] : [LIVE_SUBPROTOCOL, `${BEARER_PREFIX}${token}`];

/** The token among the subprotocols that a client offers, when there is one. */
export const bearerOfSubprotocols = (offered: Iterable<string>): string | undefined => {
  for (const protocol of offered) {
    if (protocol.startsWith(BEARER_PREFIX)) return protocol.slice(BEARER_PREFIX.length);
  }
  return undefined;
};
