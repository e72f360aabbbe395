import { expect, it } from 'vitest';
import { LIVE_SUBPROTOCOL, liveSubprotocols } from './connection.ts';

it('a token travels among the subprotocols', () => {
  expect(liveSubprotocols('abc.def')).toEqual([LIVE_SUBPROTOCOL, 'bearer.abc.def']);
});

it('no token is no subprotocol of its own', () => {
  expect(liveSubprotocols()).toEqual([LIVE_SUBPROTOCOL]);
});
