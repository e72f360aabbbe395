import { expect, it } from 'vitest';
import { bearerOfSubprotocols, LIVE_SUBPROTOCOL, liveSubprotocols } from './connection.ts';

it('a token travels among the subprotocols', () => {
  expect(bearerOfSubprotocols(liveSubprotocols('abc.def'))).toBe('abc.def');
});

it('no token is no subprotocol of its own', () => {
  expect(liveSubprotocols()).toEqual([LIVE_SUBPROTOCOL]);
  expect(bearerOfSubprotocols(liveSubprotocols())).toBeUndefined();
});
